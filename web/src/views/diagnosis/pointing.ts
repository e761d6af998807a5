/** Takes a person to the control of a part of the configuration: opens what holds it, scrolls there, and marks it. */

import { tick } from 'svelte';
import type { RunStore } from '../../state/run.svelte';

/** How long a control that was pointed to stays marked, in milliseconds. */
const MARKED = 2400;

/** A path, and all that it lies in: "a.b.c", "a.b", "a". */
export function pathAndParents(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('.'));
}

/** The position of a hidden layer and its part, where the path is that of one. */
export function layerPart(path: string): { position: number; part: string } | null {
  const match = /^network\.layers\.(\d+)\.(.+)$/.exec(path);
  return match ? { position: Number(match[1]), part: match[2]! } : null;
}

export async function pointTo(run: Pick<RunStore, 'layerAnchor' | 'selectedLayer'>, path: string): Promise<void> {
  // What covered the page until now has to be gone: what lies under it cannot take the focus.
  await tick();
  const layer = layerPart(path);
  if (layer) {
    const header = document.querySelector(`[data-layer="${layer.position}"]`);
    header?.scrollIntoView({ block: 'center' });
    run.layerAnchor = header?.getBoundingClientRect() ?? null;
    run.selectedLayer = layer.position;
    await tick();
    // It opens a moment after the layer is chosen.
    await tick();
  }
  const sought = layer ? `layer.${layer.part}` : path;
  const control = pathAndParents(sought)
    .map((part) => document.querySelector<HTMLElement>(`[data-control="${part}"]`))
    .find((element) => element !== null);
  if (!control) return;
  control.scrollIntoView({ block: 'center' });
  // The menu or the slider itself, not what brings its usual value back.
  const own = control.querySelector<HTMLElement>('[aria-haspopup]:not(:disabled), input:not(:disabled)');
  own?.focus({ preventScroll: true });
  control.classList.add('pointed');
  setTimeout(() => control.classList.remove('pointed'), MARKED);
}

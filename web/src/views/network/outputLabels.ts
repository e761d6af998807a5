/** Beside the output's neurons: the classes' names, with bars for how probable each is for the chosen sample. */
import type { Geometry } from '../../draw/geometry';
import type { Context } from '../../draw/heatmap';
import { css, classColour } from '../../draw/palette';
import { shorten } from '../../draw/shorten';
import type { Scene } from '../../state/scene.svelte';

/** Room for a name, for a bar, for both with what is between them. */
const NAME = 36;
const BAR = 44;
const ROOM = 64;
const BETWEEN = 6;

/**
 * `wider`: by how much the numbers of an explained step are wider than the neurons; null while none is explained. Then
 * there are no bars: the sample that is explained is another than the one that is looked at.
 */
export function drawOutputLabels(
  context: Context,
  scene: Scene,
  geometry: Geometry,
  left: number,
  wider: number | null,
): void {
  const column = geometry.columns.at(-1)!;
  const { palette, data } = scene;
  const x = column.x + (column.size + (wider ?? 0)) / 2 + 8 - left;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const names = Array.from({ length: column.shown }, (_, unit) =>
    shorten(context, data?.classNames[unit] ?? String(unit), NAME),
  );
  // All bars begin at one line, behind the longest name.
  const across = names.reduce((most, name) => Math.max(most, context.measureText(name).width), 8) + BETWEEN;
  const bar = Math.min(BAR, ROOM - across);
  names.forEach((name, unit) => {
    const y = column.y[unit]!;
    const probability = scene.meaning[unit] ?? NaN;
    context.fillStyle = palette.ink2;
    context.fillText(name, x, y);
    if (wider !== null) return;
    context.fillStyle = palette.soft;
    context.fillRect(x + across, y - 4, bar, 8);
    if (probability > 0) {
      context.fillStyle = css(classColour(palette, unit));
      context.fillRect(x + across, y - 4, bar * Math.min(1, probability), 8);
    }
  });
}

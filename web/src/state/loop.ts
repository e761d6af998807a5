/**
 * The page's only requestAnimationFrame loop. It asks for the next frame once a display refresh and calls the
 * drawers only when there is something new: a frame, or an invalidation (a resize, a hover, another theme).
 */
import type { Frame } from '../protocol/messages';

export type DrawCallback = (frame: Frame | null, now: number) => void;

/** What the bench reads through `window.__livegrad`. */
export const counters = {
  /** Refreshes in which something was drawn. */
  drawn: 0,
  /** Wall time of the drawers in the last such refresh, and its sum over all of them. */
  drawMilliseconds: 0,
  drawMillisecondsTotal: 0,
  /** Size of the last frame's buffers, and how many different frames were drawn. */
  frameBytes: 0,
  frames: 0,
  /** Of runs beside each other, the steps that were on the screen before this refresh. */
  steps: [] as number[],
};

const callbacks = new Set<DrawCallback>();
let source: () => Frame | null = () => null;
let drawnFrame: Frame | null = null;
let dirty = true;
let request = 0;

function byteLength(frame: Frame): number {
  return [frame.params, frame.running, frame.gradients, frame.updates, frame.stats, frame.series.values].reduce(
    (sum, buffer) => sum + (buffer?.byteLength ?? 0),
    frame.series.steps.byteLength,
  );
}

function tick(now: number): void {
  request = requestAnimationFrame(tick);
  const frame = source();
  if (frame === drawnFrame && !dirty) return;
  if (frame !== drawnFrame && frame) {
    counters.frameBytes = byteLength(frame);
    counters.frames++;
  }
  drawnFrame = frame;
  dirty = false;
  const start = performance.now();
  for (const callback of callbacks) callback(frame, now);
  counters.drawn++;
  counters.drawMilliseconds = performance.now() - start;
  counters.drawMillisecondsTotal += counters.drawMilliseconds;
}

/** Names where frames come from; asked once a refresh. */
export function setFrameSource(next: () => Frame | null): void {
  source = next;
  dirty = true;
}

/** Draws at the next refresh even if no frame has come. Cheap; call it as often as needed. */
export function invalidate(): void {
  dirty = true;
}

/** Registers a drawer; callbacks run in the order of registration. Returns how to unregister it. */
export function onFrame(callback: DrawCallback): () => void {
  callbacks.add(callback);
  dirty = true;
  if (request === 0 && typeof requestAnimationFrame === 'function') request = requestAnimationFrame(tick);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) {
      cancelAnimationFrame(request);
      request = 0;
    }
  };
}

declare global {
  interface Window {
    __livegrad?: typeof counters;
  }
}

if (typeof window !== 'undefined') window.__livegrad = counters;

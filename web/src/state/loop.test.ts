import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../protocol/messages';
import type * as Loop from './loop';

/** Refreshes of the display, by hand. */
let refreshes: FrameRequestCallback[] = [];
let loop: typeof Loop;

function refresh(now = 0): void {
  const due = refreshes;
  refreshes = [];
  for (const callback of due) callback(now);
}

const frame = () =>
  ({
    params: new Float32Array(3),
    running: new Float32Array(1),
    gradients: null,
    updates: null,
    stats: new Float32Array(2),
    series: { start: 0, steps: new Float64Array(1), values: new Float32Array(2) },
  }) as unknown as Frame;

beforeEach(async () => {
  refreshes = [];
  vi.resetModules();
  vi.stubGlobal('requestAnimationFrame', (callback: FrameRequestCallback) => refreshes.push(callback));
  vi.stubGlobal('cancelAnimationFrame', () => (refreshes = []));
  loop = await import('./loop');
});

afterEach(() => vi.unstubAllGlobals());

describe('the draw loop', () => {
  it('draws a frame once, and again only when another has come or something is invalid', () => {
    let newest: Frame | null = frame();
    const drawn: (Frame | null)[] = [];
    loop.setFrameSource(() => newest);
    loop.onFrame((one) => drawn.push(one));
    refresh();
    refresh();
    expect(drawn).toEqual([newest]);
    newest = frame();
    refresh();
    expect(drawn).toHaveLength(2);
    loop.invalidate();
    refresh();
    refresh();
    expect(drawn).toHaveLength(3);
  });

  it('draws again when a drawer asks for it while it draws', () => {
    let times = 0;
    loop.onFrame(() => {
      if (++times < 3) loop.invalidate();
    });
    for (let i = 0; i < 6; i++) refresh();
    expect(times).toBe(3);
  });

  it('has one loop for all drawers, and none without them', () => {
    const stops = [loop.onFrame(() => undefined), loop.onFrame(() => undefined)];
    expect(refreshes).toHaveLength(1);
    for (const stop of stops) stop();
    expect(refreshes).toHaveLength(0);
    loop.onFrame(() => undefined);
    expect(refreshes).toHaveLength(1);
  });

  it('counts what it draws', () => {
    const one = frame();
    loop.setFrameSource(() => one);
    loop.onFrame(() => undefined);
    refresh();
    loop.invalidate();
    refresh();
    expect(loop.counters).toMatchObject({ drawn: 2, frames: 1, frameBytes: 4 * (3 + 1 + 2 + 2) + 8 });
  });
});

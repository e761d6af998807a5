import { afterEach, expect, it, vi } from 'vitest';
import { stamping } from './stamps';
import type { Context } from './heatmap';

class Canvas {
  constructor(
    readonly width: number,
    readonly height: number,
  ) {}
  getContext() {
    return { setTransform: () => undefined };
  }
  transferToImageBitmap() {
    return { width: this.width, height: this.height };
  }
}

/** A context that is `scale` pixels a point fine and notes where pictures are laid. */
function paper(scale: number, left: number, laid: unknown[][]): Context {
  return {
    getTransform: () => ({ a: scale, e: left, f: 0 }),
    save: () => undefined,
    restore: () => undefined,
    resetTransform: () => undefined,
    drawImage: (stamp: { width: number }, x: number, y: number) => laid.push([stamp.width, x, y]),
  } as unknown as Context;
}

afterEach(() => vi.unstubAllGlobals());

it('paints a drawing once for a name and a resolution, and lays it on whole pixels', () => {
  vi.stubGlobal('OffscreenCanvas', Canvas);
  const paint = vi.fn();
  const laid: unknown[][] = [];
  for (const scale of [1, 1, 1.5]) {
    stamping(paper(scale, 0.4, laid), (lay) => {
      lay('a ring', 10.3, 20, 4.2, paint);
      lay('a ring', 30, 20, 4.2, paint);
    });
  }
  expect(paint).toHaveBeenCalledTimes(2);
  expect(laid.slice(0, 2)).toEqual([
    [10, 6, 15],
    [10, 25, 15],
  ]);
  expect(laid.flat().every(Number.isInteger)).toBe(true);
});

it('keeps a bounded number of drawings', () => {
  vi.stubGlobal('OffscreenCanvas', Canvas);
  const paint = vi.fn();
  const name = (i: number) => `colour ${i}`;
  stamping(paper(1, 0, []), (lay) => {
    for (let i = 0; i < 2000; i++) lay(name(i), 0, 0, 2, paint);
    lay(name(1999), 0, 0, 2, paint);
    expect(paint).toHaveBeenCalledTimes(2000);
    lay(name(0), 0, 0, 2, paint);
    expect(paint).toHaveBeenCalledTimes(2001);
  });
});

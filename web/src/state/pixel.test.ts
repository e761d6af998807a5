import { describe, expect, it } from 'vitest';
import { PixelFocus } from './pixel.svelte';

const place = { column: 1, unit: 2, y: 1, x: 1 };

describe('the pixel that is looked into', () => {
  it('follows the pointer until it is pinned', () => {
    const focus = new PixelFocus();
    focus.point(place);
    focus.point({ ...place, x: 0 });
    expect(focus.place?.x).toBe(0);
    focus.pin(place);
    focus.point(null);
    expect(focus.place).toEqual(place);
    focus.release();
    expect([focus.place, focus.pinned]).toEqual([null, false]);
  });

  it('stays on its map', () => {
    const focus = new PixelFocus();
    focus.move(1, 1, 3, 3);
    expect(focus.place).toBeNull();
    focus.pin(place);
    focus.move(5, -5, 3, 3);
    expect(focus.place).toEqual({ ...place, y: 2, x: 0 });
  });

  it('slides over the whole map, line by line, and begins again', () => {
    const focus = new PixelFocus();
    focus.pin({ ...place, y: 0, x: 0 });
    expect(focus.slide(5, 2, 2, true)).toEqual(focus.place);
    focus.play(0);
    const seen = [1, 2, 3, 4].map((step) => focus.slide(1000 * step, 2, 2, true));
    expect(seen.map((at) => [at!.y, at!.x])).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 0],
    ]);
  });

  it('glides along a line, where motion is wanted', () => {
    const focus = new PixelFocus();
    focus.pin({ ...place, y: 0, x: 0 });
    focus.play(0);
    focus.slide(1000, 2, 3, false);
    const between = focus.slide(1060, 2, 3, false)!.x;
    expect(between).toBeGreaterThan(0);
    expect(between).toBeLessThan(1);
    expect(focus.slide(1400, 2, 3, false)!.x).toBe(1);
    focus.move(0, 1, 2, 3);
    expect(focus.playing).toBe(false);
    expect(focus.slide(1410, 2, 3, false)!.x).toBe(2);
  });
});

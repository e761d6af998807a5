import { describe, expect, it } from 'vitest';
import { mosaicOf, placeIn, writeMosaic } from './mosaic';
import { lookupTable } from './palette';

const table = lookupTable((value) => [Math.round(100 * value), 0, 0], [9, 9, 9]);

describe('a mosaic', () => {
  it.each([
    [1, 3, 3, { columns: 1, width: 3, height: 3 }],
    [8, 3, 3, { columns: 3, width: 11, height: 11 }],
    [5, 2, 4, { columns: 4, width: 11, height: 9 }],
  ])('of %i pictures of %i by %i pixels is as square as can be', (count, wide, tall, wanted) => {
    expect(mosaicOf(count, wide, tall)).toEqual(wanted);
  });

  it('has its pictures in their places, and the ground between them', () => {
    const pixels = new Uint32Array(12).fill(7);
    // Three pictures of one pixel, in a canvas that is four pixels wide.
    const numbers = writeMosaic(Float32Array.of(5, 1, 0.5, 1), 1, 3, 1, 1, 1, table, 3, pixels, 0, 4);
    expect(numbers).toBe(true);
    expect([...pixels].map((one) => one & 255)).toEqual([100, 3, 50, 7, 3, 3, 3, 7, 100, 3, 3, 7]);
  });

  it('is pointed at: every value where its pixel is, nothing on the lines and behind the last picture', () => {
    // Three pictures of two by two pixels: two beside each other, one beneath.
    const at = (x: number, y: number) => placeIn(3, 2, 2, (x + 0.5) / 5, (y + 0.5) / 5);
    expect([at(0, 0), at(1, 0), at(0, 1), at(3, 0), at(4, 1), at(1, 4)]).toEqual([0, 1, 2, 4, 7, 11]);
    expect([at(2, 0), at(0, 2), at(3, 3)]).toEqual([-1, -1, -1]);
    expect(placeIn(1, 3, 3, 1, 1)).toBe(8);
  });

  it('tells of what is not a number', () => {
    expect(writeMosaic(Float32Array.of(NaN), 0, 1, 1, 1, 1, table, 0, new Uint32Array(1), 0, 1)).toBe(false);
  });
});

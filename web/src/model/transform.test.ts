import { describe, expect, it } from 'vitest';
import { isUnmoved, transformImage, UNMOVED, type Transform } from './transform';

const SHAPE = { width: 5, height: 5, channels: 1 };

/** A picture with one pixel set, as a list of [row, column, value] of what is set after the transform. */
function moved(row: number, column: number, transform: Partial<Transform>): number[][] {
  const image = new Float32Array(25);
  image[5 * row + column] = 1;
  const out = new Float32Array(25);
  transformImage(image, 0, out, SHAPE, { ...UNMOVED, ...transform });
  return [...out].flatMap((value, at) => {
    const rounded = Math.round(1000 * value) / 1000;
    return rounded === 0 ? [] : [[Math.floor(at / 5), at % 5, rounded]];
  });
}

describe('a transformed image', () => {
  it('is the same where nothing moves', () => {
    expect(isUnmoved(UNMOVED)).toBe(true);
    expect(isUnmoved({ ...UNMOVED, zoom: 1.1 })).toBe(false);
    expect(moved(1, 2, {})).toEqual([[1, 2, 1]]);
  });

  it('is shifted by whole pixels without loss and shared by halves', () => {
    expect(moved(1, 1, { right: 2, down: 1 })).toEqual([[2, 3, 1]]);
    expect(moved(1, 1, { right: 0.5 })).toEqual([
      [1, 1, 0.5],
      [1, 2, 0.5],
    ]);
  });

  it('goes on beyond the edge as it ends there', () => {
    expect(moved(2, 0, { right: 2 })).toEqual([
      [2, 0, 1],
      [2, 1, 1],
      [2, 2, 1],
    ]);
  });

  it('turns clockwise about its middle', () => {
    expect(moved(0, 2, { rotation: 90 })).toEqual([[2, 4, 1]]);
    expect(moved(0, 2, { rotation: -90 })).toEqual([[2, 0, 1]]);
    expect(moved(1, 1, { rotation: 180 })).toEqual([[3, 3, 1]]);
  });

  it('grows about its middle', () => {
    expect(moved(2, 2, { zoom: 2 })).toContainEqual([2, 2, 1]);
    expect(moved(2, 3, { zoom: 2 })).toContainEqual([2, 4, 1]);
    expect(moved(2, 4, { zoom: 0.5 })).toContainEqual([2, 3, 1]);
  });

  it('does so in every channel, from where the sample begins', () => {
    const image = Float32Array.from({ length: 3 * 18 }, (_, i) => i);
    const out = new Float32Array(18);
    transformImage(image, 18, out, { width: 3, height: 2, channels: 3 }, { ...UNMOVED, rotation: 180 });
    const turned = [0, 1, 2].flatMap((channel) => [5, 4, 3, 2, 1, 0].map((at) => 18 + 6 * channel + at));
    expect([...out].map(Math.round)).toEqual(turned);
  });
});

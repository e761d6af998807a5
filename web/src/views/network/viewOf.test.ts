import { describe, expect, it } from 'vitest';
import { layOutNetwork } from '../../draw/geometry';
import { viewOf } from './viewOf';

const WIDTH = 300;
const geometry = layOutNetwork({
  units: [2, 4, 4, 4, 4, 4, 4, 4, 1],
  picture: false,
  width: WIDTH,
  height: 200,
  labels: 0,
});

describe('the view of columns that are looked at', () => {
  it('stays where they are seen already', () => {
    expect(viewOf(geometry, [0, 1], WIDTH, 0)).toBe(0);
    expect(viewOf(geometry, [1, 2], WIDTH, 5)).toBe(5);
  });

  it('moves to those that are not', () => {
    expect(geometry.width).toBeGreaterThan(WIDTH);
    for (const columns of [[3, 4], [7, 8], [8], [0, 1]]) {
      for (const before of [0, geometry.width - WIDTH]) {
        const left = viewOf(geometry, columns, WIDTH, before);
        for (const column of columns) {
          const { x, size } = geometry.columns[column]!;
          expect(x - size / 2).toBeGreaterThanOrEqual(left);
          expect(x + size / 2).toBeLessThanOrEqual(left + WIDTH);
        }
      }
    }
  });

  it('keeps within the drawing, and shows the last of more than fit', () => {
    const all = geometry.columns.map(({ index }) => index);
    const left = viewOf(geometry, all, WIDTH, 0);
    const { x, size } = geometry.columns.at(-1)!;
    expect(left).toBeLessThanOrEqual(geometry.width - WIDTH);
    expect(x + size / 2).toBeLessThanOrEqual(left + WIDTH);
  });
});

import { describe, expect, it } from 'vitest';
import { columnAt, columnOf, spread, stripGeometry, stripScale } from './filterStrip';
import { FULL_COLOUR } from './scales';

describe('the moments of a strip', () => {
  it('are all of them while there is room, then evenly spread from the first to the last', () => {
    expect(spread(3, 5)).toEqual([0, 1, 2]);
    expect(spread(9, 5)).toEqual([0, 2, 4, 6, 8]);
    expect(spread(40, 1)).toEqual([39]);
  });
});

describe('where the filters are', () => {
  const places = [
    [316, 132, 8, 3, 3],
    [216, 96, 16, 11, 11],
    [330, 130, 64, 28, 28],
    [330, 130, 1, 5, 5],
    [316, 132, 12, 26, 8],
  ] as const;

  it.each(places)('keeps %i by %i points, with %i filters of %i by %i', (width, height, count, wide, tall) => {
    const { filters, columns, rows } = stripGeometry(width, height, count, wide, tall, 30);
    expect(filters).toHaveLength(count);
    const right = Math.max(...filters.map((box) => box.x + box.width));
    for (const box of filters) {
      expect(box.y + box.height).toBeLessThanOrEqual(height + 1e-9);
      expect(box.height / box.width).toBeCloseTo(tall / wide);
    }
    expect(columns[0]!.box.x).toBeGreaterThan(right);
    const last = columns.at(-1)!;
    expect([columns[0]!.moment, last.moment]).toEqual([0, 29]);
    expect(last.box.x + last.box.width, 'a full strip ends where its card does').toBeCloseTo(width);
    expect(rows).toBeGreaterThanOrEqual(1);
    expect(rows).toBeLessThanOrEqual(count);
    expect(rows * (last.box.height + 2)).toBeLessThanOrEqual(height);
    expect(columns.length).toBeGreaterThanOrEqual(4);
  });

  it('has no more columns than moments', () => {
    expect(stripGeometry(316, 132, 8, 3, 3, 2).columns.map(({ moment }) => moment)).toEqual([0, 1]);
  });

  it('finds columns by place and by moment', () => {
    const geometry = stripGeometry(316, 132, 8, 3, 3, 100);
    const { columns } = geometry;
    columns.forEach(({ box, moment }, i) => {
      expect(columnAt(geometry, box.x + box.width / 2)).toBe(i);
      expect(columnOf(geometry, moment)).toBe(i);
    });
    expect(columnAt(geometry, 1)).toBe(-1);
    expect(columnOf(geometry, columns[1]!.moment + 1)).toBe(1);
  });
});

describe('the scale of a strip', () => {
  it('is that of the largest weight at any moment, and a number where there is none', () => {
    const moments = [Float32Array.of(1, -2), Float32Array.of(0, 4, NaN)];
    expect(stripScale([moments])).toBeCloseTo(4 * FULL_COLOUR);
    expect(stripScale([moments, [Float32Array.of(-9)]])).toBeCloseTo(9 * FULL_COLOUR);
    expect(stripScale([[new Float32Array(4)]])).toBe(1);
  });
});

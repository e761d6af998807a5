import { describe, expect, it } from 'vitest';
import { bucketStarts, Series } from './series';

/** Records from `start` on, the first column counting up, the second down. */
function chunk(start: number, count: number) {
  const rows = Array.from({ length: count }, (_, i) => start + i);
  return {
    start,
    steps: Float64Array.from(rows),
    values: Float32Array.from(rows.flatMap((row) => [row, -row])),
  };
}

describe('Series', () => {
  it('grows by what is new and ignores what it has', () => {
    const series = new Series();
    expect(series.append(chunk(0, 3), 1, 2)).toBe(true);
    expect(series.append(chunk(1, 4), 1, 2)).toBe(true);
    expect([...series.steps()]).toEqual([0, 1, 2, 3, 4]);
    expect([...series.column(1)]).toEqual([-0, -1, -2, -3, -4]);
    const version = series.version;
    series.append(chunk(0, 5), 1, 2);
    expect(series.version).toBe(version);
    expect(series.next).toBe(5);
  });

  it('takes nothing when records are missing before it', () => {
    const series = new Series();
    series.append(chunk(0, 2), 1, 2);
    expect(series.append(chunk(3, 2), 1, 2)).toBe(false);
    expect(series.length).toBe(2);
  });

  it('starts anew with a new generation', () => {
    const series = new Series();
    series.append(chunk(0, 9), 1, 2);
    series.append(chunk(0, 1), 2, 2);
    expect([...series.steps()]).toEqual([0]);
    expect(series.generation).toBe(2);
  });

  it('grows beyond its first rows without losing any', () => {
    const series = new Series();
    for (let start = 0; start < 5000; start += 100) series.append(chunk(start, 100), 1, 2);
    expect(series.length).toBe(5000);
    expect(series.column(0).every((value, row) => value === row)).toBe(true);
  });

  it('stays within its capacity by thinning what is older, and keeps the newest', () => {
    const series = new Series(512);
    for (let start = 0; start < 5000; start += 50) series.append(chunk(start, 50), 1, 2);
    expect(series.length).toBeLessThanOrEqual(512);
    expect(series.next).toBe(5000);
    const steps = [...series.steps()];
    expect(steps[0]).toBe(0);
    expect(steps.slice(-100)).toEqual(Array.from({ length: 100 }, (_, i) => 4900 + i));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect([...series.column(1)]).toEqual(steps.map((step) => -step));
  });
});

describe('thinning', () => {
  /** Two columns over `rows` steps, appended in parts, kept in 512 rows at most. */
  function thinned(rows: number, first: (row: number) => number, second: (row: number) => number): Series {
    const series = new Series(512);
    for (let start = 0; start < rows; start += 64) {
      const part = Array.from({ length: Math.min(64, rows - start) }, (_, i) => start + i);
      const values = Float32Array.from(part.flatMap((row) => [first(row), second(row)]));
      series.append({ start, steps: Float64Array.from(part), values }, 1, 2);
    }
    return series;
  }

  it('never loses the least and the greatest value of any column, however often it is thinned', () => {
    const spikes = new Set([3, 1234, 5001, 20_011]);
    const series = thinned(
      40_000,
      (row) => (spikes.has(row) ? 100 + row : Math.sin(row)),
      (row) => (spikes.has(row - 1) ? -100 - row : Math.cos(row)),
    );
    expect(series.length).toBeLessThanOrEqual(512);
    expect(Math.max(...series.column(0))).toBe(20_111);
    expect(Math.min(...series.column(1))).toBe(-20_112);
    const steps = [...series.steps()];
    const at = steps[[...series.column(0)].indexOf(20_111)]!;
    expect(Math.abs(at - 20_011)).toBeLessThan(2500);
    // All times are kept about equally well.
    const gaps = steps.slice(1).map((step, row) => step - steps[row]!);
    expect(Math.max(...gaps)).toBeLessThan((16 * 40_000) / 512);
    expect(steps.filter((step) => step < 20_000).length).toBeGreaterThan(32);
  });

  it('keeps the order in which they came, and stands still where the column does', () => {
    const series = thinned(
      5000,
      (row) => row,
      () => 7,
    );
    const steps = [...series.steps()];
    expect([...series.column(0)]).toEqual(steps);
    expect([steps[0], steps.at(-1)]).toEqual([0, 4999]);
    expect(new Set(series.column(1))).toEqual(new Set([7]));
  });

  it('keeps what was measured now and then, and makes nothing up between', () => {
    const series = thinned(
      5000,
      (row) => (row % 16 === 5 ? row : NaN),
      () => NaN,
    );
    const measured = [...series.column(0)].filter((value) => !Number.isNaN(value));
    expect(measured.length).toBeGreaterThan(32);
    expect(measured.every((value) => value % 16 === 5)).toBe(true);
    expect(Math.max(...measured)).toBe(4997);
    expect([...series.column(1)].every(Number.isNaN)).toBe(true);
  });
});

describe('bucketStarts', () => {
  it('gives every row a bucket of its own when they fit', () => {
    expect([...bucketStarts(Float64Array.of(0, 1, 5), 3)]).toEqual([0, 1, 2]);
  });

  it('divides by steps, not by rows, and leaves empty buckets out', () => {
    const steps = Float64Array.of(0, 1, 2, 3, 4, 50, 100);
    expect([...bucketStarts(steps, 4)]).toEqual([0, 5, 6]);
  });

  it('covers every row once, in order', () => {
    const steps = Float64Array.from({ length: 10_000 }, (_, i) => i ** 1.5);
    const starts = [...bucketStarts(steps, 100)];
    expect(starts[0]).toBe(0);
    expect(starts.length).toBe(100);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });
});

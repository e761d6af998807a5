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

  it('stays within its capacity by thinning the older half, and keeps the newest', () => {
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

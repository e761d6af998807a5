import { describe, expect, it } from 'vitest';
import { decimate, Series } from './series';

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

describe('decimate', () => {
  it('keeps every row when they fit', () => {
    expect([...decimate([new Float32Array(4)], 4, 2)]).toEqual([0, 1, 2, 3]);
  });

  it('keeps minimum and maximum of every curve, in order', () => {
    const length = 10_000;
    const spiky = Float32Array.from({ length }, (_, i) => Math.sin(i / 400));
    const other = Float32Array.from({ length }, (_, i) => i);
    spiky[1234] = 50;
    spiky[8765] = -50;
    const rows = [...decimate([spiky, other], length, 100)];
    expect(rows).toContain(1234);
    expect(rows).toContain(8765);
    expect(rows[0]).toBe(0);
    expect(rows.at(-1)).toBe(length - 1);
    expect(rows.length).toBeLessThanOrEqual(402);
    expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
  });

  it('never takes NaN for an extreme', () => {
    const curve = Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? NaN : i));
    const rows = [...decimate([curve], 1000, 10)].slice(0, -1);
    expect(rows.every((row) => row % 2 === 0)).toBe(true);
  });
});

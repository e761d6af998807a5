import { describe, expect, it } from 'vitest';
import type { Activation } from '../generated/formulas';
import { BARS, describeSums, reachOf } from './sums';

/** The slope of a ramp that begins at zero. */
const ramp: Activation = (z, out, count) => {
  for (let i = 0; i < count; i++) out[i] = z[i]! > 0 ? 1 : 0;
};
const spread = (from: number, to: number, count: number) =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * (i + 0.5)) / count);

describe('what enters an activation', () => {
  it('is counted in bars over a symmetric axis', () => {
    const { reach, bars } = describeSums(spread(-4, 4, 960), 1, ramp, [{}], 0);
    expect(reach).toBe(4);
    expect(bars).toHaveLength(BARS);
    for (const bar of bars) expect(bar).toBeCloseTo(1 / BARS, 5);
  });

  it('is flat to the share below zero, and a unit that is always there is dead', () => {
    const sums = Float32Array.from([-1, -2, -3, -4, -1, 1, 1, 1, 2, 2, 2, 2]);
    const { flat, dead, units } = describeSums(sums, 3, ramp, [{}], 0);
    expect(flat).toBeCloseTo(5 / 12, 6);
    expect([dead, units]).toEqual([1, 3]);
  });

  it('stands in the outermost bars where it lies beyond the axis', () => {
    const sums = new Float32Array(1000).fill(0.1);
    sums[0] = 1e5;
    sums[1] = -Infinity;
    const { reach, bars } = describeSums(sums, 1, ramp, [{}], 0);
    expect(reach).toBe(4);
    expect([bars[0], bars[BARS - 1]]).toEqual([Math.fround(0.001), Math.fround(0.001)]);
  });

  it('leaves out what is not a number, and says nothing where there is nothing', () => {
    const some = describeSums(Float32Array.from([NaN, 1, 1, -1]), 2, ramp, [{}], 0);
    expect(some.bars.reduce((sum, bar) => sum + bar)).toBeCloseTo(1, 6);
    expect(some.flat).toBeCloseTo(1 / 3, 6);
    const none = describeSums(new Float32Array(4).fill(NaN), 2, ramp, [{}], 0);
    expect(none.flat).toBeNaN();
    expect(none.dead).toBe(0);
  });
});

describe('the axis', () => {
  it('holds nearly all sums', () => {
    expect(reachOf(spread(-9, 9, 1000), 0)).toBe(10);
    expect(reachOf(spread(-1e9, 1e9, 1000), 0)).toBe(1e6);
  });

  it('grows at once, and becomes shorter only when there is room to spare', () => {
    expect(reachOf(spread(-5.9, 5.9, 1000), 4)).toBe(6);
    expect(reachOf(spread(-3.9, 3.9, 1000), 6)).toBe(6);
    expect(reachOf(spread(-3.1, 3.1, 1000), 6)).toBe(4);
  });

  it('knows of each part what that part has learned', () => {
    const own: Activation = (_z, out, count, { slope }) => out.fill(slope!, 0, count);
    const { flat, dead } = describeSums(new Float32Array(8), 4, own, [{ slope: 0 }, { slope: 1 }], 0);
    expect([flat, dead]).toEqual([0.5, 2]);
  });
});

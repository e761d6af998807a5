import { describe, expect, it } from 'vitest';
import { activations } from '../generated/formulas';
import { roundNumbers, sampleCurves, usualReach, verticalRange } from './activation';

const numbers = Object.fromEntries(
  ['slope', 'alpha', 'beta', 'scale', 'initial', 'approximation'].map((name) => [name, 0.5]),
);

describe.each(Object.entries(activations))('the curve of %s', (_, twin) => {
  const curves = sampleCurves(twin, numbers, 4);

  it('spans the axis and fits into its range', () => {
    expect([curves.x[0], curves.x.at(-1)]).toEqual([-4, 4]);
    const [low, high] = verticalRange(curves);
    for (const y of [...curves.value, ...curves.slope]) expect(y > low && y < high).toBe(true);
    expect(low < 0 && high > 0).toBe(true);
  });

  it('goes where its derivative points', () => {
    // Away from kinks and jumps, the mean of the slopes at both ends of a piece is its difference quotient.
    const { x, value, slope } = curves;
    let fitting = 0;
    for (let i = 1; i < x.length; i++) {
      const quotient = (value[i]! - value[i - 1]!) / (x[i]! - x[i - 1]!);
      if (Math.abs(quotient - (slope[i]! + slope[i - 1]!) / 2) < 0.01) fitting++;
    }
    expect(fitting).toBeGreaterThanOrEqual(x.length - 6);
  });
});

it('shows every corner, so that only what is the same function looks alike', () => {
  const twins = Object.values(activations);
  const reaches = twins.map((twin) => usualReach(twin, numbers));
  expect(new Set(reaches)).toEqual(new Set([4, 8]));
  const shapes = (reach: (at: number) => number) =>
    new Set(twins.map((twin, i) => sampleCurves(twin, numbers, reach(i)).value.join())).size;
  expect(shapes((at) => reaches[at]!)).toBe(shapes(() => 100));
});

describe('round numbers', () => {
  it.each([
    [-1.2, 1.2, [-1, 0, 1]],
    [-0.3, 4.2, [0, 2, 4]],
    [-0.06, 1.06, [0, 0.5, 1]],
    [-120, 1100, [0, 500, 1000]],
  ])('from %d to %d', (low, high, expected) => {
    expect(roundNumbers(low, high)).toEqual(expected);
  });
});

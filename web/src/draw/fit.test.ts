import { describe, expect, it } from 'vitest';
import { roundTicks } from './fit';

describe('ticks of a plot', () => {
  it.each([
    [-1.25, 1.25, 5, [-1, -0.5, 0, 0.5, 1]],
    [0, 0.35, 4, [0, 0.1, 0.2, 0.3]],
    [1990.2, 2021, 3, [2000, 2020]],
    [-2.5e6, 2.5e6, 5, [-2e6, -1e6, 0, 1e6, 2e6]],
  ])('from %d to %d', (low, high, count, ticks) => {
    expect(roundTicks({ low, high }, count).map((tick) => tick + 0)).toEqual(ticks);
  });

  it('are few and within the range whatever its size', () => {
    for (let power = -30; power <= 30; power++) {
      const high = 3.7 * 10 ** power;
      const ticks = roundTicks({ low: -high, high }, 4);
      expect(ticks.length).toBeGreaterThan(1);
      expect(ticks.length).toBeLessThan(8);
      expect(ticks.every((tick) => Math.abs(tick) <= high)).toBe(true);
    }
  });
});

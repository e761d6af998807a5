import { describe, expect, it } from 'vitest';
import { decades, linearRange, linearTicks, powerTicks } from './axes';

describe('axes', () => {
  it('span whole decades, one at least', () => {
    expect(decades(0.02, 3)).toEqual([0.01, 10]);
    expect(decades(1, 1)).toEqual([1, 10]);
    expect(decades(null, null)).toEqual([0.1, 1]);
  });

  it('span round steps, from zero where asked', () => {
    expect(linearRange({ fromZero: true }, 0.2, 0.68)).toEqual([0, 0.7000000000000001]);
    expect(linearRange({ fromZero: false }, -0.9, 0.95)).toEqual([-1, 1]);
    const [low, high] = linearRange({ fromZero: false }, 3, 3);
    expect(low).toBeLessThanOrEqual(3);
    expect(high).toBeGreaterThan(3);
  });

  it('have round ticks, whole ones where counted, and write them as asked', () => {
    expect(linearTicks([0, 0.7], 5).map(({ text }) => text)).toEqual(['0', '0.2', '0.4', '0.6']);
    expect(linearTicks([0, 3], 10, true).map(({ at }) => at)).toEqual([0, 1, 2, 3]);
    expect(linearTicks([0, 1], 2, false, (share) => `${100 * share} %`).at(-1)!.text).toBe('100 %');
    expect(linearTicks([1, 1], 5)).toEqual([]);
  });

  it('have ticks at powers of ten, at every second where there is no room for all', () => {
    expect(powerTicks([0.01, 100], 5).map(({ text }) => text)).toEqual(['10⁻²', '10⁻¹', '1', '10¹', '10²']);
    expect(powerTicks([0.01, 100], 3).map(({ at }) => at)).toEqual([0.01, 1, 100]);
  });

  it('have ticks within the only decade, where there is room', () => {
    expect(powerTicks([1, 10], 4).map(({ text }) => text)).toEqual(['1', '2', '5', '10¹']);
    expect(powerTicks([0.001, 0.01], 6)).toEqual([
      { at: 0.001, text: '10⁻³' },
      { at: 0.002, text: '2·10⁻³' },
      { at: 0.005, text: '5·10⁻³' },
      { at: 0.01, text: '10⁻²' },
    ]);
    expect(powerTicks([1, 10], 3).map(({ at }) => at)).toEqual([1, 10]);
  });
});

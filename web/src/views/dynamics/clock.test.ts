import { describe, expect, it, vi } from 'vitest';
import type { RunStore } from '../../state/run.svelte';

vi.stubGlobal('document', { documentElement: { lang: 'en' } });
const { sayMoment, stepScaleOf, timeUnit } = await import('./clock');

const run = (step: number, epoch: number) =>
  ({ latest: { step, epoch }, stepsPerEpoch: 16 }) as unknown as Pick<RunStore, 'latest' | 'stepsPerEpoch'>;

describe('an axis over time', () => {
  it('shows steps as they are, also where profiles are drawn by layer', () => {
    expect(stepScaleOf(run(50, 2), 'step')).toBe(1);
    expect(stepScaleOf(run(50, 2), 'layer')).toBe(1);
    expect(timeUnit('layer')).toBe(timeUnit('step'));
  });

  it('shows epochs as the run has counted them, and as they will be before the first step', () => {
    expect(stepScaleOf(run(50, 2), 'epoch')).toBe(0.04);
    expect(stepScaleOf(run(0, 0), 'epoch')).toBe(1 / 16);
    expect(timeUnit('epoch')).not.toBe(timeUnit('step'));
  });

  it('says a moment in its own count', () => {
    expect(sayMoment('step', 1234.4)).toContain('1,234');
    expect(sayMoment('epoch', 12.34)).toContain('12.3');
  });
});

import { describe, expect, it } from 'vitest';
import { catalogue } from '../../testing/catalogue';
import { readyOf } from './ready';

const [gaits] = catalogue.comparisons;
const configs = gaits!.runs.map(({ config }) => config);

describe('a ready comparison', () => {
  it('is known by its runs, however fast they go', () => {
    expect(readyOf(catalogue.comparisons, configs)).toBe(gaits);
    expect(
      readyOf(
        catalogue.comparisons,
        configs.map((config) => ({ ...config, speed: 'full' as const })),
      ),
    ).toBe(gaits);
  });

  it('is another one with one run more, one less, or a change', () => {
    expect(readyOf(catalogue.comparisons, [...configs, configs[0]!])).toBeNull();
    expect(readyOf(catalogue.comparisons, configs.slice(1))).toBeNull();
    expect(readyOf(catalogue.comparisons, [configs[0]!, { ...configs[1]!, seed: 99 }])).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import type { PartialConfig, RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { merge } from '../merge';
import { writeConfig } from '../url';
import { changeIn, comparesIn, readComparison, writeComparison } from './address';
import type { Clock } from './clock';

const base = catalogue.default_config;
const preset = catalogue.presets[0]!.config;

function there(configs: RunConfig[], clock: Clock = 'steps'): string {
  return `?${[writeConfig(configs[0]!, catalogue), writeComparison(configs, clock, catalogue)].filter(Boolean).join('&')}`;
}

/** What comes back from the address; the server fills in what a choice leaves open. */
function andBack(search: string): RunConfig[] {
  return readComparison(search, catalogue)!.configs.map((config: PartialConfig) => merge(base, config));
}

describe('a comparison in the address', () => {
  const rate = (learning_rate: number) => ({ training: { optimizer: { ...base.training.optimizer, learning_rate } } });
  const deep = merge(base, { network: { layers: Array(4).fill(base.network.layers[0]) }, ...rate(0.5) });

  it('comes back as it was, whatever the first run is', () => {
    for (const first of [base, preset, deep]) {
      const configs = [first, merge(first, { seed: 9 }), base, merge(deep, { data: { features: ['east'] } })];
      expect(configs).toMatchObject(andBack(there(configs, 'samples')));
      expect(readComparison(there(configs, 'samples'), catalogue)).toMatchObject({ clock: 'samples', unreadable: [] });
    }
  });

  it('is short, and can be read', () => {
    expect(there([base, merge(base, { seed: 9, ...rate(0.5) }), base])).toBe(
      '?compare=optimizer=walker(learning_rate:0.5)!seed=9|',
    );
    expect(writeComparison([deep, merge(deep, rate(0.02))], 'wall', catalogue)).toBe('compare=optimizer&clock=wall');
  });

  it('is not there for a single run', () => {
    expect(there([base])).toBe('?');
    expect(readComparison('?seed=3', catalogue)).toBeNull();
    expect([comparesIn('?seed=3'), comparesIn('?seed=3&compare=seed=4')]).toEqual([false, true]);
  });

  it('tells what it says of each run', () => {
    const search = '?optimizer=walker(learning_rate%3A0.5)&lang=zh&compare=seed%3D2!layers=3|optimizer';
    expect([0, 1, 2, 3].map((run) => changeIn(search, run))).toEqual([
      'optimizer=walker(learning_rate:0.5)',
      'seed=2!layers=3',
      'optimizer',
      '',
    ]);
  });

  it('says what it could not read, and takes no more runs than can be told apart', () => {
    const read = readComparison('?seed=3&compare=surprise=1|seed=4&clock=moon', catalogue)!;
    expect(read.unreadable).toEqual(['surprise=1']);
    expect(read.clock).toBe('steps');
    expect(readComparison(`?compare=${Array(40).fill('seed=2').join('|')}`, catalogue)!.configs).toHaveLength(8);
  });
});

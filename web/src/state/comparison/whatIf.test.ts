import { describe, expect, it } from 'vitest';
import type { RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { merge, same } from '../merge';
import { differences } from './differences';
import { questions } from './whatIf';

const base = catalogue.default_config;
const asked = (config: RunConfig, samples?: number) => questions(config, catalogue, { samples });
const of = (config: RunConfig, id: string) => asked(config).find((question) => question.id === id)!.alternatives;

describe('what could be otherwise', () => {
  it('is one change each, and each says on a badge what it is', () => {
    const all = asked(base).flatMap(({ alternatives }) => alternatives);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { change } of all) {
      const other = merge(base, change);
      expect(same(other, base)).toBe(false);
      const [before, after] = differences([base, other], catalogue);
      expect(before!.length).toBeGreaterThan(0);
      expect(after!.length).toBeGreaterThan(0);
    }
  });

  it('leaves out what is so already', () => {
    expect(of(base, 'optimizer').map(({ id }) => id)).toEqual(['optimizers.runner']);
    expect(of(base, 'batch').map(({ label }) => label.en)).not.toContain('batch size 32');
    expect(asked(base).find(({ id }) => id === 'dropout')!.alternatives).toHaveLength(2);
  });

  it('takes an optimizer at its usual rate, and offers others for the present one', () => {
    expect(of(base, 'optimizer')[0]!.change.training!.optimizer).toEqual({ id: 'runner', learning_rate: 0.1 });
    const rates = of(base, 'rate').map(({ change }) => change.training!.optimizer!['learning_rate']);
    expect(rates).toEqual([0.002, 0.006, 0.06, 0.2]);
    expect(of(base, 'rate').map(({ label }) => label.en)[0]).toBe('÷ 10 → 0.002');
  });

  it('changes every hidden layer at once', () => {
    const [kinked] = of(base, 'activation');
    expect(merge(base, kinked!.change).network.layers.map((layer) => layer.activation!.id)).toEqual([
      'kinked',
      'kinked',
    ]);
  });

  it('makes networks larger and smaller within bounds', () => {
    const sizes = (config: RunConfig) =>
      of(config, 'size').map(({ change }) => change.network!.layers!.map((layer) => layer['units']));
    expect(sizes(base)).toEqual([[16, 16], [4, 4], [8, 8, 8], [8]]);
    const [layer] = base.network.layers;
    const deepest = merge(base, { network: { layers: Array(32).fill({ ...layer, units: 512 }) } });
    expect(sizes(deepest).map((units) => units.length)).toEqual([32, 31]);
  });

  it('offers no batch beyond the samples', () => {
    const batches = asked(base, 100).find(({ id }) => id === 'batch')!.alternatives;
    expect(Math.max(...batches.map(({ change }) => change.training!.batch_size!))).toBe(100);
  });
});

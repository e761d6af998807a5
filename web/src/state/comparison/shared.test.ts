import { describe, expect, it } from 'vitest';
import type { Choice, PartialConfig, RunConfig } from '../../protocol/messages';
import { catalogue, param, variant } from '../../testing/catalogue';
import { merge } from '../merge';
import { sharedWords } from './shared';

const base = catalogue.default_config;
const [layer] = base.network.layers;
const gates = [variant('twofold', [], { pieces: 2 }), variant('manifold', [param('pieces', 3, { integer: true })])];
const { activations } = catalogue.families;
const catalog = { ...catalogue, families: { ...catalogue.families, activations: [...activations, ...gates] } };
const among = (configs: readonly RunConfig[]) => sharedWords(configs, catalog);
const beside = (...changes: PartialConfig[]) => among([base, ...changes.map((change) => merge(base, change))]);

describe('what runs have in common', () => {
  it('is all of it where they only learn otherwise', () => {
    expect(beside({ training: { optimizer: { id: 'runner', learning_rate: 0.5 } } }, {})).toBe('compare.shared_words');
    const layers = [{ ...layer!, activation: { id: 'kinked' }, dropout: 0.5 }, ...base.network.layers.slice(1)];
    expect(beside({ network: { layers } })).toBe('compare.shared_words');
  });

  it('is not the batches where these are of another size, chosen otherwise or become larger', () => {
    expect(beside({}, { training: { batch_size: 8 } })).toBe('compare.shared_weights');
    expect(beside({ training: { sampling: { id: 'other' } } })).toBe('compare.shared_weights');
    expect(beside({ training: { batch_schedule: { id: 'other' } } })).toBe('compare.shared_weights');
  });

  it('is not the weights where the network is another one, or drawn otherwise', () => {
    expect(beside({ network: { layers: [] } })).toBe('compare.shared_batches');
    expect(beside({ network: { output: { initializer: { id: 'other' } } } })).toBe('compare.shared_batches');
  });

  it('is not the weights where an activation takes more sums of a unit, so that there are more of them', () => {
    const acting = (activation: Choice) =>
      merge(base, { network: { layers: [{ ...layer!, activation }, ...base.network.layers.slice(1)] } });
    expect(among([base, acting({ id: 'twofold' })])).toBe('compare.shared_batches');
    expect(among([acting({ id: 'manifold' }), acting({ id: 'manifold', pieces: 4 })])).toBe('compare.shared_batches');
    expect(among([acting({ id: 'twofold' }), acting({ id: 'manifold', pieces: 2 })])).toBe('compare.shared_words');
  });

  it('is nothing but the data with another seed, and not even these where they are others', () => {
    expect(beside({ seed: 9 })).toBe('compare.shared_data');
    expect(beside({ training: { batch_size: 8 }, network: { layers: [] } })).toBe('compare.shared_data');
    expect(beside({ data: { seed: 9 } })).toBe('compare.shared_nothing');
    expect(beside({ data: { features: ['east'] } })).toBe('compare.shared_nothing');
  });
});

import { describe, expect, it } from 'vitest';
import type { LayerConfig, PartialConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { merge } from '../merge';
import { differences } from './differences';

const base = catalogue.default_config;
const { training } = base;
const [layer] = base.network.layers as [LayerConfig];

/** What the base says beside changes of it, in English. */
function told(...changes: PartialConfig[]): string[] {
  const configs = [base, ...changes.map((change) => merge(base, change))];
  return differences(configs, catalogue).map((phrases) => phrases.map(({ en }) => en).join(', '));
}
const layers = (...list: LayerConfig[]) => ({ network: { layers: list } });
const optimizer = (change: object) => ({ training: { optimizer: { ...training.optimizer, ...change } } });

describe('what runs differ in', () => {
  it('is nothing where they are the same, however fast they go', () => {
    expect(told({}, { speed: 'full' })).toEqual(['', '', '']);
  });

  it('is the name of a choice, without what is usual for it', () => {
    expect(told({ training: { optimizer: { id: 'runner', learning_rate: 0.1 } } })).toEqual(['walker', 'runner']);
  });

  it('is a number of the choice where all have made the same', () => {
    expect(told(optimizer({ learning_rate: 0.3 }))).toEqual(['learning_rate 0.02', 'learning_rate 0.3']);
  });

  it('is a choice with its numbers where these are not as usual, or differ among equals', () => {
    const rates = told(optimizer({ learning_rate: 0.3 }), {
      training: { optimizer: { id: 'runner', learning_rate: 2 } },
    });
    expect(rates).toEqual(['walker, learning_rate 0.02', 'walker, learning_rate 0.3', 'runner, learning_rate 2']);
  });

  it('is told of all layers at once where they agree, with the family where a name is no name', () => {
    const level: LayerConfig = { ...layer, normalization: { id: 'level', momentum: 0.1 } };
    expect(told(layers(level, level))).toEqual(['Normalization: plain', 'level']);
    expect(told(layers({ ...layer, units: 4 }, { ...layer, units: 4 }))).toEqual(['8 units', '4 units']);
    expect(told(layers({ ...layer, dropout: 0.25 }, { ...layer, dropout: 0.25 }))).toEqual([
      'dropout 0',
      'dropout 0.25',
    ]);
  });

  it('is told of the layer where it is', () => {
    const kinked: LayerConfig = { ...layer, activation: { id: 'kinked', slope: 0.01 } };
    expect(told(layers(layer, kinked))).toEqual(['Layer 2: bendy', 'Layer 2: kinked']);
    const deep = told(layers(layer, layer, layer, kinked));
    expect(deep).toEqual(['2 layers', '4 layers, Layer 3: bendy, Layer 4: kinked']);
  });

  it('is the depth alone where the layers are alike', () => {
    expect(told(layers(layer), layers(), layers(...Array<LayerConfig>(30).fill(layer)))).toEqual([
      '2 layers',
      '1 layer',
      'no hidden layer',
      '30 layers',
    ]);
  });

  it('is regularization, batch, seed and data in plain words', () => {
    expect(told({ training: { regularizers: [{ id: 'pull', rate: 0.01 }] } })).toEqual([
      'no regularization',
      'pull 0.01',
    ]);
    expect(told({ training: { batch_size: 2 }, seed: 7 })).toEqual(['batch size 32, seed 1', 'batch size 2, seed 7']);
    expect(told({ data: { dataset: { id: 'rings', samples: 400, noise: 0.5 } } })).toEqual([
      'noise 10 %',
      'noise 50 %',
    ]);
    expect(told({ data: { train_share: 0.25 } })).toEqual(['50 % training', '25 % training']);
  });

  it('is told briefly where it is much: what is as in most runs is not mentioned', () => {
    const deep = layers(layer, layer, layer);
    const kinked = layers({ ...layer, activation: { id: 'kinked', slope: 0.01 } });
    const last = merge(merge(base, kinked), { seed: 3 });
    expect(told({ seed: 2 }, deep, last)).toEqual([
      '2 layers, bendy, seed 1',
      'seed 2',
      '3 layers',
      '1 layer, kinked, seed 3',
    ]);
    expect(told({ seed: 2 }, { training: { batch_size: 8 } }, last)).toEqual([
      'seed 1',
      'seed 2',
      'batch size 8',
      '1 layer, kinked, seed 3',
    ]);
  });

  it('has both languages', () => {
    const [first] = differences([base, { ...base, seed: 2 }], catalogue);
    expect(first).toEqual([{ en: 'seed 1', zh: '随机种子 1' }]);
  });
});

import { describe, expect, it } from 'vitest';
import { catalogue } from '../testing/catalogue';
import { compact } from './compact';
import { choose, usualChoice, usualTraining } from './families';
import { History } from './history';
import { ALL_LAYERS, applyToAll, changeLayers, chosenIds, common, resetLayers } from './layers';
import { difference, join, merge, same } from './merge';

const base = catalogue.default_config;

describe('merging', () => {
  it('changes what is named and nothing else', () => {
    const merged = merge(base, { training: { batch_size: 8 }, data: { seed: 5 } });
    expect(merged.training).toEqual({ ...base.training, batch_size: 8 });
    expect(merged.data).toEqual({ ...base.data, seed: 5 });
    expect(merged.network).toEqual(base.network);
    expect(base.training.batch_size).toBe(32);
  });

  it('of two patches is the same as one after the other', () => {
    const first = { training: { batch_size: 8, loss: { id: 'surprise' } }, seed: 2 };
    const second = { training: { batch_size: 4 }, data: { seed: 3 } };
    expect(merge(base, join(first, second))).toEqual(merge(merge(base, first), second));
  });

  it('finds what leads from one to another', () => {
    const other = merge(base, { training: { batch_size: 8 }, speed: 'full' });
    const patch = difference(base, other);
    expect(Object.keys(patch).sort()).toEqual(['speed', 'training']);
    expect(merge(base, patch)).toEqual(other);
    expect(difference(base, structuredClone(base))).toEqual({});
  });

  it('compares by value', () => {
    expect(same({ a: [1, { b: 2 }], c: null }, { c: null, a: [1, { b: 2 }] })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(same([1], { 0: 1 })).toBe(false);
    expect(same([1, 2], [1])).toBe(false);
  });
});

describe('undo', () => {
  const at = (seed: number) => ({ ...base, seed });
  const batch = (size: number) => merge(base, { training: { batch_size: size } });

  it('goes back and forth', () => {
    const history = new History();
    history.record(at(1), at(2), 0);
    history.record(at(2), at(3), 5000);
    expect(history.undo(at(3))?.seed).toBe(2);
    expect(history.undo(at(2))?.seed).toBe(1);
    expect(history.undo(at(1))).toBeNull();
    expect(history.redo(at(1))?.seed).toBe(2);
    expect(history.redo(at(2))?.seed).toBe(3);
    expect(history.canRedo).toBe(false);
  });

  it('takes a drag as one change', () => {
    const history = new History();
    for (let i = 1; i < 20; i++) history.record(batch(i), batch(i + 1), i * 50);
    history.record(batch(20), { ...batch(20), seed: 9 }, 1000);
    expect(history.undo(at(9))).toEqual(batch(20));
    expect(history.undo(batch(20))).toEqual(batch(1));
    expect(history.canUndo).toBe(false);
  });

  it('takes two quick additions as two changes', () => {
    const history = new History();
    const layers = (count: number) => merge(base, { network: { layers: Array(count).fill(base.network.layers[0]) } });
    history.record(layers(1), layers(2), 0);
    history.record(layers(2), layers(3), 100);
    expect(history.undo(layers(3))).toEqual(layers(2));
  });

  it('notes nothing when nothing changes', () => {
    const history = new History();
    history.record(at(1), structuredClone(at(1)), 0);
    expect(history.canUndo).toBe(false);
  });

  it('forgets what was undone when something else is changed', () => {
    const history = new History();
    history.record(at(1), at(2), 0);
    history.undo(at(2));
    history.record(at(1), at(5), 10);
    expect(history.canRedo).toBe(false);
  });
});

describe('layers', () => {
  const [first] = base.network.layers;
  const layers = [first!, { ...first!, units: 3, activation: { id: 'kinked', slope: 0.1 } }];

  it('change alone or together', () => {
    expect(changeLayers(layers, 1, { dropout: 0.5 }).map((layer) => layer.dropout)).toEqual([0, 0.5]);
    expect(changeLayers(layers, ALL_LAYERS, { dropout: 0.5 }).map((layer) => layer.dropout)).toEqual([0.5, 0.5]);
  });

  it('take over the settings of one, but not its units', () => {
    const kinds = catalogue.families.layer_kinds;
    const applied = applyToAll(layers, 1, kinds);
    expect(applied.map((layer) => layer.units)).toEqual([8, 3]);
    expect(applied[0]!.activation).toEqual({ id: 'kinked', slope: 0.1 });
    expect(applyToAll(layers, 5, kinds)).toBe(layers);
  });

  it('say what they agree on', () => {
    expect(common(layers, 'activation')).toBeNull();
    expect(common(layers, 'initializer')).toEqual(first!.initializer);
    expect(chosenIds(layers, 'activation')).toEqual(['bendy', 'kinked']);
    expect(common([], 'units')).toBeNull();
  });
});

describe('choices', () => {
  const [walker, runner] = catalogue.families.optimizers;

  it('begin with their defaults and keep their own values', () => {
    expect(choose(walker!)).toEqual({ id: 'walker', learning_rate: 0.01, memory: 0.9 });
    expect(choose(walker!, { id: 'walker', learning_rate: 3, memory: 0.1 })).toMatchObject({ learning_rate: 3 });
    expect(choose(runner!, { id: 'walker', learning_rate: 3 })).toEqual({ id: 'runner', learning_rate: 0.1 });
  });
});

describe('large numbers', () => {
  it.each([
    [0, '0'],
    [999.4, '999'],
    [999.6, '1.00 k'],
    [12_345, '12.3 k'],
    [1_900_000, '1.90 M'],
    [3.2e9, '3.20 G'],
    [NaN, '–'],
  ])('%d is %s', (value, text) => {
    expect(compact(value)).toBe(text);
  });
});

describe('the way back to the defaults', () => {
  const [walker, runner] = catalogue.families.optimizers;

  it('leads to the default configuration where it makes the same choice, else to the variant’s own defaults', () => {
    expect(usualChoice(walker!, base.training.optimizer)).toBe(base.training.optimizer);
    expect(usualChoice(runner!, base.training.optimizer)).toEqual({ id: 'runner', learning_rate: 0.1 });
    expect(usualChoice(walker!)).toEqual({ id: 'walker', learning_rate: 0.01, memory: 0.9 });
  });

  it('keeps the batches when training is reset, and takes a loss that fits', () => {
    const usual = usualTraining(catalogue, 'binary');
    expect(usual).not.toHaveProperty('batch_size');
    expect(usual).not.toHaveProperty('sampling');
    expect({ ...base.training, ...usual }).toEqual(base.training);
    const picky = structuredClone(catalogue);
    picky.families.losses[0]!.tasks = ['regression'];
    expect(usualTraining(picky, 'binary').loss).toEqual({ id: 'surprise' });
    expect(usualTraining(picky, 'regression').loss).toEqual(base.training.loss);
  });

  it('keeps a layer’s units', () => {
    const [first] = base.network.layers;
    const odd = { ...first!, units: 3, dropout: 0.5, activation: { id: 'kinked', slope: 1 } };
    expect(resetLayers([odd, odd], 1, catalogue)).toEqual([odd, { ...first!, units: 3 }]);
    expect(resetLayers([odd, odd], ALL_LAYERS, catalogue)).toEqual([
      { ...first!, units: 3 },
      { ...first!, units: 3 },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import type { LayerConfig } from '../protocol/messages';
import { catalogue } from '../testing/catalogue';
import {
  ALL_LAYERS,
  applyToAll,
  changeLayers,
  common,
  insertLayer,
  pickFor,
  removeLayer,
  resetLayers,
  retype,
  shownValue,
  writtenValue,
} from './layers';

const kinds = catalogue.families.layer_kinds;
const { full, slide, shrink } = catalogue.default_layers as Record<string, LayerConfig>;
const mixed = [slide!, shrink!, full!];

describe('layers of several kinds', () => {
  it('change together as far as they have what is changed', () => {
    const changed = changeLayers(mixed, ALL_LAYERS, { dropout: 0.5 });
    expect(changed.map((layer) => layer['dropout'])).toEqual([0.5, undefined, 0.5]);
    expect(changed[1]).toEqual(shrink);
  });

  it('take over the choices and rates of one, but no sizes', () => {
    const model = { ...slide!, filters: 16, kernel: 5, dropout: 0.25, activation: { id: 'bendy' } };
    const [first, second, third] = applyToAll([model, shrink!, full!], 0, kinds);
    expect([first, second]).toEqual([model, shrink]);
    expect(third).toEqual({ ...full!, dropout: 0.25, activation: { id: 'bendy' } });
    expect(applyToAll([model, slide!], 0, kinds)[1]).toEqual({ ...slide!, dropout: 0.25, activation: { id: 'bendy' } });
  });

  it('are reset each to its own kind, with as many filters as there were', () => {
    const odd = [
      { ...slide!, filters: 16, kernel: 5 },
      { ...shrink!, size: 4 },
      { ...full!, units: 3, dropout: 0.5 },
    ];
    expect(resetLayers(odd, ALL_LAYERS, catalogue)).toEqual([
      { ...slide!, filters: 16 },
      shrink,
      { ...full!, units: 3 },
    ]);
  });

  it('are told what they agree on, and choose only where they can', () => {
    expect(common(mixed, 'stride')).toBeNull();
    expect(common([slide!, slide!], 'padding')).toBe('same');
    const bendy = catalogue.families.activations[0]!;
    expect(pickFor(shrink!, 'activation', bendy)).toBe(shrink);
    expect(pickFor(slide!, 'activation', bendy).activation).toEqual({ id: 'bendy' });
  });

  it('keep what they share with another kind', () => {
    const special = { ...full!, activation: { id: 'kinked', slope: 0.3 }, dropout: 0.1, skip: 1 };
    expect(retype(special, slide!)).toEqual({ ...slide!, activation: special.activation, dropout: 0.1 });
    expect(retype({ ...slide!, stride: 3 }, shrink!)).toEqual(shrink);
  });
});

describe('blocks with a way around them', () => {
  const around = (skip: number) => ({ ...slide!, skip });

  it('take in a layer that is added within, and lose one that is removed', () => {
    const block = [around(0), around(0), around(2), around(1)];
    expect(insertLayer(block, 2, slide!).map((layer) => layer['skip'])).toEqual([0, 0, 0, 3, 1]);
    expect(insertLayer(block, 1, slide!).map((layer) => layer['skip'])).toEqual([0, 0, 0, 2, 1]);
    expect(insertLayer(block, 3, slide!).map((layer) => layer['skip'])).toEqual([0, 0, 2, 0, 1]);
    expect(removeLayer(block, 1).map((layer) => layer['skip'])).toEqual([0, 1, 1]);
    expect(removeLayer(block, 0).map((layer) => layer['skip'])).toEqual([0, 2, 1]);
    expect(removeLayer(block, 2).map((layer) => layer['skip'])).toEqual([0, 0, 1]);
  });
});

describe('words of a layer', () => {
  const padding = kinds[1]!.params.find(({ id }) => id === 'padding')!;

  it('are shown by their place and written as they are', () => {
    expect(['same', 'valid', 1].map((value) => shownValue(padding, value))).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((shown) => writtenValue(padding, shown))).toEqual(['same', 'valid', 1]);
    expect(shownValue(padding, 'elsewhere')).toBe(0);
    const kernel = kinds[1]!.params.find(({ id }) => id === 'kernel')!;
    expect([shownValue(kernel, 5), writtenValue(kernel, 5)]).toEqual([5, 5]);
  });
});

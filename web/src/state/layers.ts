/** Changing hidden layers as values. Pure. */

import type { Catalog, Choice, LayerChoice, LayerConfig, Param, RunConfig, Variant } from '../protocol/messages';
import { choose } from './families';
import { same } from './merge';

/** `selectedLayer` when all hidden layers are set together. */
export const ALL_LAYERS = -1;
/** `selectedLayer` when it is the inputs' settings that are open. */
export const INPUTS = -2;

/** The layers that a selection means: all, or the one (none for the output layer). */
export function selectedLayers(config: RunConfig, selected: number): LayerConfig[] {
  const { layers } = config.network;
  if (selected === ALL_LAYERS) return layers;
  const layer = layers[selected];
  return layer ? [layer] : [];
}

type Kinds = Pick<Catalog, 'families'>;

export function kindOf(layer: LayerConfig, { families }: Kinds): Variant | undefined {
  return families.layer_kinds.find((kind) => kind.id === layer.kind);
}

/** How many units or filters a layer has; 1 where that is not for it to say. */
export function countOf(layer: LayerConfig, catalog: Kinds): number {
  const count = layer[kindOf(layer, catalog)?.counted ?? ''];
  return typeof count === 'number' ? count : 1;
}

/** The layers with a change at one of them, or at all that have what is changed. */
export function changeLayers(layers: LayerConfig[], selected: number, change: Partial<LayerConfig>): LayerConfig[] {
  return layers.map((layer, index) => {
    if (selected !== ALL_LAYERS && index !== selected) return layer;
    const own = Object.entries(change).filter(([part]) => part in layer);
    return { ...layer, ...Object.fromEntries(own) };
  });
}

/** The choices of one layer, and its numbers that may change while training, in all that have them too. */
export function applyToAll(layers: LayerConfig[], index: number, kinds: readonly Variant[]): LayerConfig[] {
  const model = layers[index];
  if (!model) return layers;
  const kind = kinds.find((candidate) => candidate.id === model.kind);
  const parts = [...(kind?.choices ?? []), ...(kind?.params ?? []).flatMap(({ id, live }) => (live ? [id] : []))];
  const change = Object.fromEntries(parts.map((part) => [part, model[part]]));
  return changeLayers(layers, ALL_LAYERS, change);
}

/** The layers with one of them, or all, as layers of their kind are by default; how many units they have stays. */
export function resetLayers(
  layers: LayerConfig[],
  selected: number,
  { default_layers: usual, families }: Pick<Catalog, 'default_layers' | 'families'>,
): LayerConfig[] {
  return layers.map((layer, index) => {
    if (selected !== ALL_LAYERS && index !== selected) return layer;
    const counted = families.layer_kinds.find((kind) => kind.id === layer.kind)?.counted;
    return { ...layer, ...usual[layer.kind], ...(counted ? { [counted]: layer[counted] } : {}) };
  });
}

/** A layer of another kind in the place of one: what both have stays, the rest is as that kind is by default. */
export function retype(layer: LayerConfig, usual: LayerConfig): LayerConfig {
  const kept = Object.entries(layer).filter(([part]) => part in usual && part !== 'kind' && !OF_A_WINDOW.has(part));
  return { ...usual, ...Object.fromEntries(kept) };
}

/** What means another thing in another kind, or would hardly fit there. */
const OF_A_WINDOW = new Set(['stride', 'skip']);

/** The layers with one more at a place; blocks that a skip connection goes around take it in. */
export function insertLayer(layers: LayerConfig[], position: number, layer: LayerConfig): LayerConfig[] {
  const before = layers.slice(0, position);
  const behind = layers.slice(position).map((later, index) => {
    const { skip } = later;
    return typeof skip === 'number' && skip > index + 1 ? { ...later, skip: skip + 1 } : later;
  });
  return [...before, layer, ...behind];
}

/** The layers without one of them; blocks that a skip connection goes around lose it. */
export function removeLayer(layers: LayerConfig[], position: number): LayerConfig[] {
  const behind = layers.slice(position + 1).map((later, index) => {
    const { skip } = later;
    return typeof skip === 'number' && skip > index + 1 ? { ...later, skip: skip - 1 } : later;
  });
  return [...layers.slice(0, position), ...behind];
}

/** What several layers agree on, or null. */
export function common<K extends string>(layers: LayerConfig[], key: K): NonNullable<LayerConfig[K]> | null {
  const [first, ...others] = layers;
  return first && others.every((other) => same(other[key], first[key])) ? (first[key] ?? null) : null;
}

/** Ids chosen by any of the layers, to be marked in a menu. */
export function chosenIds(layers: LayerConfig[], key: LayerChoice): string[] {
  return [...new Set(layers.flatMap((layer): string[] => (layer[key] ? [layer[key].id] : [])))];
}

/** A choice of one layer exchanged for another variant's. */
export function pickFor(layer: LayerConfig, key: LayerChoice, variant: Variant): LayerConfig {
  return layer[key] ? { ...layer, [key]: choose(variant, layer[key]) } : layer;
}

/** The parameters that kinds have in common, or only one of them has. Of several layers, each keeps how large it is. */
export function sharedParams(kinds: readonly Variant[], alone: boolean): Param[] {
  const all = kinds.flatMap((kind) => kind.params);
  const agreed = all.filter((param) => all.every((other) => other.id !== param.id || same(other, param)));
  const once = agreed.filter((param, index) => agreed.findIndex(({ id }) => id === param.id) === index);
  const sizes = kinds.map((kind) => kind.counted);
  return alone ? once : once.filter(({ id }) => id !== 'skip' && !sizes.includes(id));
}

/** The number by which a slider or a menu shows a layer's parameter: words are told by their place. */
export function shownValue(param: Param, value: Choice | number | string | undefined): number {
  if (param.choices.length === 0) return typeof value === 'number' ? value : param.default;
  const place = param.choices.findIndex(([word]) => word === String(value));
  return place < 0 ? param.default : place;
}

/** What is written into the layer for such a number. */
export function writtenValue(param: Param, shown: number): number | string {
  const word = param.choices[shown]?.[0];
  if (word === undefined) return shown;
  return /^\d+$/.test(word) ? Number(word) : word;
}

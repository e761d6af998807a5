/** Changing hidden layers as values. Pure. */

import type { Choice, LayerConfig, RunConfig } from '../protocol/messages';
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

/** The layers with a change at one of them, or at all. */
export function changeLayers(layers: LayerConfig[], selected: number, change: Partial<LayerConfig>): LayerConfig[] {
  return layers.map((layer, index) =>
    selected === ALL_LAYERS || index === selected ? { ...layer, ...change } : layer,
  );
}

/** Everything but the number of units of one layer, in all of them. */
export function applyToAll(layers: LayerConfig[], index: number): LayerConfig[] {
  const model = layers[index];
  return model ? layers.map((layer) => ({ ...model, units: layer.units })) : layers;
}

/** The layers with one of them, or all, as layers are by default; their numbers of units stay. */
export function resetLayers(layers: LayerConfig[], selected: number, usual: LayerConfig): LayerConfig[] {
  return layers.map((layer, index) =>
    selected === ALL_LAYERS || index === selected ? { ...usual, units: layer.units } : layer,
  );
}

/** What several layers agree on, or null. */
export function common<K extends keyof LayerConfig>(layers: LayerConfig[], key: K): LayerConfig[K] | null {
  const [first, ...others] = layers;
  return first && others.every((other) => same(other[key], first[key])) ? first[key] : null;
}

/** Ids chosen by any of the layers, to be marked in a menu. */
export function chosenIds(
  layers: LayerConfig[],
  key: 'activation' | 'initializer' | 'bias_initializer' | 'normalization',
): string[] {
  return [...new Set(layers.map((layer): Choice => layer[key]).map((choice) => choice.id))];
}

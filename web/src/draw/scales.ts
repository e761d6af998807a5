/** What full colour stands for in the pictures of the network, so that they can be compared as far as a person wishes. */
import { largestMagnitude } from './heatmap';

/** `map`: every picture has a scale of its own; `layer`: those of one layer share it; `global`: all layers share it. */
export type ScaleScope = 'map' | 'layer' | 'global';

/** This share of the largest magnitude has full colour already, so that the others show too. */
export const FULL_COLOUR = 0.7;

/** The scale of `values[from … from + count)` alone: positive, 1 where all are zero or none is a number. */
export function ownScale(values: Float32Array, from = 0, count = values.length): number {
  return FULL_COLOUR * largestMagnitude(values, from, count) || 1;
}

/** One scale a layer, as they are shared: with `global` the largest of them for all. Zeros and what is missing do not count. */
export function sharedScales(scope: ScaleScope, layers: readonly number[]): number[] {
  if (scope !== 'global') return [...layers];
  const largest = layers.reduce((top, scale) => (scale > top ? scale : top), 0);
  return layers.map(() => largest);
}

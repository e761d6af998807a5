/** What the passes know of a layer, and what its numbers make of one weighted sum. Pure. */

import type { Activation, Gate } from '../generated/formulas';
import type { LayerShape } from './layout';
import type { Within } from './normalize';

/** The run's flat buffers, as they came in a frame. */
export interface Weights {
  readonly params: Float32Array;
  readonly running: Float32Array;
}

export interface LayerPlan extends LayerShape {
  /** Null where the sums go through as they are, and with a gate. */
  readonly activation: Activation | null;
  readonly derivative: Activation | null;
  /** Instead of an activation, where there are several weighted sums a unit. */
  readonly gate: Gate | null;
  /** The activation's; what it learns is put in before it is called. */
  readonly parameters: Record<string, number>;
  readonly epsilon: number;
}

/** Calls `make` for every part of a layer that has the same learned number: all of it, or each channel. */
export function eachLearned(
  { learned, parameters, channels, pixels }: LayerPlan,
  samples: number,
  { params }: Weights,
  make: (from: number, count: number) => void,
): void {
  const parts = learned && learned.size > 1 ? channels : 1;
  const count = (channels * pixels * samples) / parts;
  for (let part = 0; part < parts; part++) {
    if (learned) parameters[learned.role] = params[learned.offset + part]!;
    make(part * count, count);
  }
}

/** What normalizing within each sample needs: of what enters the activation, or of what leaves it. */
export function withinOf(plan: LayerPlan, samples: number, { params }: Weights): Within {
  const { gamma, beta, groups, epsilon, pixels } = plan;
  const channels = plan.normalized === 'before' ? plan.pieces * plan.channels : plan.channels;
  const learned = (offset: number) => params.subarray(offset, offset + channels);
  return { channels, pixels, groups, epsilon, samples, gamma: learned(gamma!.offset), beta: learned(beta!.offset) };
}

/** What running statistics and gamma make of a channel: y = scale x + shift, without the beta. */
export function batchScale(
  layer: LayerPlan,
  channel: number,
  { params, running }: Weights,
): { scale: number; shift: number } {
  const deviation = Math.sqrt(running[layer.runningVariance!.offset + channel]! + layer.epsilon);
  const scale = params[layer.gamma!.offset + channel]! / deviation;
  return { scale, shift: -scale * running[layer.runningMean!.offset + channel]! };
}

/**
 * What the products of one weighted sum are multiplied with, and what is added to them: its bias, its learned length, or
 * what statistics of the batch make of it.
 */
export function scaleOf(layer: LayerPlan, sum: number, weights: Weights): { scale: number; shift: number } {
  const { params } = weights;
  const ownStatistics = layer.normalized === 'before' && !layer.runningMean;
  const shift = layer.shift && !ownStatistics ? params[layer.shift.offset + sum]! : 0;
  if (layer.normalized === 'before' && layer.runningMean) {
    const batch = batchScale(layer, sum, weights);
    return { scale: batch.scale, shift: shift + batch.shift };
  }
  if (!layer.gain) return { scale: 1, shift };
  const row = layer.weight!.offset + sum * layer.fanIn;
  let squares = 0;
  for (let input = row; input < row + layer.fanIn; input++) squares += params[input]! ** 2;
  return { scale: squares === 0 ? 0 : params[layer.gain.offset + sum]! / Math.sqrt(squares), shift };
}

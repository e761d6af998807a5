/** What a run is like at one moment: a statistic of every layer, or how its weights are spread. Pure. */

import { columnIndex } from '../../model/layout';
import type { Layout } from '../../protocol/messages';

type Parts = Pick<Layout, 'tensors' | 'columns' | 'stages'>;

/** Places along the axis, and what is there. */
export interface Profile {
  readonly x: number[];
  readonly y: (number | null)[];
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The Euclidean norm of the gradients of each layer's weights, by the layer's place; layers without weights are left out. */
export function gradientsByDepth(layout: Parts, stats: Float32Array): Profile {
  const profile: Profile = { x: [], y: [] };
  layout.stages.forEach((_, i) => {
    const tensor = layout.tensors.find((one) => one.layer === i + 1 && one.role === 'weight')?.name;
    if (tensor === undefined) return;
    profile.x.push(i + 1);
    profile.y.push(finite(stats[columnIndex(layout.columns, 'gradient_norm', { tensor })] ?? NaN));
  });
  return profile;
}

/** The standard deviation of what each hidden layer puts out. */
export function activationsByDepth(layout: Parts, stats: Float32Array): Profile {
  const profile: Profile = { x: [], y: [] };
  layout.stages.slice(0, -1).forEach((_, i) => {
    const index = columnIndex(layout.columns, 'activation_std', { layer: i + 1 });
    if (index < 0) return;
    profile.x.push(i + 1);
    profile.y.push(finite(stats[index] ?? NaN));
  });
  return profile;
}

/** The largest magnitude among the weights (biases are none). */
export function largestWeight({ tensors }: Pick<Layout, 'tensors'>, params: Float32Array): number {
  let largest = 0;
  for (const { role, offset, size } of tensors) {
    if (role !== 'weight') continue;
    for (let i = offset; i < offset + size; i++) {
      const magnitude = Math.abs(params[i]!);
      if (magnitude > largest && magnitude < Infinity) largest = magnitude;
    }
  }
  return largest;
}

/** A weight below it has vanished; a study of runs counts them by the same bound. */
export const VANISHED = 1e-3;

/** The share of all weights that are next to zero; NaN without any. */
export function vanishedShare({ tensors }: Pick<Layout, 'tensors'>, params: Float32Array): number {
  let [vanished, total] = [0, 0];
  for (const { role, offset, size } of tensors) {
    if (role !== 'weight') continue;
    total += size;
    for (let i = offset; i < offset + size; i++) if (Math.abs(params[i]!) < VANISHED) vanished++;
  }
  return vanished / total;
}

/**
 * The share of the weights in each of `bins` equal parts of [-reach, reach], at the middles of the parts. An odd number has
 * one about zero. What lies beyond counts at the ends; what is no number does not count.
 */
export function weightSpread(
  { tensors }: Pick<Layout, 'tensors'>,
  params: Float32Array,
  reach: number,
  bins: number,
): Profile {
  const counts = Array<number>(bins).fill(0);
  const width = (2 * reach) / bins;
  let total = 0;
  for (const { role, offset, size } of tensors) {
    if (role !== 'weight') continue;
    for (let i = offset; i < offset + size; i++) {
      const value = params[i]!;
      if (Number.isNaN(value)) continue;
      counts[Math.min(bins - 1, Math.max(0, Math.floor((value + reach) / width)))]!++;
      total++;
    }
  }
  return {
    x: counts.map((_, i) => -reach + (i + 0.5) * width),
    y: counts.map((count) => (count > 0 ? count / total : null)),
  };
}

/** The terms of the derivative in a number that is trained: one for each place at which the layer uses it. Pure. */
import type { Tensor } from '../../protocol/messages';
import { learnedBy } from './backwardFormulas';
import { underWindow, windowTerms } from './convolutionTerms';
import type { Rehearsed } from './rehearsed';
import { standardized } from './statistics';

/** A number of a tensor of a layer. */
export interface WeightPlace {
  readonly tensor: Tensor;
  readonly index: number;
}

/** The arrays of a layer with gradients in what its parameters make: sums, what a normalization makes, activations. */
export type ErrorPart = 'd_z' | 'd_y' | 'd_a' | 'd_out';

export interface Term {
  /** Place of the number that the parameter has a part in, in the array of the layer. */
  readonly unit: number;
  /** The gradient in that number. */
  readonly error: number;
  /** Its own derivative in the parameter. */
  readonly own: number;
}

/** Which row of a layer's weights, or which channel, a number belongs to, and which input it weighs; -1 for none. */
export function weightAt(
  step: Rehearsed,
  { tensor, index }: WeightPlace,
): { layer: number; unit: number; from: number } {
  const layer = tensor.layer ?? 0;
  const { fanIn } = step.layer(layer);
  if (tensor.role === 'weight') return { layer, unit: Math.floor(index / fanIn), from: index % fanIn };
  return { layer, unit: index, from: -1 };
}

/** Channel, row and column of a place of a kernel, from zero. */
export function kernelPlace(kernel: number, place: number): [number, number, number] {
  return [Math.floor(place / kernel ** 2), Math.floor(place / kernel) % kernel, place % kernel];
}

/** In what of its layer a number has a part. */
export function errorPart(step: Rehearsed, { tensor }: WeightPlace): ErrorPart {
  const plan = step.layer(tensor.layer ?? 0);
  if (tensor.name === plan.learned?.name) return 'd_a';
  if (tensor.role !== 'gamma' && tensor.role !== 'beta') return 'd_z';
  return plan.normalized === 'before' ? 'd_y' : 'd_out';
}

/** By what dropout of weights has multiplied a weight; null where it does not do so. */
export function droppedBy(step: Rehearsed, { tensor, index }: WeightPlace): number | null {
  if (tensor.role !== 'weight') return null;
  return step.array(`${step.layer(tensor.layer ?? 0).name}.weight.mask`)[index] ?? null;
}

/** The terms for one sample: the gradient is the sum of `error` times `own`. */
export function gradientTerms(step: Rehearsed, place: WeightPlace): Term[] {
  const { layer, unit } = weightAt(step, place);
  const plan = step.layer(layer);
  const part = errorPart(step, place);
  // What is learned once for a layer is used by all of its units.
  const shared = part === 'd_a' && place.tensor.size === 1;
  const [first, count] = shared ? [0, plan.units] : [unit * plan.pixels, plan.pixels];
  return Array.from({ length: count }, (_, at) => ({
    unit: first + at,
    error: step.value(layer, part, first + at),
    own: ownDerivative(step, place, first + at),
  }));
}

/** The derivative of a number of the layer in a parameter that makes it. */
function ownDerivative(step: Rehearsed, place: WeightPlace, unit: number): number {
  const { tensor } = place;
  const { layer, from } = weightAt(step, place);
  if (errorPart(step, place) === 'd_a') return inLearned(step, layer, unit);
  if (tensor.role === 'gamma') return standardized(step, layer, unit);
  if (tensor.role === 'gain') return along(step, place, unit);
  if (tensor.role !== 'weight') return 1;
  const own = (droppedBy(step, place) ?? 1) * weighed(step, layer, unit, from);
  if (!step.layer(layer).gain) return own;
  const { gain, length, direction } = directionOf(step, place);
  return (gain / length) * (own - direction[from]! * along(step, place, unit));
}

/** What a weight, dropout left out, is multiplied with at a unit: of a convolution, what lies under its place of the kernel. */
export function weighed(step: Rehearsed, layer: number, unit: number, from: number): number {
  const input = weighedInput(step, layer, unit, from);
  return input < 0 ? 0 : step.entering(layer, input);
}

/** Which input that is; -1 where it is padding. */
export function weighedInput(step: Rehearsed, layer: number, unit: number, from: number): number {
  const plan = step.layer(layer);
  return plan.kind === 'conv' ? underWindow(step, layer, unit, ...kernelPlace(plan.kernel, from)) : from;
}

/** Of weights with a length that is learned: that, the length of what gives the direction, and the direction, v̂. */
export function directionOf(
  step: Rehearsed,
  place: WeightPlace,
): { gain: number; length: number; direction: Float32Array } {
  const { layer, unit } = weightAt(step, place);
  const { gain, weight, fanIn } = step.layer(layer);
  const row = step.array(`${weight!.name}.before`).subarray(unit * fanIn, (unit + 1) * fanIn);
  const length = Math.hypot(...row);
  return { gain: step.parameter(gain!.name, 'before', unit), length, direction: row.map((value) => value / length) };
}

/** What enters, along the direction of a row of weights, dropout of weights included. */
function along(step: Rehearsed, place: WeightPlace, unit: number): number {
  const { layer, unit: row } = weightAt(step, place);
  const plan = step.layer(layer);
  const { direction } = directionOf(step, place);
  const kept = (from: number): number => droppedBy(step, { tensor: plan.weight!, index: row * plan.fanIn + from }) ?? 1;
  if (plan.kind === 'conv') {
    return windowTerms(step, layer, unit).reduce((sum, { value, index }) => {
      const from = index % plan.fanIn;
      return sum + direction[from]! * kept(from) * value;
    }, 0);
  }
  return direction.reduce((sum, value, from) => sum + value * kept(from) * step.entering(layer, from), 0);
}

/** Moves a learned number of an activation this much both ways: wide enough for what is straight in it. */
const MOVED = 2 ** -6;

/** The derivative of an activation in the number that it learns. */
function inLearned(step: Rehearsed, layer: number, unit: number): number {
  const { activation, learned, parameters } = step.layer(layer);
  const value = learnedBy(step, layer, unit);
  const out = new Float32Array(1);
  const [above, below] = [value + MOVED, value - MOVED].map((moved) => {
    activation!(Float32Array.of(step.value(layer, 'y', unit)), out, 1, { ...parameters, [learned!.role]: moved });
    return out[0]!;
  }) as [number, number];
  return (above - below) / (2 * MOVED);
}

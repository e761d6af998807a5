/** How one pixel of a feature map comes about, in numbers: what is under the window, the products, and what is made of them. */
import type { Network } from './forward';
import type { LayerShape } from './layout';
import { scaleOf, type LayerPlan, type Weights } from './plan';
import { winner } from './pooling';

/** A pixel of a map: which layer (counted from 0) and which of its maps. */
export interface Place {
  readonly layer: number;
  readonly channel: number;
  readonly y: number;
  readonly x: number;
}

/** What is under the window on one input map. */
export interface Patch {
  /** [kernel * kernel], row by row; zero beyond the border. */
  readonly values: Float32Array;
  /** Whether each of them lies beyond the border. */
  readonly outside: readonly boolean[];
}

export interface ConvolutionSteps {
  readonly kind: 'conv';
  readonly patch: Patch;
  /** [kernel * kernel] of the chosen input map, as the forward pass takes them. */
  readonly kernel: Float32Array;
  readonly products: Float32Array;
  /** [input maps]: the products' sum on each. */
  readonly sums: Float32Array;
  readonly bias: number;
  /** All of that together. */
  readonly sum: number;
  /** What a normalization before the activation has made of it; null without one. */
  readonly normalized: number | null;
  /** What a skip connection adds; null without one. */
  readonly skipped: number | null;
  /** What enters the activation: one number, or one for each piece of a gate. */
  readonly entered: readonly number[];
  /** What leaves the layer. */
  readonly value: number;
}

export interface PoolSteps {
  readonly kind: 'pool';
  readonly patch: Patch;
  /** Place in the window of what has won; -1 where all share. */
  readonly winner: number;
  readonly value: number;
  /** The gradient of this pixel, and what of it goes to each place of the window. */
  readonly gradient: number;
  readonly routed: Float32Array;
}

export type Steps = ConvolutionSteps | PoolSteps;

/** The side of the window, and where it begins on the input maps, rows and columns of zeros included. */
export function windowAt(layer: LayerShape, y: number, x: number): { top: number; left: number; side: number } {
  return {
    top: y * layer.stride - layer.padding,
    left: x * layer.stride - layer.padding,
    side: layer.kernel,
  };
}

/** What lies under the window on one input map. */
export function patchAt(layer: LayerShape, source: Float32Array, channel: number, y: number, x: number): Patch {
  const [, height, width] = layer.inputShape as [number, number, number];
  const { top, left, side } = windowAt(layer, y, x);
  const places = Array.from(
    { length: side * side },
    (_, i) => [top + Math.floor(i / side), left + (i % side)] as const,
  );
  const outside = places.map(([row, column]) => row < 0 || column < 0 || row >= height || column >= width);
  const values = Float32Array.from(places, ([row, column], i) =>
    outside[i] ? 0 : source[(channel * height + row) * width + column]!,
  );
  return { values, outside };
}

/** How a pixel came about in the network's last pass, which was over one sample and has to remember. */
export function explainConvolution(network: Network, weights: Weights, place: Place, input: number): ConvolutionSteps {
  const plan = network.layers[place.layer]!;
  const source = network.sourceOf(place.layer);
  const { scale, shift } = ownScale(plan, place.channel, weights);
  const size = plan.kernel * plan.kernel;
  const first = plan.weight!.offset + place.channel * plan.fanIn;
  const sums = Float32Array.from({ length: plan.inputShape[0]! }, (_, channel) => {
    const { values } = patchAt(plan, source, channel, place.y, place.x);
    const row = first + channel * size;
    return values.reduce((sum, value, i) => sum + scale * weights.params[row + i]! * value, 0);
  });
  const row = first + input * size;
  const kernel = weights.params.slice(row, row + size).map((weight) => scale * weight);
  const patch = patchAt(plan, source, input, place.y, place.x);
  const at = placeOf(plan, place);
  const entered = Array.from(
    { length: plan.pieces },
    (_, piece) => network.memory!.sums[place.layer]![piece * plan.units + at]!,
  );
  const skipped = plan.skip > 0 ? network.sourceOf(place.layer + 1 - plan.skip)[at]! : null;
  return {
    kind: 'conv',
    patch,
    kernel,
    products: patch.values.map((value, i) => value * kernel[i]!),
    sums,
    bias: shift,
    sum: sums.reduce((sum, value) => sum + value, shift),
    normalized: plan.normalized === 'before' ? entered[0]! - (skipped ?? 0) : null,
    skipped,
    entered,
    value: network.outputs[place.layer]![at]!,
  };
}

/** How a pixel of a pool came about, and where its `gradient` goes. */
export function explainPool(network: Network, place: Place, gradient: number): PoolSteps {
  const plan = network.layers[place.layer]!;
  const source = network.sourceOf(place.layer);
  const patch = patchAt(plan, source, place.channel, place.y, place.x);
  const size = plan.kernel * plan.kernel;
  let won = -1;
  if (plan.pooling === 'max') {
    const [, height, width] = plan.inputShape as [number, number, number];
    const at = winner(plan, source, place.channel, place.y, place.x) - place.channel * height * width;
    won = (Math.floor(at / width) - place.y * plan.stride) * plan.kernel + (at % width) - place.x * plan.stride;
  }
  return {
    kind: 'pool',
    patch,
    winner: won,
    value: network.outputs[place.layer]![placeOf(plan, place)]!,
    gradient,
    routed: Float32Array.from({ length: size }, (_, i) => {
      if (won < 0) return gradient / size;
      return i === won ? gradient : 0;
    }),
  };
}

/** Where a pixel lies in what leaves its layer. */
export function placeOf(layer: LayerShape, { channel, y, x }: Omit<Place, 'layer'>): number {
  return (channel * layer.shape[1]! + y) * layer.shape[2]! + x;
}

/** What is multiplied and added before any normalization, which is a step of its own here. */
function ownScale(plan: LayerPlan, channel: number, weights: Weights): { scale: number; shift: number } {
  return plan.normalized === 'before' ? { scale: 1, shift: 0 } : scaleOf(plan, channel, weights);
}

/** The pixel of a convolution or a pool that a walk looks at, as "one pixel explained" shows it. Pure. */
import type { ConvolutionSteps, PoolSteps, Steps } from '../explain';
import type { Rehearsed } from './rehearsed';

/** How pixel `unit` of a layer came about in the step, with the numbers of the input map `channel`; null for neither kind. */
export function pixelSteps(step: Rehearsed, layer: number, unit: number, channel: number): Steps | null {
  const { kind } = step.layer(layer);
  if (step.batch) return null;
  if (kind === 'conv') return convolution(step, layer, unit, channel);
  return kind === 'pool' ? pool(step, layer, unit) : null;
}

interface Window {
  readonly values: Float32Array;
  readonly outside: boolean[];
}

function windowOn(step: Rehearsed, layer: number, unit: number, channel: number): Window {
  const plan = step.layer(layer);
  const [, height, width] = plan.inputShape as [number, number, number];
  const [, , wide] = plan.shape as [number, number, number];
  const [y, x] = [Math.floor((unit % plan.pixels) / wide), unit % wide];
  const places = Array.from({ length: plan.kernel ** 2 }, (_, i): [number, number] => [
    y * plan.stride - plan.padding + Math.floor(i / plan.kernel),
    x * plan.stride - plan.padding + (i % plan.kernel),
  ]);
  const outside = places.map(([row, column]) => row < 0 || column < 0 || row >= height || column >= width);
  const values = Float32Array.from(places, ([row, column], i) =>
    outside[i] ? 0 : step.entering(layer, (channel * height + row) * width + column),
  );
  return { values, outside };
}

function convolution(step: Rehearsed, layer: number, unit: number, channel: number): ConvolutionSteps {
  const plan = step.layer(layer);
  const maps = plan.inputShape[0]!;
  const filter = Math.floor(unit / plan.pixels);
  const size = plan.kernel ** 2;
  const kernelOf = (map: number) =>
    Float32Array.from({ length: size }, (_, i) => step.weight(layer, filter * plan.fanIn + map * size + i));
  const sums = Float32Array.from({ length: maps }, (_, map) => {
    const kernel = kernelOf(map);
    return windowOn(step, layer, unit, map).values.reduce((sum, value, i) => sum + value * kernel[i]!, 0);
  });
  const kernel = kernelOf(channel);
  const patch = windowOn(step, layer, unit, channel);
  const normalized = plan.normalized === 'before' ? step.value(layer, 'normalized', unit) : null;
  const sum = step.value(layer, 'z', unit);
  const own = step.value(layer, 'y', unit);
  return {
    kind: 'conv',
    patch,
    kernel,
    products: patch.values.map((value, i) => value * kernel[i]!),
    sums,
    bias: plan.normalized === 'before' || !plan.shift ? 0 : step.parameter(plan.shift.name, 'before', filter),
    sum,
    normalized,
    skipped: plan.skip > 0 ? own - (normalized ?? sum) : null,
    entered: Array.from({ length: plan.pieces }, (_, piece) => step.value(layer, 'y', piece * plan.units + unit)),
    value: step.value(layer, 'a', unit),
  };
}

function pool(step: Rehearsed, layer: number, unit: number): PoolSteps {
  const plan = step.layer(layer);
  const patch = windowOn(step, layer, unit, Math.floor(unit / plan.pixels));
  const inside = [...patch.values].map((value, i) => (patch.outside[i] ? -Infinity : value));
  const winner = plan.pooling === 'max' ? inside.indexOf(Math.max(...inside)) : -1;
  const gradient = step.value(layer, 'd_out', unit);
  return {
    kind: 'pool',
    patch,
    winner,
    value: step.value(layer, step.outputPart(layer), unit),
    gradient,
    routed: patch.values.map((_, i) => (winner < 0 ? gradient / patch.values.length : i === winner ? gradient : 0)),
  };
}

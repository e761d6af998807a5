/** With what a normalization has shifted and scaled, and what it takes away on the way back. Pure. */
import type { Rehearsed } from './rehearsed';

/** Mean and deviation with which a unit was normalized. */
export function statistics(step: Rehearsed, layer: number, unit: number): { mean: number; deviation: number } {
  const plan = step.layer(layer);
  const means = step.array(step.name(layer, 'mean'));
  const deviations = step.array(step.name(layer, 'std'));
  const channels = step.size(layer, 'normalized') / plan.pixels;
  const perSample = means.length / step.samples;
  // One of a channel over the batch, or one of a group within a sample.
  const group = plan.runningMean
    ? Math.floor(unit / plan.pixels)
    : Math.floor((unit / plan.pixels / channels) * perSample);
  const at = plan.runningMean ? group : group * step.samples;
  return { mean: means[at] ?? NaN, deviation: deviations[at] ?? NaN };
}

/** What a normalization has made of a unit before γ and β: x̂. */
export function standardized(step: Rehearsed, layer: number, unit: number): number {
  const { mean, deviation } = statistics(step, layer, unit);
  const from = step.layer(layer).normalized === 'before' ? 'z' : 'a';
  return (step.value(layer, from, unit) - mean) / deviation;
}

/** The gradient in a unit's x̂, γ times what arrives; and over all that was normalized with it, its mean and that of its product with x̂. */
export function sharedGradients(
  step: Rehearsed,
  layer: number,
  unit: number,
): { own: number; mean: number; product: number } {
  const plan = step.layer(layer);
  const part = plan.normalized === 'before' ? 'd_y' : 'd_out';
  const scaled = (at: number): number =>
    step.parameter(plan.gamma!.name, 'before', Math.floor(at / plan.pixels)) * step.value(layer, part, at);
  const own = scaled(unit);
  if (plan.runningMean) {
    // Over the whole batch these sums are the gradients of β and γ.
    const channel = Math.floor(unit / plan.pixels);
    const share = step.parameter(plan.gamma!.name, 'before', channel) / (step.rehearsal.count * plan.pixels);
    const [mean, product] = [plan.beta!, plan.gamma!].map(
      ({ name }) => share * step.parameter(name, 'gradient', channel),
    ) as [number, number];
    return { own, mean, product };
  }
  const size = step.size(layer, 'normalized') / plan.groups;
  const first = Math.floor(unit / size) * size;
  let [mean, product] = [0, 0];
  for (let at = first; at < first + size; at++) {
    mean += scaled(at) / size;
    product += (scaled(at) * standardized(step, layer, at)) / size;
  }
  return { own, mean, product };
}

/** With what a normalization has shifted and scaled. Pure. */
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

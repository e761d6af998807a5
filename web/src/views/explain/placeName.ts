/** What a number that is trained is called, in words. */
import { t, type TextKey } from '../../i18n/i18n.svelte';
import type { WeightPlace } from '../../model/explained/terms';
import { layerShapes } from '../../model/layout';
import type { RunStore } from '../../state/run.svelte';
import { unitName, weightName } from '../network/labels';

const ROLES: Readonly<Record<string, TextKey>> = {
  bias: 'network.bias',
  gamma: 'network.gamma',
  beta: 'network.beta',
  gain: 'network.gain',
  slope: 'network.slope',
};

/** "x₁ → Layer 1 · unit 3", "bias: Layer 1 · unit 3". */
export function placeName(run: RunStore, { tensor, index }: WeightPlace): string {
  const layer = tensor.layer ?? 0;
  const plan = run.layout && layerShapes(run.layout)[layer - 1];
  if (!plan) return tensor.name;
  if (tensor.role !== 'weight') {
    const role = t(ROLES[tensor.role] ?? 'network.parameter');
    return t('explain.number_of', { what: role, unit: unitName(run, layer, index % plan.channels) });
  }
  return weightName(run, layer, Math.floor(index / plan.fanIn) % plan.channels, index % plan.fanIn);
}

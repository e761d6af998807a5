/** What a divergence names, as a person would say it: "layer2.weight" as "the weights of: Layer 2". */

import { t, type TextKey } from '../i18n/i18n.svelte';

const roles: Record<string, TextKey> = {
  activation: 'tensor.activation',
  weight: 'tensor.weight',
  bias: 'tensor.bias',
  gamma: 'tensor.gamma',
  beta: 'tensor.beta',
  gain: 'tensor.gain',
  slope: 'tensor.slope',
};

export function tensorName(name: string): string {
  const [owner, role] = name.split('.');
  const layer = /^layer(\d+)$/.exec(owner ?? '');
  const where = layer ? t('layer.title', { number: layer[1]! }) : t('layer.output');
  const what = role ? roles[role] : undefined;
  return what ? t(what, { where }) : t('tensor.loss');
}

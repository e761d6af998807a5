/** A finding in words: the illness's sentence with this run's numbers. */

import { formatCount, formatNumber } from '../../draw/format';
import { fill, say } from '../../i18n/i18n.svelte';
import type { Finding, Illness } from '../../protocol/messages';
import { tensorName } from '../tensorName';

/** Two digits that count: "94 %", "1.5", "4.1 × 10⁻⁶", "27,000". */
export function findingNumber(value: number, unit: Illness['unit']): string {
  if (unit === '%') return `${Math.round(100 * value)} %`;
  const short = Math.abs(value) < 0.001 || Math.abs(value) >= 1e6;
  return short ? formatNumber(value) : Number(value.toPrecision(2)).toLocaleString('en-US');
}

export function sentence(illness: Illness, { layer, number, since, samples, tensor }: Finding): string {
  return fill(say(illness.sentence), {
    layer: layer ?? '',
    number: findingNumber(number, illness.unit),
    since: formatCount(since),
    samples: samples === null ? '' : formatCount(samples),
    tensor: tensor === null ? '' : tensorName(tensor),
  });
}

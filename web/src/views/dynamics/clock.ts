/** What charts over time are drawn over: the run's steps, or its epochs. */
import { t } from '../../i18n/i18n.svelte';
import type { RunStore } from '../../state/run.svelte';
import type { Axis } from './view.svelte';

/** Steps × this are what an axis over time shows; over layers, time still runs in steps. */
export function stepScaleOf({ latest, stepsPerEpoch }: Pick<RunStore, 'latest' | 'stepsPerEpoch'>, axis: Axis): number {
  if (axis !== 'epoch') return 1;
  // As it was on the mean: batches may have changed their size.
  return latest && latest.step > 0 ? latest.epoch / latest.step : 1 / stepsPerEpoch;
}

/** What an axis over time counts. */
export function timeUnit(axis: Axis): string {
  return t(axis === 'epoch' ? 'dynamics.axis_epoch' : 'dynamics.axis_step');
}

/** A moment of that axis in words. */
export function sayMoment(axis: Axis, at: number): string {
  return axis === 'epoch'
    ? t('dynamics.at_epoch', { n: at.toLocaleString('en-US', { maximumFractionDigits: 1 }) })
    : t('dynamics.at_step', { n: Math.round(at).toLocaleString('en-US') });
}

/** What the axis over time counts: steps, samples, or seconds. */
import type { Comparison } from '../../state/comparison/comparison.svelte';
import type { Member } from '../../state/comparison/member.svelte';

/** What a step of a run is in the comparison's clock: as it has been on average so far. */
export function axisScale({ clock, worked }: Pick<Comparison, 'clock' | 'worked'>, member: Member): number {
  const { latest, data, plan } = member;
  if (clock === 'steps') return 1;
  const step = latest?.step ?? 0;
  if (clock === 'wall') return step > 0 ? worked / step : 0;
  return step > 0 && data ? (latest!.epoch * data.train.count) / step : plan.training.batch_size;
}

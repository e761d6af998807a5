/** What the axis over time counts: steps, samples, or seconds. */
import type { Clock } from '../../state/comparison/clock';
import type { Member } from '../../state/comparison/member.svelte';

/** Where a run's steps stand in a clock: as it was when it did them. */
export function placing(clock: Clock, member: Pick<Member, 'course' | 'data' | 'plan'>): (step: number) => number {
  const { course, data, plan } = member;
  switch (clock) {
    case 'steps':
      return (step) => step;
    case 'wall':
      return (step) => course.worked(step);
    case 'samples':
      return data ? (step) => course.epoch(step) * data.train.count : (step) => step * plan.training.batch_size;
  }
}

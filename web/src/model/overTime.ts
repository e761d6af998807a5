/** What the learning rate, the momentum and the batch size are at every step: the twins of the kernels' schedules. Pure. */

import { schedules, type Parameters } from '../generated/formulas';
import type { Choice, FamilyId, RunConfig } from '../protocol/messages';

type Training = RunConfig['training'];

export type Quantity = 'learning_rate' | 'momentum' | 'batch_size';

function twin(family: FamilyId, choice: Choice) {
  return schedules[family]?.[choice.id];
}

/** A choice's numbers, with what its family adds to them. */
function numbers(choice: Choice, added: Parameters = {}): Parameters {
  const own = Object.entries(choice).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return { ...Object.fromEntries(own), ...added };
}

/** The optimizer that makes the step after so many. */
export function optimizerAt(training: Training, step: number): Choice {
  return training.switch && step >= training.switch.step ? training.switch.optimizer : training.optimizer;
}

/** `reached` is the factor of a schedule that follows the loss. */
export function learningRateAt(training: Training, step: number, reached = 1): number {
  const rate = Number(optimizerAt(training, step)['learning_rate'] ?? NaN);
  const factor = twin('schedules', training.schedule)?.at(step, numbers(training.schedule, { reached })) ?? 1;
  const warm = step < training.warmup ? (step + 1) / training.warmup : 1;
  return rate * factor * warm;
}

/** `momenta`: which parameter of each optimizer is its momentum. NaN where the one in force has none. */
export function momentumAt(training: Training, step: number, momenta: ReadonlyMap<string, string>): number {
  const optimizer = optimizerAt(training, step);
  const target = Number(optimizer[momenta.get(optimizer.id) ?? ''] ?? NaN);
  const cycle = twin('schedules', training.schedule)?.cycle?.(step, numbers(training.schedule)) ?? 1;
  const choice = training.momentum_schedule;
  return twin('momentum_schedules', choice)?.at(step, numbers(choice, { target, cycle })) ?? target;
}

/** `samples` of the training set; 0 while they are not known. */
export function batchSizeAt(training: Training, step: number, samples: number): number {
  const choice = training.batch_schedule;
  const size = training.batch_size;
  const grown = twin('batch_schedules', choice)?.at(step, numbers(choice, { size })) ?? size;
  return samples > 0 ? Math.min(grown, samples) : grown;
}

/** From which step to which a picture shows what the schedules do, with `now` in it. */
export function stretch(training: Training, now: number): [first: number, last: number] {
  const spans = [
    spanOf('schedules', training.schedule),
    spanOf('momentum_schedules', training.momentum_schedule),
    spanOf('batch_schedules', training.batch_schedule),
    1.25 * training.warmup,
    1.25 * (training.switch?.step ?? 0),
  ];
  const span = Math.max(...spans) || 1000;
  // Up to four times the span it grows by doubling; from there on it moves along, a whole span at a time.
  for (const factor of [1, 2, 4]) if (now <= 0.95 * factor * span) return [0, factor * span];
  const end = Math.ceil((now + 0.2 * span) / span) * span;
  return [end - 4 * span, end];
}

/** Of the first of its family, which leaves things as they are, nothing needs to be seen. */
function spanOf(family: FamilyId, choice: Choice): number {
  const [usual] = Object.keys(schedules[family] ?? {});
  return choice.id === usual ? 0 : (twin(family, choice)?.span(numbers(choice)) ?? 0);
}

/** [count + 1] values of a function from `first` to `last`, at whole steps. */
export function sampled(
  at: (step: number) => number,
  [first, last]: readonly [number, number],
  count: number,
): [step: number, value: number][] {
  return Array.from({ length: count + 1 }, (_, i) => {
    const step = Math.round(first + ((last - first) * i) / count);
    return [step, at(step)];
  });
}

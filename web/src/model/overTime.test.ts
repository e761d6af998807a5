import { describe, expect, it } from 'vitest';
import golden from '../generated/formulas.golden.json';
import { schedules } from '../generated/formulas';
import { catalogue } from '../testing/catalogue';
import type { RunConfig } from '../protocol/messages';
import { batchSizeAt, learningRateAt, momentumAt, optimizerAt, sampled, stretch } from './overTime';

type Training = RunConfig['training'];
type Golden = Record<string, Record<string, { parameters: Record<string, number>; t: number[]; out: number[] }[]>>;

const cases = (golden as unknown as { schedules: Golden }).schedules;
const usual = catalogue.default_config.training;
const momenta = new Map([['walker', 'memory']]);

/** The made-up training with one of the real schedules of a family, by its place. */
function withSchedule(family: string, place: number, changes: Partial<Training> = {}): [Training, number[], number[]] {
  const id = Object.keys(schedules[family]!)[place]!;
  const { parameters, t, out } = cases[family]![id]![0]!;
  const field = { schedules: 'schedule', momentum_schedules: 'momentum_schedule', batch_schedules: 'batch_schedule' };
  return [{ ...usual, [field[family as keyof typeof field]]: { id, ...parameters }, ...changes }, t, out];
}

describe('over time', () => {
  it('the learning rate is the optimizer’s times the schedule’s factor, and grows while it warms up', () => {
    const [training, t, out] = withSchedule('schedules', 1);
    t.forEach((step, i) => expect(learningRateAt(training, step)).toBeCloseTo(0.02 * out[i]!, 6));
    const warm = { ...training, warmup: 100 };
    expect(learningRateAt(warm, 0)).toBeCloseTo(0.02 / 100, 6);
    expect(learningRateAt(warm, 49)).toBeCloseTo(0.01 * (learningRateAt(training, 49) / 0.02), 6);
    expect(learningRateAt(warm, 100)).toBe(learningRateAt(training, 100));
  });

  it('the learning rate is what a schedule that follows the loss has reached', () => {
    const place = Object.keys(schedules['schedules']!).length - 1;
    const [training] = withSchedule('schedules', place);
    expect(learningRateAt(training, 5, 0.25)).toBeCloseTo(0.005, 9);
  });

  it('another optimizer takes over with its own numbers', () => {
    const training = { ...usual, switch: { step: 10, optimizer: { id: 'runner', learning_rate: 0.5 } } };
    expect([9, 10].map((step) => optimizerAt(training, step).id)).toEqual(['walker', 'runner']);
    expect([9, 10].map((step) => learningRateAt(training, step))).toEqual([0.02, 0.5]);
    expect(momentumAt(training, 9, momenta)).toBe(0.9);
    expect(momentumAt(training, 10, momenta)).toBeNaN();
  });

  it('momentum and batch size follow their schedules', () => {
    const [rising] = withSchedule('momentum_schedules', 1);
    expect(momentumAt(rising, 0, momenta)).toBeCloseTo(0.5);
    expect(momentumAt(rising, 1e6, momenta)).toBeCloseTo(0.9);
    const [growing] = withSchedule('batch_schedules', 1);
    expect(batchSizeAt(growing, 0, 0)).toBe(32);
    expect(batchSizeAt(growing, 500, 0)).toBe(64);
    expect(batchSizeAt(growing, 1e5, 200)).toBe(200);
  });

  it('the stretch shows now and what the schedules do', () => {
    const [training] = withSchedule('schedules', 1);
    for (const now of [0, 100, 12_000, 30_000, 49_000, 1e6]) {
      const [first, last] = stretch(training, now);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(now).toBeGreaterThanOrEqual(first);
      expect(now).toBeLessThan(last);
      expect(last - first).toBeLessThanOrEqual(4 * 12_500);
    }
    expect(stretch(training, 0)).toEqual([0, 12_500]);
    expect(stretch({ ...usual, warmup: 400 }, 0)).toEqual([0, 500]);
  });

  it('curves are sampled at whole steps, ends included', () => {
    const points = sampled((step) => 2 * step, [10, 20], 4);
    expect(points).toEqual([
      [10, 20],
      [13, 26],
      [15, 30],
      [18, 36],
      [20, 40],
    ]);
  });
});

/** What makes no sense just now, why, and the way out: one rule for all menus, by what the catalogue says. Pure. */

import en from '../i18n/en.json';
import type { PartialConfig, Text, Variant } from '../protocol/messages';
import { both } from './both';

/** What a choice has to fit; what is not known speaks against nothing. */
export interface Circumstances {
  task?: string | undefined;
  kind?: string | undefined;
  /** Of the training set. */
  samples?: number | undefined;
  /** Samples a step, and what is usual. */
  batch?: number | undefined;
  usualBatch?: number | undefined;
  /** All that step at some time. */
  optimizers?: Variant[] | undefined;
  /** That of the learning rate, and those that go up and down. */
  schedule?: Variant | undefined;
  cycling?: Variant[] | undefined;
  /** Of a layer: whether it is a hidden one, its units, and the normalization that leaves it without a bias. */
  hidden?: boolean | undefined;
  /** Whether its units are channels of an image, each of many numbers. */
  image?: boolean | undefined;
  units?: number | undefined;
  biasTakenBy?: Variant | undefined;
}

/** What lets a choice make sense again, for a button. */
export interface Remedy {
  label: Text;
  change: PartialConfig;
}

/** Why a variant cannot be chosen just now: in a few words, and in a sentence. */
export interface Reason {
  short: Text;
  text: Text;
  remedy?: Remedy;
}

type Rule = (variant: Variant, circumstances: Circumstances) => Reason | null;
type Key = keyof typeof en;

/** Why a variant cannot be chosen just now; null where it can. */
export function reasonAgainst(variant: Variant, circumstances: Circumstances): Reason | null {
  for (const rule of RULES) {
    const reason = rule(variant, circumstances);
    if (reason) return reason;
  }
  return null;
}

const RULES: Rule[] = [
  ({ unavailable }) => (unavailable ? misfit(unavailable) : null),
  ({ needs_image }, { image }) => (needs_image && !image ? misfit(needs_image) : null),
  ({ output_only }, { hidden }) => (output_only && hidden ? misfit(both('fit.output_only')) : null),
  ({ tasks }, { task }) => onlyFor('task', tasks, task),
  ({ kinds }, { kind }) => onlyFor('kind', kinds, kind),
  fullBatch,
  leastBatch,
  leastUnits,
  wholeSet,
  ownRates,
  momentum,
  noBias,
];

function misfit(text: Text): Reason {
  return { short: both('fit.does_not_fit'), text };
}

function idle(text: Text): Reason {
  return { short: both('fit.no_effect'), text };
}

/** The sentence that only `fitting` will do; null where they hold what is there, or nothing is known. */
function onlyFor(
  subject: 'task' | 'kind',
  fitting: string[] | null | undefined,
  present: string | undefined,
): Reason | null {
  if (!fitting || present === undefined || fitting.includes(present)) return null;
  const name = (id: string): Text => {
    const key = `fit.${subject}_${id}`;
    return key in en ? both(key as Key) : { en: id, zh: id };
  };
  return misfit(both('fit.only', { fitting: fitting.map(name), present: name(present) }));
}

function fullBatch({ full_batch }: Variant, { samples, batch }: Circumstances): Reason | null {
  if (!full_batch || samples === undefined || batch === undefined || batch >= samples) return null;
  return { short: both('fit.full_batch'), text: both('fit.full_batch_why'), remedy: takeBatch(samples, true) };
}

function leastBatch({ least_batch }: Variant, present: Circumstances): Reason | null {
  const { samples, batch, usualBatch, image } = present;
  if (!least_batch || image || batch === undefined || batch >= least_batch) return null;
  const reason = misfit(both('fit.least_batch', { batch, least: least_batch }));
  if (samples === undefined || usualBatch === undefined || samples < least_batch) return reason;
  return { ...reason, remedy: takeBatch(Math.min(samples, Math.max(least_batch, usualBatch)), false) };
}

function leastUnits({ least_units }: Variant, { units, image }: Circumstances): Reason | null {
  if (!least_units || image || units === undefined || units >= least_units) return null;
  return misfit(both('fit.least_units', { least: least_units }));
}

/** Where a batch holds all samples, nothing depends on which of them meet, and it cannot grow. */
function wholeSet({ order_only, acts_on }: Variant, { samples, batch }: Circumstances): Reason | null {
  if (samples === undefined || batch === undefined || batch < samples) return null;
  if (order_only) return idle(both('fit.order'));
  return acts_on === 'batch_size' ? idle(both('fit.cannot_grow')) : null;
}

/** What goes to waste before an optimizer that takes of the gradient its signs, or of the learning rate the first. */
function ownRates({ acts_on }: Variant, { optimizers }: Circumstances): Reason | null {
  const [first] = optimizers ?? [];
  if (!first) return null;
  const all = (deaf: (optimizer: Variant) => boolean) => optimizers!.every(deaf);
  if (acts_on === 'learning_rate' && all((one) => one.own_rates ?? false))
    return idle(both('fit.own_rates', { optimizer: first.label }));
  if (acts_on === 'gradient' && all((one) => one.signs_only ?? false))
    return idle(both('fit.signs_only', { optimizer: first.label }));
  return null;
}

function momentum(
  { acts_on, follows_cycle }: Variant,
  { optimizers, schedule, cycling }: Circumstances,
): Reason | null {
  if (acts_on !== 'momentum') return null;
  if (optimizers && !optimizers.some((optimizer) => optimizer.momentum)) return idle(both('fit.no_momentum'));
  if (!follows_cycle || !schedule || schedule.cycles) return null;
  return idle(both('fit.no_cycle', { which: (cycling ?? []).map(({ label }) => label) }));
}

function noBias({ acts_on }: Variant, { biasTakenBy }: Circumstances): Reason | null {
  if (acts_on !== 'bias' || !biasTakenBy) return null;
  return idle(both('fit.no_bias', { normalization: biasTakenBy.label }));
}

function takeBatch(size: number, all: boolean): Remedy {
  const n = size.toLocaleString('en-US');
  return { label: both(all ? 'fit.take_all' : 'fit.take_batch', { n }), change: { training: { batch_size: size } } };
}

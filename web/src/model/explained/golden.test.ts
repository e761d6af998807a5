/** The lines that the page works out, against steps with every optimizer and every loss as the kernels have rehearsed them. */
import { describe, expect, it } from 'vitest';
import golden from '../../generated/rehearsals.golden.json';
import type { Catalog, Layout, RunConfig, Tensor } from '../../protocol/messages';
import type { Rehearsal } from '../../protocol/rehearsal';
import { catalogue } from '../../testing/catalogue';
import { blocks } from '../../testing/rehearsals';
import { Network } from '../forward';
import { latexNumber } from './latex';
import type { FormulaLine } from './line';
import { Rehearsed } from './rehearsed';
import { averageLines, errorFormula, lossFormula, lossLines, updateLines } from './sheets';
import { boundFormula } from './updates';
import type { WorkedLine } from './worksheet';

type Slots = Record<string, Record<string, { before: number[]; after: number[] }>>;

interface Case extends Omit<Rehearsal, 'arrays' | 'sums' | 'losses' | 'optimizer'> {
  training: Pick<RunConfig['training'], 'loss' | 'clipping' | 'regularizers'>;
  losses: number[];
  learning_rate: number;
  optimizer_step: number;
  optimizer: { id: string; params: Record<string, number>; slots: Slots };
  arrays: Record<string, number[]>;
  sums: Record<string, number[]>;
}

const { cases, layouts, families } = golden as unknown as {
  cases: Case[];
  layouts: Record<string, Layout>;
  families: Partial<Catalog['families']>;
};
const catalog = { ...catalogue, families: { ...catalogue.families, ...families } } as Catalog;

/** A case's step, and the place of every number that is trained. */
function load(one: Case): { step: Rehearsed; every: [Tensor, number][] } {
  const layout = layouts[one.sums['output.z']!.length]!;
  const { id, params, slots } = one.optimizer;
  const floats = ({ before, after }: { before: number[]; after: number[] }) => ({
    before: Float32Array.from(before),
    after: Float32Array.from(after),
  });
  const rehearsal: Rehearsal = {
    ...one,
    shown: one.count,
    sample: null,
    learningRate: one.learning_rate,
    optimizerStep: one.optimizer_step,
    losses: Float32Array.from(one.losses),
    arrays: blocks(one.arrays),
    sums: new Map(Object.entries(one.sums).map(([name, data]) => [name, Float32Array.from(data)])),
    optimizer: {
      id,
      params,
      slots: Object.fromEntries(
        Object.entries(slots).map(([slot, tensors]) => [
          slot,
          Object.fromEntries(Object.entries(tensors).map(([name, values]) => [name, floats(values)])),
        ]),
      ),
    },
  };
  const config = structuredClone(catalogue.default_config);
  config.network.layers = [{ kind: 'full' }];
  Object.assign(config.training, one.training);
  return {
    step: new Rehearsed(rehearsal, new Network(layout, [{}]).layers, config, catalog),
    every: layout.tensors.flatMap((tensor) =>
      Array.from({ length: tensor.size }, (_, index): [Tensor, number] => [tensor, index]),
    ),
  };
}

/** Half the distance of floats around 1: what one rounding may change, in parts of the number. */
const UNIT = 2 ** -24;
/** Half of the last of the four digits that are shown, and a tenth of that, which is not seen. */
const DIGITS = 5e-4;
const UNSEEN = 5e-5;
const largest = (values: Iterable<number>) => Math.max(...[...values].map(Math.abs));

/** The number behind the last sign of equality. */
function shownNumber(lines: readonly FormulaLine[]): number {
  const text = lines.at(-1)!.numbers.split('=').at(-1)!;
  return Number(text.replace('{\\cdot}10^{', 'e').replace('10^{', '1e').replace('}', ''));
}

/** What the last line that renews a name comes to. */
function resultOf(lines: readonly WorkedLine[], name: string): number | undefined {
  return lines.findLast((line) => line.name === name)?.value;
}

const named = cases.map((one, i) => {
  const { loss, clipping, regularizers } = one.training;
  const what = { ...one.optimizer.params, loss, clipping, regularizers, averaging: one.averaging };
  return [`${i} ${one.optimizer.id} ${JSON.stringify(what)}`, one] as const;
});

describe.each(named)('the step %s', (_, one) => {
  const { step, every } = load(one);

  it('changes every weight by what the lines say', () => {
    for (const [tensor, index] of every) {
      const lines = updateLines(step, tensor, index, 'else');
      for (const { numbers } of lines) expect(numbers).not.toContain(latexNumber(NaN));
      const [before, after] = ['before', 'after'].map((what) => step.parameter(tensor.name, what, index)) as [
        number,
        number,
      ];
      const value = resultOf(lines, 'w')!;
      // The new weight is rounded to its own size, however small the step.
      const allowed = UNSEEN * Math.abs(after - before) + 2 * UNIT * Math.max(Math.abs(before), Math.abs(after));
      expect(Math.abs(value - after), `${tensor.name} ${index}: ${value} for ${after}`).toBeLessThanOrEqual(allowed);
    }
  });

  it('renews what the optimizer remembers as the lines say', () => {
    for (const [name, slot] of Object.entries(step.optimizer.working!.slots)) {
      for (const [tensor, index] of every) {
        const { before, after } = step.rehearsal.optimizer.slots[slot]![tensor.name]!;
        const own = after.length === 1 ? 0 : index;
        // A name without a line stays as it is; of one with a new share, that is rounded to its own size or its square's.
        const g = step.parameter(tensor.name, 'passed', index);
        const value = resultOf(updateLines(step, tensor, index, 'else'), name) ?? before[own]!;
        const allowed = 1e-5 * Math.abs(after[own]!) + 4 * UNIT * largest([...before, ...after, g, g ** 2]);
        expect(Math.abs(value - after[own]!), `${name} of ${tensor.name} ${index}`).toBeLessThanOrEqual(allowed);
      }
    }
  });

  it('has the losses and errors that the lines say', () => {
    const { losses, count } = step.rehearsal;
    const outputs = step.layer(step.last).units;
    const errors = step.array('output.d_z');
    for (let place = 0; place < count; place++) {
      for (let output = 0; output < outputs; output++) {
        const lines = lossLines(step, output, 'else', place);
        const [loss, d] = [resultOf(lines, 'loss')!, resultOf(lines, 'd')!];
        const own = errors[output * count + place]!;
        expect(Math.abs(loss - losses[place]!)).toBeLessThanOrEqual(1e-5 * losses[place]! + 8 * UNIT);
        expect(Math.abs(d - own)).toBeLessThanOrEqual(1e-5 * Math.abs(own) + 8 * UNIT * largest(errors));
      }
    }
    const mean = losses.reduce((sum, value) => sum + value, 0) / count;
    expect(Math.abs(mean - step.rehearsal.loss)).toBeLessThanOrEqual(1e-5 * mean + 8 * UNIT);
  });

  it('adds up the errors of all samples, and their losses', () => {
    for (let output = 0; output < step.layer(step.last).units; output++) {
      const sum = step.each(step.last, 'd_z', output).reduce((before, value) => before + value, 0);
      const allowed = DIGITS * Math.abs(sum) + 8 * UNIT * largest(step.array('output.d_z'));
      expect(Math.abs(shownNumber(errorFormula(step, output, 'else')) - sum)).toBeLessThanOrEqual(allowed);
    }
    expect(shownNumber(lossFormula(step, 0, 'else'))).toBe(Number(step.rehearsal.loss.toPrecision(4)));
  });
});

describe.each(named.filter(([, one]) => one.arrays['norm']))('the clipped step %s', (_, one) => {
  const { step, every } = load(one);

  it('has the factor that is shown', () => {
    for (const [tensor, index] of every) {
      const climbed = step.parameter(tensor.name, 'climbed', index);
      const whole = Number.isNaN(climbed) ? step.parameter(tensor.name, 'gradient', index) : climbed;
      const passed = step.parameter(tensor.name, 'passed', index);
      const factor = shownNumber(boundFormula(step, { tensor, index }).slice(0, -1));
      expect(Math.abs(factor * whole - passed)).toBeLessThanOrEqual(DIGITS * Math.abs(passed) + 2 * UNIT);
    }
  });
});

describe.each(named.filter(([, one]) => one.averaging))('the mean after step %s', (_, one) => {
  const { step, every } = load(one);

  it('is renewed as the lines say', () => {
    const [name] = Object.keys(step.averaging!.working!.slots);
    for (const [tensor, index] of every) {
      const { lines } = averageLines(step, tensor, index, 'w', 'else')!;
      const after = step.parameter(tensor.name, 'averaged.after', index);
      expect(Math.abs(resultOf(lines, name!)! - after)).toBeLessThanOrEqual(1e-6 * Math.abs(after) + UNIT);
    }
  });
});

it('has every optimizer and every loss', () => {
  const ids = (of: (one: Case) => string) => new Set(cases.map(of));
  expect(ids(({ optimizer }) => optimizer.id)).toEqual(new Set(families.optimizers!.map(({ id }) => id)));
  expect(ids(({ training }) => training.loss.id)).toEqual(new Set(families.losses!.map(({ id }) => id)));
});

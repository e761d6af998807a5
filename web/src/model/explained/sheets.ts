/** The loss of a sample, the optimizer's step of one parameter and its mean, line by line, from the catalogue's workings. Pure. */
import type { Tensor } from '../../protocol/messages';
import { numbers } from '../forward';
import { latexNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { derivative, indexed } from './symbols';
import { Worksheet, type WorkedLine } from './worksheet';
import { writtenSamples } from './written';

/** What an output should be: its value, one where its class is right, ±1 where several labels may be. */
export function targetOf(step: Rehearsed, output: number, sample = 0): number {
  const target = step.array('targets')[sample] ?? NaN;
  const outputs = step.layer(step.last).units;
  if (outputs === 1) return target;
  if (step.loss.tasks?.includes('multilabel')) return Math.floor(target / 2 ** output) % 2 === 1 ? 1 : -1;
  return target === output ? 1 : 0;
}

/** The working of the loss of one sample, the `place`th of those whose numbers are there. */
export function lossLines(step: Rehearsed, output: number, otherwise: string, place = 0): WorkedLine[] {
  const { working } = step.loss;
  if (!working) return [];
  const outputs = step.layer(step.last).units;
  const parameters = numbers(step.config.training.loss);
  const sheet = new Worksheet(working, {
    size: outputs,
    constants: { ...parameters, n: step.rehearsal.count, K: outputs },
    at: (name, k) => (name === 'z' ? step.each(step.last, outputPart(step), k)[place]! : targetOf(step, k, place)),
    symbol: (latex) => (outputs === 1 ? latex.replaceAll('_k', '') : latex.replaceAll('_k', `_{${output + 1}}`)),
    trivial: new Set([...Object.keys(parameters), 'n', 'K']),
  });
  return sheet.work(output, otherwise);
}

/** The part of the output layer that the loss looks at. */
function outputPart(step: Rehearsed): string {
  return step.has(step.last, 'a') ? 'a' : 'z';
}

/** The lines of the loss without that of its derivative, which is a stage of its own. */
export function lossFormula(step: Rehearsed, output: number, otherwise: string): FormulaLine[] {
  const lines = written(lossLines(step, output, otherwise).filter(({ name }) => name !== 'd'));
  const { count, loss, losses } = step.rehearsal;
  if (!step.batch) return lines;
  return [
    ...lines.map(({ symbols }) => ({ symbols, numbers: '' })),
    {
      symbols: `\\bar L = \\frac{1}{n} \\sum_{s=1}^{n} L_s`,
      numbers: `= ${writtenSamples([...losses], true, count)} = ${latexNumber(loss)}`,
    },
  ];
}

/** The line of the loss's derivative in an output: the error that goes back. */
export function errorFormula(step: Rehearsed, output: number, otherwise: string): FormulaLine[] {
  const line = lossLines(step, output, otherwise).filter(({ name }) => name === 'd');
  if (!step.batch) return written(line);
  const { count } = step.rehearsal;
  const terms = count > 1 ? `${writtenSamples(step.each(step.last, 'd_z', output), false, count)} = ` : '';
  return [
    ...line.map(({ symbols }) => ({ symbols, numbers: '' })),
    {
      symbols: `\\sum_{s=1}^{${count}} ${derivative(indexed(step, 'z', step.last, output))}`,
      numbers: `= ${terms}${latexNumber(step.value(step.last, 'd_z', output))}`,
    },
  ];
}

function written(lines: readonly WorkedLine[]): FormulaLine[] {
  return lines.map(({ symbols, numbers: text }) => ({ symbols, numbers: text }));
}

/** What the optimizer's letters stand for. */
export function updateGiven(step: Rehearsed, tensor: Tensor, index: number, symbol: string): FormulaLine {
  const before = shrinking(step, tensor) * step.parameter(tensor.name, 'before', index);
  const passed = step.parameter(tensor.name, 'passed', index);
  const { symbols = {} } = step.optimizer.working ?? {};
  const { w = 'w', g = 'g' } = symbols;
  // Where it gets the loss's own gradient, that is said; else the stage before tells where it comes from.
  const own = Object.is(passed, step.parameter(tensor.name, 'gradient', index));
  return {
    symbols: `${w} = ${symbol}${own ? `, \\quad ${g} = \\partial L / \\partial ${symbol}` : ''}`,
    numbers: `${w} = ${latexNumber(before)}, \\quad ${g} = ${latexNumber(passed)}`,
  };
}

/** What the optimizer makes of one number of a tensor. */
export function updateLines(step: Rehearsed, tensor: Tensor, index: number, otherwise: string): WorkedLine[] {
  const { working } = step.optimizer;
  if (!working) return [];
  const { optimizer, learningRate, optimizerStep } = step.rehearsal;
  const parameters: Record<string, number> = { ...optimizer.params, learning_rate: learningRate };
  const isWeight = tensor.role === 'weight';
  if (!isWeight) for (const name of working.weights_only) parameters[name] = 0;
  const [gradient, before] = [step.array(`${tensor.name}.passed`), step.array(`${tensor.name}.before`)];
  const shrunk = shrinking(step, tensor);
  const sheet = new Worksheet(working, {
    size: tensor.size,
    constants: { ...parameters, t: optimizerStep },
    at: (name, element) => {
      if (name === 'g') return gradient[element] ?? NaN;
      if (name === 'w') return shrunk * (before[element] ?? NaN);
      const slot = optimizer.slots[working.slots[name] ?? '']?.[tensor.name]?.before;
      return slot ? (slot[slot.length === 1 ? 0 : element] ?? NaN) : NaN;
    },
    trivial: new Set(Object.keys(parameters)),
  });
  return sheet.work(index, otherwise);
}

/** What the step makes of one number's mean, and what the letters of its formula stand for. */
export function averageLines(
  step: Rehearsed,
  tensor: Tensor,
  index: number,
  symbol: string,
  otherwise: string,
): { given: string; lines: WorkedLine[] } | null {
  const { averaging } = step.rehearsal;
  const { working } = step.averaging ?? {};
  if (!averaging || !working) return null;
  const { params, begun } = averaging;
  const constants: Record<string, number> = { ...params, t: step.rehearsal.step + 1, begun };
  const at = (name: string, element: number): number =>
    step.parameter(tensor.name, name in working.slots ? 'averaged.before' : 'after', element);
  const sheet = new Worksheet(working, { size: tensor.size, constants, at, trivial: new Set(Object.keys(params)) });
  const means = Object.keys(working.slots).map((name): [string, number] => [name, at(name, index)]);
  // That the mean is as old as the run goes without saying.
  const told = Object.entries(constants).filter(
    ([name, value]) => name in working.symbols && (name !== 'begun' || value),
  );
  const given = [...means, ...told].map(([name, value]) => `${working.symbols[name]} = ${latexNumber(value)}`);
  given.unshift(`${working.symbols['w']} = ${symbol} = ${latexNumber(at('w', index))}`);
  return { given: given.join(', \\quad '), lines: sheet.work(index, otherwise) };
}

/** What decay that is apart from the gradient has made of the weights before the optimizer sees them. */
export function shrinking(step: Rehearsed, { role }: Tensor): number {
  return step.config.training.regularizers.reduce((factor, choice) => {
    const variant = step.catalog.families.regularizers.find(({ id }) => id === choice.id);
    const { rate = 0, biases = 0 } = numbers(choice);
    if (!variant?.decoupled || !(role === 'weight' || biases)) return factor;
    return factor * (1 - step.rehearsal.learningRate * rate);
  }, 1);
}

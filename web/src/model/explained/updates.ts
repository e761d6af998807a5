/** From the gradient to the new number and its mean: bounds and penalties, the optimizer's lines, what has become of it. Pure. */
import { numbers } from '../forward';
import { parameterSymbol } from './gradients';
import { factorNumber, latexNumber, signedNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { averageLines, shrinking, updateGiven, updateLines } from './sheets';
import { derivative } from './symbols';
import type { WeightPlace } from './terms';

/** What clipping and penalties make of a gradient. */
export function boundFormula(step: Rehearsed, { tensor, index }: WeightPlace): FormulaLine[] {
  const { catalog, config } = step;
  const { clipping, regularizers } = config.training;
  const of = (family: 'clippings' | 'regularizers', id: string) =>
    catalog.families[family].find((variant) => variant.id === id)!;
  const lines: FormulaLine[] = regularizers.map((choice) => {
    const { formula, decoupled } = of('regularizers', choice.id);
    const rate = Object.entries(numbers(choice)).filter(([name]) => name !== 'biases');
    const values = rate.map(([, value], i) => `\\lambda${rate.length > 1 ? `_${i + 1}` : ''} = ${latexNumber(value)}`);
    // A penalty has its gradient added; decay apart from the gradient is a change of the weights themselves.
    const change = decoupled ? formula : `L \\leftarrow L + ${formula}`;
    return { symbols: change, numbers: values.join(', \\quad ') };
  });
  // The gradient from uphill is taken first.
  if (step.optimizer.climbs) lines.unshift({ symbols: step.optimizer.formula, numbers: '' });
  const bound = of('clippings', clipping.id);
  const { limit } = numbers(clipping);
  if (limit !== undefined) lines.push({ symbols: bound.formula, numbers: boundNumbers(step, limit) });
  // One that climbs has looked at the gradient from uphill in between.
  const way = ['gradient', 'climbed', 'passed'].filter((part) => step.array(`${tensor.name}.${part}`).length > 0);
  lines.push({
    symbols: `g = ${derivative(parameterSymbol(step, { tensor, index }))}:`,
    numbers: way.map((part) => latexNumber(step.parameter(tensor.name, part, index))).join(' \\;\\rightarrow\\; '),
  });
  const shrunk = shrinking(step, tensor);
  if (shrunk !== 1) {
    const before = step.parameter(tensor.name, 'before', index);
    lines.push({
      symbols: `${parameterSymbol(step, { tensor, index })}:`,
      numbers: `${latexNumber(before)} \\;\\rightarrow\\; ${latexNumber(shrunk)} \\cdot ${factorNumber(before)} = ${latexNumber(shrunk * before)}`,
    });
  }
  return lines;
}

/** The limit of a clipping; of one that looks at the whole gradient's norm also that, and what all is multiplied with. */
function boundNumbers(step: Rehearsed, limit: number): string {
  const norm = step.array('norm')[0];
  const given = `c = ${latexNumber(limit)}`;
  if (norm === undefined) return given;
  const [length, most] = [latexNumber(norm), latexNumber(limit)];
  const factor = norm > limit ? limit / norm : 1;
  return (
    `\\lVert g \\rVert = ${length}, \\quad ${given}, \\quad ` + `\\min(1, ${most} / ${length}) = ${latexNumber(factor)}`
  );
}

/** The optimizer's rule, line by line. */
export function updateFormula(step: Rehearsed, { tensor, index }: WeightPlace, otherwise: string): FormulaLine[] {
  const lines = updateLines(step, tensor, index, otherwise);
  if (lines.length === 0) return [];
  const given = updateGiven(step, tensor, index, parameterSymbol(step, { tensor, index }));
  return [given, ...lines.map(({ symbols, numbers: text }) => ({ symbols, numbers: text }))];
}

/** The old number, what the step adds, and the new one. */
export function renewedFormula(step: Rehearsed, place: WeightPlace): FormulaLine[] {
  const { tensor, index } = place;
  const w = parameterSymbol(step, place);
  const [before, update, after] = ['before', 'update', 'after'].map((what) =>
    step.parameter(tensor.name, what, index),
  ) as [number, number, number];
  return [
    {
      symbols: `${w} \\leftarrow ${w} + \\Delta ${w}`,
      numbers: `= ${latexNumber(before, 6)} ${signedNumber(update, false)} = ${latexNumber(after, 6)}`,
    },
  ];
}

/** What the mean of the weights is, how this step renews it, and the old mean of the number and the new one. */
export function averagedFormula(step: Rehearsed, place: WeightPlace, otherwise: string): FormulaLine[] {
  const { averaging, rehearsal } = step;
  if (!averaging) return [];
  const { tensor, index } = place;
  const [before, after] = ['averaged.before', 'averaged.after'].map((what) =>
    latexNumber(step.parameter(tensor.name, what, index), 6),
  );
  const w = parameterSymbol(step, place);
  // A step into what is not finite leaves the mean alone.
  const worked = rehearsal.averaging?.share ? averageLines(step, tensor, index, w, otherwise) : null;
  return [
    { symbols: averaging.formula, numbers: worked?.given ?? '' },
    ...(worked?.lines ?? []).map(({ symbols, numbers: text }) => ({ symbols, numbers: text })),
    { symbols: `\\overline{${w}}:`, numbers: `${before} \\;\\rightarrow\\; ${after}` },
  ];
}

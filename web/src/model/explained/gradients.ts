/** The gradient of a number that is trained, as a formula: the sum of its terms, of a sample and of the batch. Pure. */
import type { LayerPlan } from '../plan';
import { factorNumber, latexNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import {
  derivative,
  entering,
  indexed,
  leaving,
  normalizedSymbol,
  rowPlace,
  upper,
  weightSymbols,
  windowPlace,
} from './symbols';
import {
  directionOf,
  droppedBy,
  errorPart,
  gradientTerms,
  kernelPlace,
  weighed,
  weightAt,
  type WeightPlace,
} from './terms';
import { strongestFirst, writtenProducts, writtenSamples, writtenSum } from './written';

/** What a number of a tensor is called in formulas. */
export function parameterSymbol(step: Rehearsed, place: WeightPlace): string {
  const { layer, unit, from } = weightAt(step, place);
  const plan = step.layer(layer);
  if (place.tensor.role !== 'weight') {
    const names: Record<string, string> = { bias: 'b', gamma: '\\gamma', beta: '\\beta', gain: 'g' };
    const name = names[place.tensor.role] ?? '\\alpha';
    // There is one of these for each row of weights, but for what belongs to the activation.
    const ofRows = place.tensor.size === plan.pieces * plan.channels;
    const own = ofRows ? rowPlace(step, layer, unit) : String(unit + 1);
    return place.tensor.size > 1 ? `${upper(name, layer)}_{${own}}` : upper(name, layer);
  }
  const w = upper(weightSymbols(step, layer).trained, layer);
  const row = rowPlace(step, layer, unit);
  return `${w}_{${row},${inputPlace(plan, from)}}`;
}

/** Which input a weight weighs, from one: of a convolution, channel, row and column of the kernel. */
function inputPlace({ kind, kernel }: LayerPlan, from: number): string {
  const places = kind === 'conv' ? kernelPlace(kernel, from) : [from];
  return places.map((place) => place + 1).join(',');
}

/** The derivative in a number as far as it comes from one sample of several. */
const ofOne = (w: string): string => `\\left(${derivative(w)}\\right)_{\\!s}`;

/** The derivative of one sample, where there are several; else, and of the batch, the derivative itself. */
export function ownDerivative(step: Rehearsed, place: WeightPlace): string {
  const w = parameterSymbol(step, place);
  return step.rehearsal.count > 1 && !step.batch ? ofOne(w) : derivative(w);
}

/** The gradient of a number: this sample's part of it, and that of the batch, which the step takes. */
export function gradientFormula(step: Rehearsed, place: WeightPlace): FormulaLine[] {
  const { tensor, index } = place;
  const w = parameterSymbol(step, place);
  const n = step.rehearsal.count;
  const total = latexNumber(step.parameter(tensor.name, 'gradient', index));
  const over = `${derivative(w)} = \\sum_{s=1}^{${n}} `;
  if (step.batch) {
    const parts = Array.from({ length: Math.min(step.samples, 5) }, (_, at) => partOf(step.ofSample(at), place));
    const sum = n > 1 ? `${writtenSamples(parts, false, n)} = ` : '';
    return [{ symbols: over + termSymbols(step, place), numbers: `= ${sum}${total}` }];
  }
  const part = step.parameter(tensor.name, 'gradient_sample', index);
  const value = latexNumber(Number.isNaN(part) ? partOf(step, place) : part);
  const own = {
    symbols: `${ownDerivative(step, place)} = ${termSymbols(step, place)}`,
    numbers: `= ${termNumbers(step, place)} = ${value}`,
  };
  return n === 1 ? [own] : [own, { symbols: over + ofOne(w), numbers: `= ${value} + \\dots = ${total}` }];
}

function partOf(step: Rehearsed, place: WeightPlace): number {
  return gradientTerms(step, place).reduce((sum, { error, own }) => sum + error * own, 0);
}

/** The row of weights, its direction and its length in formulas, where that is learned apart. */
function directionSymbols(step: Rehearsed, place: WeightPlace): Record<'w' | 'v' | 'g' | 'unit', string> {
  const { layer, unit } = weightAt(step, place);
  const [w, v, g] = ['w', 'v', 'g'].map((letter) => `${upper(letter, layer)}_{${rowPlace(step, layer, unit)}}`);
  return { w: w!, v: v!, g: g!, unit: `\\hat v = \\frac{${v}}{\\lVert ${v} \\rVert}` };
}

/** The term of a sample. */
function termSymbols(step: Rehearsed, place: WeightPlace): string {
  const { tensor } = place;
  const { layer, from, unit } = weightAt(step, place);
  const plan = step.layer(layer);
  if (plan.gain && (tensor.role === 'weight' || tensor.role === 'gain')) {
    const { w, v, g, unit: direction } = directionSymbols(step, place);
    const along = `\\hat v \\cdot ${derivative(w)}`;
    if (tensor.role === 'gain') return `${along}, \\quad ${direction}`;
    const own = parameterSymbol(step, place).replace(/^v/, 'w');
    const at = inputPlace(plan, from);
    return `\\frac{${g}}{\\lVert ${v} \\rVert} \\left(${derivative(own)} - \\hat v_{${at}}\\, \\left(${along}\\right)\\right), \\quad ${direction}`;
  }
  const part = errorPart(step, place);
  const row = rowPlace(step, layer, unit);
  if (part === 'd_a') {
    const shared = tensor.size === 1;
    const places = shared ? 'k' : row;
    const a = `${upper('a', layer)}_{${places}${plan.pixels > 1 ? ',u,v' : ''}}`;
    const over = [...(shared ? ['k'] : []), ...(plan.pixels > 1 ? ['u,v'] : [])].join(',');
    const slope = `\\frac{\\partial ${a}}{\\partial ${parameterSymbol(step, place)}}`;
    return `${over && `\\sum_{${over}} `}${derivative(a)} \\cdot ${slope}`;
  }
  const image = plan.shape.length === 3;
  const over = image ? '\\sum_{u,v} ' : '';
  const indexedBy = (symbol: string) =>
    image ? `${upper(symbol, layer)}_{${row},u,v}` : indexed(step, symbol, layer, unit);
  if (part !== 'd_z') {
    const y = derivative(indexedBy(normalizedSymbol(step, layer)));
    return `${over}${y}${tensor.role === 'gamma' ? ' \\cdot \\hat x' : ''}`;
  }
  const masked = droppedBy(step, place) === null ? '' : '\\frac{m}{1 - p}\\; ';
  const input = from < 0 ? '' : ` \\cdot ${inputSymbol(step, place)}`;
  return `${masked}${over}${indexedBy('\\delta')}${input}`;
}

/** The same with this step's numbers, without what they give. */
function termNumbers(step: Rehearsed, place: WeightPlace): string {
  const { tensor } = place;
  const { layer, from } = weightAt(step, place);
  const terms = gradientTerms(step, place);
  if (step.layer(layer).gain && (tensor.role === 'weight' || tensor.role === 'gain'))
    return directionNumbers(step, place);
  if (errorPart(step, place) === 'd_z' && from >= 0) {
    const factor = droppedBy(step, place);
    const pairs = terms.map(({ unit, error }) => [error, weighed(step, layer, unit, from)] as const);
    const sum = writtenProducts(strongestFirst(pairs), null);
    if (factor === null) return sum;
    return `${latexNumber(factor)} \\cdot ${pairs.length > 1 ? `\\left(${sum}\\right)` : sum}`;
  }
  // What is only added up has no second factor.
  if (tensor.role === 'bias' || tensor.role === 'beta') {
    return terms.length > 1 ? writtenSum(terms.map(({ error }) => error)) : `1 \\cdot ${factorNumber(terms[0]!.error)}`;
  }
  return writtenProducts(strongestFirst(terms.map(({ error, own }) => [error, own] as const)), null);
}

/** How the gradient in a direction or a length comes from that in the weights that both make. */
function directionNumbers(step: Rehearsed, place: WeightPlace): string {
  const { layer, unit, from } = weightAt(step, place);
  const { fanIn, pixels, weight } = step.layer(layer);
  const { gain, length, direction } = directionOf(step, place);
  const inWeight = (input: number): number => {
    let sum = 0;
    for (let at = unit * pixels; at < (unit + 1) * pixels; at++) {
      sum += step.value(layer, 'd_z', at) * weighed(step, layer, at, input);
    }
    return (droppedBy(step, { tensor: weight!, index: unit * fanIn + input }) ?? 1) * sum;
  };
  const pairs = Array.from(direction, (value, input) => [value, inWeight(input)] as const);
  if (from < 0) return writtenProducts(strongestFirst(pairs), null);
  const along = pairs.reduce((sum, [value, error]) => sum + value * error, 0);
  const [value, error] = pairs[from]!;
  return `\\frac{${latexNumber(gain)}}{${latexNumber(length)}} \\left(${latexNumber(error)} - ${factorNumber(value)} \\cdot ${factorNumber(along)}\\right)`;
}

/** What a weight weighs: of a convolution, what lies under its place of the kernel. */
function inputSymbol(step: Rehearsed, place: WeightPlace): string {
  const { layer, from } = weightAt(step, place);
  const plan = step.layer(layer);
  if (plan.kind !== 'conv') return leaving(step, layer - 1, from);
  const [c, i, j] = kernelPlace(plan.kernel, from);
  return entering(step, layer, windowPlace(plan, String(c + 1), i + 1, j + 1));
}

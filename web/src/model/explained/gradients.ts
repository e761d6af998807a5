/** The gradient of one weight: where it comes from, factor by factor, back to the loss. Pure. */
import type { Tensor } from '../../protocol/messages';
import { slope } from './backwardFormulas';
import { windowTerms } from './convolutionTerms';
import { stageFormula } from './formulas';
import { latexNumber, signedNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { errorFormula } from './sheets';
import { backThrough, stageOf, type StageKind } from './stages';
import {
  derivative,
  entering,
  indexed,
  innerSymbol,
  leaving,
  normalizedSymbol,
  rowPlace,
  symbolOf,
  upper,
  weightSymbols,
  windowPlace,
} from './symbols';
import { writtenProducts, writtenSamples } from './written';

/** A number of a tensor of a layer. */
export interface WeightPlace {
  readonly tensor: Tensor;
  readonly index: number;
}

/** A factor of the chain rule, and the stage at which it was made. */
export interface Factor {
  readonly symbols: string;
  readonly value: number;
  readonly stage: { readonly kind: StageKind; readonly layer: number };
  /** The unit that the stage should look at. */
  readonly unit: number;
}

/** Where a weight of a dense layer or a convolution lies: which unit or filter it belongs to, and which input it weighs. */
export function weightAt(
  step: Rehearsed,
  { tensor, index }: WeightPlace,
): { layer: number; unit: number; from: number } {
  const layer = tensor.layer ?? 0;
  const plan = step.layer(layer);
  if (tensor.role === 'weight') return { layer, unit: Math.floor(index / plan.fanIn), from: index % plan.fanIn };
  return { layer, unit: index, from: -1 };
}

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
  if (plan.kind !== 'conv') return `${w}_{${row},${from + 1}}`;
  const [c, i, j] = kernelPlace(plan.kernel, from);
  return `${w}_{${row},${c + 1},${i + 1},${j + 1}}`;
}

/** Channel, row and column of a place of a kernel, from zero. */
function kernelPlace(kernel: number, place: number): [number, number, number] {
  return [Math.floor(place / kernel ** 2), Math.floor(place / kernel) % kernel, place % kernel];
}

/** The products that make up the gradient of a weight: of a convolution, one for every pixel. */
function products(step: Rehearsed, place: WeightPlace, sample: number): [number, number][] {
  const { layer, unit, from } = weightAt(step, place);
  const plan = step.layer(layer);
  const d = (at: number) => step.each(layer, 'd_z', at)[sample]!;
  if (from < 0) return Array.from({ length: plan.pixels }, (_, pixel) => [d(unit * plan.pixels + pixel), 1]);
  if (plan.kind !== 'conv') return [[d(unit), enteringEach(step, layer, from, sample)]];
  return Array.from({ length: plan.pixels }, (_, pixel): [number, number] => {
    const term = windowTerms(step, layer, unit * plan.pixels + pixel).find(({ index }) => index === place.index);
    return [d(unit * plan.pixels + pixel), term?.value ?? 0];
  });
}

function enteringEach(step: Rehearsed, layer: number, input: number, sample: number): number {
  return step.each(layer, 'input', input)[sample]!;
}

/** Whether the gradient of a number is a plain sum of what its unit's error and its input are: not so behind a norm. */
export function isPlain(step: Rehearsed, { tensor }: WeightPlace): boolean {
  return tensor.role === 'bias' || (tensor.role === 'weight' && !step.layer(tensor.layer ?? 0).gain);
}

/** By what dropout of weights has multiplied a weight; null where it does not do so. */
function factorOf(step: Rehearsed, { tensor, index }: WeightPlace): number | null {
  if (tensor.role !== 'weight') return null;
  return step.array(`${step.layer(tensor.layer ?? 0).name}.weight.mask`)[index] ?? null;
}

/** The gradient of a number: this sample's part of it, and that of the batch, which the step takes. */
export function gradientFormula(step: Rehearsed, place: WeightPlace): FormulaLine[] {
  const { tensor, index } = place;
  const total = step.parameter(tensor.name, 'gradient', index);
  const w = parameterSymbol(step, place);
  const lines: FormulaLine[] = [];
  if (isPlain(step, place)) lines.push(step.batch ? overSamples(step, place, w, total) : ofSample(step, place, w));
  else lines.push(...ofMade(step, place, w));
  const n = step.rehearsal.count;
  if (lines.length > 0 && (step.batch || n === 1)) return lines;
  lines.push({
    symbols: `${derivative(w)} = \\sum_{s=1}^{${n}} ${ofOne(w)}`,
    numbers: `= ${latexNumber(total)}`,
  });
  return lines;
}

/** The derivative in a number as far as it comes from one sample of several. */
const ofOne = (w: string): string => `\\left(${derivative(w)}\\right)_{\\!s}`;

/** The same, where there are several samples; else the derivative itself. */
export function ownDerivative(step: Rehearsed, place: WeightPlace): string {
  const w = parameterSymbol(step, place);
  return step.rehearsal.count > 1 ? ofOne(w) : derivative(w);
}

/** How the gradient in a direction and a length comes from that in the weight they make; else nothing. */
function ofMade(step: Rehearsed, { tensor, index }: WeightPlace, symbol: string): FormulaLine[] {
  const { layer, unit } = weightAt(step, { tensor, index });
  if (!step.layer(layer).gain || (tensor.role !== 'weight' && tensor.role !== 'gain')) return [];
  const own = rowPlace(step, layer, unit);
  const [w, v, g] = ['w', 'v', 'g'].map((letter) => `${upper(letter, layer)}_{${own}}`) as [string, string, string];
  const along = `\\hat v \\cdot ${derivative(w)}`;
  const unitVector = `\\quad \\hat v = \\frac{${v}}{\\lVert ${v} \\rVert}`;
  const total = step.parameter(tensor.name, 'gradient', index);
  return tensor.role === 'gain'
    ? [{ symbols: `${derivative(symbol)} = ${along}, ${unitVector}`, numbers: `= ${latexNumber(total)}` }]
    : [
        {
          symbols: `${derivative(v)} = \\frac{${g}}{\\lVert ${v} \\rVert} \\left(${derivative(w)} - \\hat v\\, \\left(${along}\\right)\\right), ${unitVector}`,
          numbers: `${derivative(symbol)} = ${latexNumber(total)}`,
        },
      ];
}

function ofSample(step: Rehearsed, place: WeightPlace, w: string): FormulaLine {
  const { layer, from } = weightAt(step, place);
  const plan = step.layer(layer);
  const own = step.parameter(place.tensor.name, 'gradient_sample', place.index);
  const left = step.rehearsal.count > 1 ? ofOne(w) : derivative(w);
  const delta = errorSymbol(step, place);
  const factor = factorOf(step, place);
  const masked = factor === null ? '' : '\\frac{m}{1 - p}\\; ';
  const pairs = products(step, place, 0);
  const total = pairs.reduce((sum, [a, b]) => sum + a * b, 0);
  const value = latexNumber(Number.isNaN(own) ? total : own);
  if (from < 0) {
    const terms = pairs.slice(0, 4).map(([a], i) => signedNumber(a, i === 0));
    const sum = pairs.length > 1 ? `= ${terms.join(' ')}${pairs.length > 4 ? ' + \\dots' : ''} ` : '';
    return { symbols: `${left} = ${plan.pixels > 1 ? '\\sum_{u,v} ' : ''}${delta}`, numbers: `${sum}= ${value}` };
  }
  if (plan.kind !== 'conv') {
    const by = factor === null ? '' : `${latexNumber(factor)} \\cdot `;
    return {
      symbols: `${left} = ${masked}${delta} \\cdot ${inputSymbol(step, place)}`,
      numbers: `= ${by}${writtenProducts(pairs, null)} = ${value}`,
    };
  }
  const strongest = [...pairs].sort(([a, b], [c, d]) => Math.abs(c * d) - Math.abs(a * b));
  const sum = writtenProducts(strongest, null);
  return {
    symbols: `${left} = ${masked}\\sum_{u,v} ${delta} \\cdot ${inputSymbol(step, place)}`,
    numbers: `= ${factor === null ? sum : `${latexNumber(factor)} \\left(${sum}\\right)`} = ${value}`,
  };
}

/** The error of what a row of weights sums up: of an image, of every pixel. */
function errorSymbol(step: Rehearsed, place: WeightPlace): string {
  const { layer, unit } = weightAt(step, place);
  if (step.layer(layer).shape.length < 3) return indexed(step, '\\delta', layer, unit);
  return `${upper('\\delta', layer)}_{${rowPlace(step, layer, unit)},u,v}`;
}

/** What a weight weighs: of a convolution, what lies under its place of the kernel. */
function inputSymbol(step: Rehearsed, place: WeightPlace): string {
  const { layer, from } = weightAt(step, place);
  const plan = step.layer(layer);
  if (plan.kind !== 'conv') return leaving(step, layer - 1, from);
  const [c, i, j] = kernelPlace(plan.kernel, from);
  return entering(step, layer, windowPlace(plan, String(c + 1), i + 1, j + 1));
}

function overSamples(step: Rehearsed, place: WeightPlace, w: string, total: number): FormulaLine {
  const { layer, from } = weightAt(step, place);
  const factor = factorOf(step, place);
  const terms = Array.from({ length: Math.min(step.samples, 5) }, (_, sample) =>
    products(step, place, sample).reduce((sum, [a, b]) => sum + a * b * (factor ?? 1), 0),
  );
  const input = from < 0 ? '' : ` \\cdot ${inputSymbol(step, place)}`;
  const pixels = step.layer(layer).shape.length < 3 ? '' : '\\sum_{u,v} ';
  const masked = factor === null ? '' : '\\frac{m}{1 - p}\\; ';
  return {
    symbols: `${derivative(w)} = \\sum_{s=1}^{${step.rehearsal.count}} ${masked}${pixels}${errorSymbol(step, place)}${input}`,
    numbers: `= ${terms.length > 1 ? `${writtenSamples(terms, false)} = ` : ''}${latexNumber(total)}`,
  };
}

/**
 * The chain of derivatives of a weight of a dense layer for one sample, from the loss back: where a sum over units branches,
 * all of them are one factor, whose parts the stage that made it shows.
 */
export function chainOf(step: Rehearsed, place: WeightPlace): Factor[] {
  const { layer, unit, from } = weightAt(step, place);
  const plan = step.layer(layer);
  if (step.batch || plan.kind !== 'dense' || !isPlain(step, place)) return [];
  const factors: Factor[] = layer === step.last ? [] : throughLayer(step, layer, unit);
  if (layer === step.last) {
    factors.push({
      symbols: derivative(indexed(step, 'z', layer, unit)),
      value: step.value(layer, 'd_z', unit),
      stage: { kind: 'error', layer },
      unit,
    });
  }
  const used = weightSymbols(step, layer).used;
  const z = indexed(step, 'z', layer, unit);
  const factor = factorOf(step, place);
  const symbol = parameterSymbol(step, place);
  const weighed = factor === null ? symbol : symbol.replace(/^w/, used);
  factors.push({
    symbols: `\\frac{\\partial ${z}}{\\partial ${weighed}}`,
    value: from < 0 ? 1 : step.entering(layer, from),
    stage: { kind: layer === 1 ? 'inputs' : 'activate', layer: layer - 1 },
    unit: Math.max(0, from),
  });
  if (factor !== null) {
    const of = `\\frac{\\partial ${weighed}}{\\partial ${symbol}}`;
    factors.push({ symbols: of, value: factor, stage: { kind: 'sum', layer }, unit });
  }
  return factors;
}

/** The factors from the gradient in what leaves a hidden layer to that in a sum. */
function throughLayer(step: Rehearsed, layer: number, unit: number): Factor[] {
  const plan = step.layer(layer);
  const own = unit % plan.units;
  const name = (part: string) => indexed(step, symbolOf(step, layer, part), layer, part === 'a' ? own : unit);
  const inner = indexed(step, innerSymbol(step, layer), layer, unit);
  const out = leaving(step, layer, own);
  const factors: Factor[] = [];
  const add = (symbols: string, value: number, kind: StageKind, at: number, of: number) =>
    factors.push({ symbols, value, stage: { kind, layer: at }, unit: of });
  const by = (of: string, to: string): string => `\\frac{\\partial ${of}}{\\partial ${to}}`;
  const ratio = (made: number, come: number): number => (come === 0 ? (made === 0 ? 0 : NaN) : made / come);
  add(derivative(out), step.value(layer, step.arriving(layer), own), 'pass_on', layer + 1, own);
  if (step.has(layer, 'dropped')) add(by(out, name('out')), step.value(layer, 'mask', own), 'back_drop', layer, own);
  if (plan.normalized === 'after') {
    const through = ratio(step.value(layer, 'd_a', own), step.value(layer, 'd_out', own));
    add(by(name('out'), name('a')), through, 'back_normalize_after', layer, own);
  }
  const through = slope(step, layer, unit);
  const gate = ratio(step.value(layer, 'd_y', unit), step.value(layer, 'd_a', own));
  add(by(name('a'), inner), Number.isNaN(through) ? gate : through, 'back_activate', layer, unit);
  if (plan.normalized === 'before') {
    const before = indexed(step, normalizedSymbol(step, layer), layer, unit);
    const normalizes = ratio(step.value(layer, 'd_z', unit), step.value(layer, 'd_y', unit));
    add(by(before, name('z')), normalizes, 'back_normalize', layer, unit);
  }
  return factors;
}

/**
 * The rest of the chain, from the unit that a weight leads to up to the loss, as the stages on the way tell it: where several
 * units follow, along the one that has most to do with it.
 */
export function chainLines(step: Rehearsed, place: WeightPlace, otherwise: string): FormulaLine[] {
  const { layer, unit } = weightAt(step, place);
  const lines: FormulaLine[] = [];
  let at = unit % step.layer(layer).units;
  for (let next = layer + 1; next <= step.last; next++) {
    const plan = step.layer(next);
    if (plan.kind !== 'dense') return [];
    const share = (to: number) => Math.abs(step.weight(next, to * plan.fanIn + at) * step.value(next, 'd_z', to));
    let strongest = 0;
    for (let to = 1; to < plan.pieces * plan.units; to++) if (share(to) > share(strongest)) strongest = to;
    lines.push(...stageFormula(step, stageOf('pass_on', next), at, otherwise));
    at = strongest % plan.units;
    if (next === step.last) break;
    // Read from the sum up: what is nearer to the loss comes later.
    for (const stage of backThrough(step, next).reverse()) {
      const ofSum = stage.kind === 'back_activate' || stage.kind === 'back_normalize';
      lines.push(...stageFormula(step, stage, ofSum ? strongest : at, otherwise));
    }
  }
  return [...lines, ...errorFormula(step, at, otherwise)];
}

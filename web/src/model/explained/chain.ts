/** The derivative in one number that is trained, factor by factor, from the loss back to it. Pure. */
import { slope } from './backwardFormulas';
import { partsOf } from './convolutionTerms';
import { stageFormula } from './formulas';
import { parameterSymbol } from './gradients';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { errorFormula } from './sheets';
import { backThrough, enteringFrom, stageOf, type ExplainedStage, type StageKind } from './stages';
import { derivative, indexed, innerSymbol, leaving, normalizedSymbol, symbolOf, weightSymbols } from './symbols';
import {
  droppedBy,
  errorPart,
  gradientTerms,
  weighed,
  weighedInput,
  weightAt,
  type ErrorPart,
  type Term,
  type WeightPlace,
} from './terms';

/** A factor of the chain rule, and the stage at which it was made. */
export interface Factor {
  readonly symbols: string;
  readonly value: number;
  readonly stage: { readonly kind: StageKind; readonly layer: number };
  /** The unit that the stage should look at. */
  readonly unit: number;
}

export interface Chain {
  /** Which of the samples at hand it is of: of these, the one with the strongest chain. */
  readonly sample: number;
  /** One sample's part of the derivative, or of the whole batch that itself. */
  readonly total: number;
  /** Of the term that has most to do with it, of several. */
  readonly factors: readonly Factor[];
  /** How many more places of the layer use the number, how many more samples there are, and what all of them add. */
  readonly others: { readonly places: number; readonly samples: number; readonly value: number } | null;
  /** Whether the factors are those of the sample's formula too, and it is no more than their product. */
  readonly product: boolean;
  /** The rest of the way to the loss, as the stages on it tell it: where it branches, along the strongest way. */
  readonly rest: readonly FormulaLine[];
}

const most = <Of>(list: readonly Of[], size: (one: Of) => number): Of =>
  list.reduce((best, one) => (Math.abs(size(one)) > Math.abs(size(best)) ? one : best));

/**
 * The chain of derivatives of a number. Where a sum over units branches, or a normalization over all that is normalized
 * together, the ways are one factor, whose parts the stage that made it shows. Of a number that is used at many places
 * or by many samples, it is the strongest of as many chains.
 */
export function chainOf(step: Rehearsed, place: WeightPlace, otherwise: string): Chain {
  const share = ({ error, own }: Term): number => error * own;
  const samples = Array.from({ length: step.samples }, (_, at) => {
    const one = step.ofSample(at);
    const terms = gradientTerms(one, place);
    return { one, terms, term: most(terms, share), at };
  });
  const { one, terms, term, at } = most(samples, (sample) => share(sample.term));
  const factors = [...factorsTo(one, place, term), ...ownFactors(one, place, term)];
  const told = step.parameter(place.tensor.name, step.batch ? 'gradient' : 'gradient_sample', place.index);
  const total = Number.isNaN(told) ? terms.reduce((all, one) => all + share(one), 0) : told;
  const [places, others] = [terms.length - 1, step.batch ? step.rehearsal.count - 1 : 0];
  const product = factors.reduce((all, { value }) => all * value, 1);
  const single = places + others === 0;
  return {
    sample: at,
    total,
    factors,
    others: single ? null : { places, samples: others, value: total - product },
    product: single && !step.layer(place.tensor.layer ?? 0).gain,
    rest: chainLines(one, place, term, otherwise),
  };
}

/** The order in which the gradients of a layer are made on the way back. */
const MADE: readonly string[] = ['d_dropped', 'd_out', 'd_a', 'd_y', 'd_z'];

/** The stages that make a gradient of a layer, from what arrives there on. */
function stagesTo(step: Rehearsed, layer: number, part: ErrorPart): ExplainedStage[] {
  if (layer === step.last) return [stageOf('error', layer, part)];
  const within = backThrough(step, layer).filter(({ makes }) => MADE.indexOf(makes) <= MADE.indexOf(part));
  return [stageOf('pass_on', layer + 1, step.arriving(layer)), ...within];
}

/** Which of these stages the first factor of a chain is from: the last one at which many ways come together. */
function joined(stages: readonly ExplainedStage[]): number {
  return Math.max(
    0,
    stages.findLastIndex(({ kind }) => kind.startsWith('back_normalize')),
  );
}

/** The factors from the loss to the number of the layer that a term is of. */
function factorsTo(step: Rehearsed, place: WeightPlace, { unit, error }: Term): Factor[] {
  const layer = place.tensor.layer ?? 0;
  const plan = step.layer(layer);
  const part = errorPart(step, place);
  const stages = stagesTo(step, layer, part);
  const own = unit % plan.units;
  const name = (of: string) => indexed(step, symbolOf(step, layer, of), layer, ['y', 'z'].includes(of) ? unit : own);
  const inner = indexed(step, innerSymbol(step, layer), layer, unit);
  return stages.slice(joined(stages)).map(({ kind, makes }): Factor => {
    const factor = (symbols: string, value: number, of: number): Factor => ({
      symbols,
      value,
      stage: { kind, layer: kind === 'pass_on' ? layer + 1 : layer },
      unit: of,
    });
    if (kind === 'error') return factor(derivative(indexed(step, 'z', layer, unit)), error, unit);
    if (kind === 'back_drop')
      return factor(by(leaving(step, layer, own), name('out')), step.value(layer, 'mask', own), own);
    if (kind === 'back_activate') return factor(by(name('a'), inner), throughActivation(step, layer, unit), unit);
    const of = makes === 'd_z' ? unit : own;
    const symbol = kind === 'pass_on' ? leaving(step, layer, own) : name(makes.slice(2));
    return factor(derivative(symbol), step.value(layer, makes, of), of);
  });
}

const by = (of: string, to: string): string => `\\frac{\\partial ${of}}{\\partial ${to}}`;

/** The slope of an activation; of a gate, what it has made of the gradient in one of its sums. */
function throughActivation(step: Rehearsed, layer: number, unit: number): number {
  const through = slope(step, layer, unit);
  const come = step.value(layer, 'd_a', unit % step.layer(layer).units);
  if (!Number.isNaN(through)) return through;
  return come === 0 ? 0 : step.value(layer, 'd_y', unit) / come;
}

/** The last factors: what the number of the layer has for a derivative in the parameter. */
function ownFactors(step: Rehearsed, place: WeightPlace, { unit, own }: Term): Factor[] {
  const { layer, from } = weightAt(step, place);
  const plan = step.layer(layer);
  const symbol = parameterSymbol(step, place);
  const factor = (of: string, to: string, value: number, kind: StageKind, at = layer, looked = unit): Factor => ({
    symbols: by(of, to),
    value,
    stage: { kind, layer: at },
    unit: looked,
  });
  switch (errorPart(step, place)) {
    case 'd_a':
      return [factor(indexed(step, 'a', layer, unit), symbol, own, 'activate')];
    case 'd_z':
      break;
    default: {
      const kind = plan.normalized === 'before' ? 'normalize' : 'normalize_after';
      return [factor(indexed(step, normalizedSymbol(step, layer), layer, unit), symbol, own, kind)];
    }
  }
  const z = indexed(step, 'z', layer, unit);
  // What enters a sum where the whole row of weights moves with the number, or nothing is weighed, is no single input.
  if (from < 0 || plan.gain) return [factor(z, symbol, own, 'sum')];
  const mask = droppedBy(step, place);
  const used = mask === null ? symbol : symbol.replace(/^w/, weightSymbols(step, layer).used);
  const input = Math.max(0, weighedInput(step, layer, unit, from));
  const entered = weighed(step, layer, unit, from);
  const first = factor(z, used, entered, enteringFrom(step, layer).kind, layer - 1, input);
  return mask === null ? [first] : [first, factor(used, symbol, mask, 'sum')];
}

/** The way from the first factor of a term's chain to the loss, stage by stage. */
function chainLines(step: Rehearsed, place: WeightPlace, term: Term, otherwise: string): FormulaLine[] {
  const layer = place.tensor.layer ?? 0;
  const lines: FormulaLine[] = [];
  let stages = stagesTo(step, layer, errorPart(step, place));
  stages = stages.slice(0, joined(stages) + 1);
  let unit = term.unit;
  for (let next = layer + 1; next <= step.last; next++) {
    const at = unit % step.layer(next - 1).units;
    // Read from the sum up: what is nearer to the loss comes later.
    for (const stage of stages.reverse()) {
      const ofSum = stage.kind === 'back_activate' || stage.kind === 'back_normalize';
      lines.push(...stageFormula(step, stage, ofSum ? unit : at, otherwise));
    }
    const error = step.layer(next).weight ? 'd_z' : 'd_out';
    const parts = partsOf(step, next, at);
    if (parts.length === 0) return lines;
    unit = most(parts, (part) => part.weight * step.value(next, error, part.unit)).unit;
    stages = stagesTo(step, next, 'd_z');
  }
  return [...lines, ...errorFormula(step, unit, otherwise)];
}

/** The formula of every stage of a step, once in symbols and once with this step's numbers, as LaTeX. Pure. */
import {
  backThroughActivation,
  backThroughDrop,
  backThroughNormalization,
  learnedBy,
  passedOn,
} from './backwardFormulas';
import { windowTerms } from './convolutionTerms';
import { factorNumber, latexNumber, signedNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { statistics } from './statistics';
import type { ExplainedStage, StageKind } from './stages';
import { substituted } from './substituted';
import {
  averaged,
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
import { strongestFirst, writtenProducts, writtenSamples } from './written';

/** The stages that have a formula for each of a gate's sums. */
const OF_SUMS: readonly StageKind[] = ['sum', 'normalize', 'back_activate', 'back_normalize'];

/** The lines of a stage for the unit that is looked at: of a gate, for all of its sums. */
export function unitFormula(step: Rehearsed, stage: ExplainedStage, unit: number, otherwise: string): FormulaLine[] {
  if (!OF_SUMS.includes(stage.kind)) return stageFormula(step, stage, unit, otherwise);
  const { pieces, units } = step.layer(stage.layer);
  return Array.from({ length: pieces }, (_, piece) =>
    stageFormula(step, stage, piece * units + (unit % units), otherwise),
  ).flat();
}

/** The lines of a stage for a unit, or for one sum of a gate: units count on through the gate's sums. */
export function stageFormula(step: Rehearsed, stage: ExplainedStage, unit: number, otherwise: string): FormulaLine[] {
  const lines = sampleFormula(step, stage, unit, otherwise);
  if (!step.batch || lines.length === 0 || stage.kind === 'inputs') return lines;
  return [...lines.map(({ symbols }) => ({ symbols, numbers: '' })), overBatch(step, stage, unit)];
}

/** The same over all samples: the mean on the way forward, the sum on the way back. */
function overBatch(step: Rehearsed, { layer, makes, kind }: ExplainedStage, unit: number): FormulaLine {
  const at = kind === 'pass_on' ? layer - 1 : layer;
  const values = step.each(at, makes, unit);
  const { count } = step.rehearsal;
  const symbol = symbolOf(step, at, makes);
  const over = `\\sum_{s=1}^{${count}}`;
  const result = latexNumber(step.value(at, makes, unit));
  if (makes.startsWith('d_')) {
    const text = count > 1 ? `${writtenSamples(values, false, count)} = ` : '';
    return { symbols: `${over} ${derivative(indexed(step, symbol, at, unit))}`, numbers: `= ${text}${result}` };
  }
  return {
    symbols: `${averaged(step, symbol, at, unit)} = \\frac{1}{${count}} ${over} ${indexed(step, symbol, at, unit)}`,
    numbers: `= ${writtenSamples(values, true, count)} = ${result}`,
  };
}

function sampleFormula(step: Rehearsed, stage: ExplainedStage, unit: number, otherwise: string): FormulaLine[] {
  const { layer } = stage;
  switch (stage.kind) {
    case 'inputs':
      return inputDropped(step, unit);
    case 'sum':
      return [...madeWeight(step, layer, unit), ...weightedSum(step, layer, unit)];
    case 'pool':
      return pooled(step, layer, unit);
    case 'normalize':
      return normalized(step, layer, unit, 'z');
    case 'normalize_after':
      return normalized(step, layer, unit, 'a');
    case 'activate':
      return activated(step, layer, unit, otherwise);
    case 'drop':
      return dropped(step, layer, unit);
    case 'back_drop':
      return backThroughDrop(step, layer, unit);
    case 'back_activate':
      return backThroughActivation(step, layer, unit);
    case 'back_normalize':
      return backThroughNormalization(step, layer, unit, 'z');
    case 'back_normalize_after':
      return backThroughNormalization(step, layer, unit, 'a');
    case 'pass_on':
      return passedOn(step, layer, unit);
    default:
      return [];
  }
}

/** What dropout makes of an input. */
function inputDropped(step: Rehearsed, unit: number): FormulaLine[] {
  if (!step.rehearsal.arrays.has('input.mask')) return [];
  const x = leaving(step, 0, unit);
  const [factor, raw] = [step.array('input.mask')[unit] ?? NaN, step.array('input')[unit] ?? NaN];
  return [
    {
      symbols: `${x} = \\frac{m}{1 - p}\\; ${x.replace('\\tilde x', 'x')}, \\quad m \\in \\{0, 1\\}`,
      numbers: step.batch
        ? ''
        : `= ${latexNumber(factor)} \\cdot ${factorNumber(raw)} = ${latexNumber(step.entering(1, unit))}`,
    },
  ];
}

/** How the weights that a layer sums with are made of those that are trained, with the numbers of the unit's first. */
function madeWeight(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const plan = step.layer(layer);
  const { used, trained } = weightSymbols(step, layer);
  const row = Math.floor(unit / plan.pixels);
  const index = row * plan.fanIn;
  const at = (letter: string): string =>
    `${upper(letter, layer)}_{${rowPlace(step, layer, row)},${plan.kind === 'conv' ? '1,1,1' : '1'}}`;
  const lines: FormulaLine[] = [];
  const name = plan.weight!.name;
  const before = step.parameter(name, 'before', index);
  const factor = step.array(`${plan.name}.weight.mask`)[index] ?? 1;
  let made = before;
  if (plan.gain) {
    const gain = step.parameter(plan.gain.name, 'before', row);
    const all = step.array(`${name}.before`).subarray(index, index + plan.fanIn);
    const length = Math.hypot(...all);
    made = (gain * before) / length;
    const [g, v] = [upper('g', layer), upper('v', layer)];
    const own = rowPlace(step, layer, row);
    lines.push({
      symbols: `${at('w')} = ${g}_{${own}}\\, \\frac{${at(trained)}}{\\lVert ${v}_{${own}} \\rVert}`,
      numbers: `= ${factorNumber(gain)} \\cdot \\frac{${latexNumber(before)}}{${latexNumber(length)}} = ${latexNumber(made)}`,
    });
  }
  if (used !== 'w') {
    lines.push({
      symbols: `${at(used)} = \\frac{m}{1 - p}\\; ${at('w')}, \\quad m \\in \\{0, 1\\}`,
      numbers: `= ${latexNumber(factor)} \\cdot ${factorNumber(made)} = ${latexNumber(step.weight(layer, index))}`,
    });
  }
  return lines;
}

function weightedSum(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const plan = step.layer(layer);
  const z = indexed(step, 'z', layer, unit);
  const row = Math.floor(unit / plan.pixels);
  const own = rowPlace(step, layer, row);
  const bias = plan.shift && plan.normalized !== 'before' ? step.parameter(plan.shift.name, 'before', row) : null;
  const b = bias === null ? '' : ` + ${upper('b', layer)}_{${own}}`;
  const w = upper(weightSymbols(step, layer).used, layer);
  const result = latexNumber(step.value(layer, 'z', unit));
  if (plan.kind === 'conv') {
    const pairs = windowTerms(step, layer, unit).map(({ weight, value }) => [weight, value] as const);
    return [
      {
        symbols: `${upper('z', layer)}_{${own},u,v} = \\sum_{c,i,j} ${w}_{${own},c,i,j}\\, ${entering(step, layer, windowPlace(plan, 'c', 'i', 'j'))}${b}`,
        numbers: `${z} = ${writtenProducts(strongestFirst(pairs), bias)} = ${result}`,
      },
    ];
  }
  const pairs = Array.from(
    { length: plan.fanIn },
    (_, from) => [step.weight(layer, unit * plan.fanIn + from), step.entering(layer, from)] as const,
  );
  return [
    {
      symbols: `${z} = \\sum_{i=1}^{${plan.fanIn}} ${w}_{${own},i}\\, ${entering(step, layer, 'i')}${b}`,
      numbers: `= ${writtenProducts(pairs, bias)} = ${result}`,
    },
  ];
}

function pooled(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const plan = step.layer(layer);
  const a = indexed(step, 'a', layer, unit);
  const channel = Math.floor(unit / plan.pixels) + 1;
  const [, , wide = 1] = plan.shape;
  const terms = windowTerms(step, layer, unit);
  const values = terms.map(({ value }) => value);
  const result = latexNumber(step.value(layer, step.outputPart(layer), unit));
  const whole = plan.kind === 'global_pool';
  const [u, v] = [Math.floor((unit % plan.pixels) / wide), unit % wide];
  const along = (letter: string, at: number): string => {
    const first = at * plan.stride - plan.padding;
    return whole || first === 0 ? letter : `${first}+${letter}`;
  };
  const x = entering(step, layer, `${channel},\\,${along('i', u)},\\,${along('j', v)}`);
  if (plan.pooling === 'max') {
    const shown = values.slice(0, 9).map((value) => latexNumber(value));
    const dots = values.length > 9 ? ',\\,\\dots' : '';
    return [
      {
        symbols: `${a} = \\max_{i,j}\\, ${x}`,
        numbers: `= \\max\\left(${shown.join(',\\,')}${dots}\\right) = ${result}`,
      },
    ];
  }
  return [
    {
      symbols: `${a} = \\frac{1}{${values.length}} \\sum_{i,j} ${x}`,
      numbers: `= ${writtenSamples(values, true)} = ${result}`,
    },
  ];
}

function normalized(step: Rehearsed, layer: number, unit: number, from: 'z' | 'a'): FormulaLine[] {
  const plan = step.layer(layer);
  const channel = Math.floor(unit / plan.pixels);
  const [gamma, beta] = [plan.gamma!, plan.beta!].map(({ name }) => step.parameter(name, 'before', channel)) as [
    number,
    number,
  ];
  const { mean, deviation } = statistics(step, layer, unit);
  const [x, y] = [indexed(step, from, layer, unit), indexed(step, normalizedSymbol(step, layer), layer, unit)];
  const value = step.value(layer, 'normalized', unit);
  return [
    {
      symbols: `${y} = \\gamma\\, \\frac{${x} - \\mu}{\\sigma} + \\beta, \\quad \\sigma = \\sqrt{\\operatorname{var} + \\varepsilon}`,
      numbers: `= ${factorNumber(gamma)} \\cdot \\frac{${latexNumber(step.value(layer, from, unit))} ${signedNumber(-mean, false)}}{${latexNumber(deviation)}} ${signedNumber(beta, false)} = ${latexNumber(value)}`,
    },
  ];
}

function activated(step: Rehearsed, layer: number, unit: number, otherwise: string): FormulaLine[] {
  const plan = step.layer(layer);
  const lines: FormulaLine[] = [];
  const entered = Array.from({ length: plan.pieces }, (_, piece) => piece * plan.units + unit);
  if (plan.skip > 0) {
    const before = plan.normalized === 'before' ? 'normalized' : 'z';
    const x = indexed(step, symbolOf(step, layer, before), layer, unit);
    const [value, base] = [step.value(layer, 'y', unit), step.value(layer, before, unit)];
    lines.push({
      symbols: `${indexed(step, 'y', layer, unit)} = ${x} + ${leaving(step, layer - plan.skip, unit)}`,
      numbers: `= ${latexNumber(base)} ${signedNumber(value - base, false)} = ${latexNumber(value)}`,
    });
  }
  const values = entered.map((at) => latexNumber(step.value(layer, 'y', at)));
  const arguments_ = entered.map((at) => indexed(step, innerSymbol(step, layer), layer, at)).join(',\\,');
  const formula = step
    .choice(layer, 'activation')
    ?.variant.formula.replaceAll('\\text{learned}', `\\text{${otherwise}}`);
  const inserted =
    plan.pieces > 1 ? '' : substituted(formula ?? '', step.value(layer, 'y', unit), alphaOf(step, layer, unit));
  lines.push({
    symbols: `${indexed(step, 'a', layer, unit)} = f\\!\\left(${arguments_}\\right)${formula ? `, \\quad ${formula}` : ''}`,
    numbers: `= f\\!\\left(${values.join(',\\,')}\\right) ${inserted && `= ${inserted} `}= ${latexNumber(step.value(layer, 'a', unit))}`,
  });
  return lines;
}

/** The number that goes with an activation: learned, or chosen. */
function alphaOf(step: Rehearsed, layer: number, unit: number): number {
  const { learned, parameters } = step.layer(layer);
  return learned ? learnedBy(step, layer, unit) : (Object.values(parameters)[0] ?? NaN);
}

function dropped(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const out = step.value(layer, 'out', unit);
  const a = indexed(step, symbolOf(step, layer, 'out'), layer, unit);
  return [
    {
      symbols: `${indexed(step, '\\tilde a', layer, unit)} = \\frac{m}{1 - p}\\; ${a}, \\quad m \\in \\{0, 1\\}`,
      numbers: `= ${latexNumber(step.value(layer, 'mask', unit))} \\cdot ${factorNumber(out)} = ${latexNumber(step.value(layer, 'dropped', unit))}`,
    },
  ];
}

/** The formulas of the way back: how an error goes through each part of a layer, as LaTeX. Pure. */
import { partsOf } from './convolutionTerms';
import { factorNumber, latexNumber, signedNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { sharedGradients, standardized, statistics } from './statistics';
import { derivative, indexed, innerSymbol, leaving, normalizedSymbol, symbolOf, upper, weightSymbols } from './symbols';
import { strongestFirst, writtenProducts, writtenSum } from './written';

export function backThroughDrop(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const a = indexed(step, symbolOf(step, layer, 'out'), layer, unit);
  const from = indexed(step, '\\tilde a', layer, unit);
  return [
    {
      symbols: `${derivative(a)} = \\frac{m}{1 - p}\\; ${derivative(from)}`,
      numbers: `= ${latexNumber(step.value(layer, 'mask', unit))} \\cdot ${factorNumber(step.value(layer, 'd_dropped', unit))} = ${latexNumber(step.value(layer, 'd_out', unit))}`,
    },
  ];
}

/** What the activation of a unit has learned; NaN where it learns nothing. */
export function learnedBy(step: Rehearsed, layer: number, unit: number): number {
  const { learned, pixels } = step.layer(layer);
  if (!learned) return NaN;
  return step.parameter(learned.name, 'before', learned.size > 1 ? Math.floor(unit / pixels) : 0);
}

/** The slope of the activation where a unit stands; NaN for gates, which have one for each of their sums. */
export function slope(step: Rehearsed, layer: number, unit: number): number {
  const plan = step.layer(layer);
  if (plan.pieces > 1) return NaN;
  if (!plan.derivative) return 1;
  const { learned } = plan;
  const parameters = { ...plan.parameters };
  if (learned) parameters[learned.role] = learnedBy(step, layer, unit);
  const out = new Float32Array(1);
  plan.derivative(Float32Array.of(step.value(layer, 'y', unit)), out, 1, parameters);
  return out[0]!;
}

export function backThroughActivation(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const plan = step.layer(layer);
  const own = innerSymbol(step, layer);
  const [z, a] = [indexed(step, own, layer, unit), indexed(step, 'a', layer, unit % plan.units)];
  const arriving = step.value(layer, 'd_a', unit % plan.units);
  const result = step.value(layer, 'd_y', unit);
  // With nothing but a skip's addition in between, what enters the activation has the error of the sum.
  const delta = plan.normalized === 'before' ? '' : `${indexed(step, '\\delta', layer, unit)} = `;
  const [through, factor] =
    plan.pieces > 1
      ? [`\\frac{\\partial ${a}}{\\partial ${z}}`, arriving === 0 ? 0 : result / arriving]
      : [`f'\\!\\left(${z}\\right)`, slope(step, layer, unit)];
  return [
    {
      symbols: `${delta}${derivative(z)} = ${derivative(a)} \\cdot ${through}`,
      numbers: `= ${factorNumber(arriving)} \\cdot ${factorNumber(factor)} = ${latexNumber(result)}`,
    },
  ];
}

/** Back through a normalization of the sums or of the activations: what all that was normalized together shares is taken away. */
export function backThroughNormalization(
  step: Rehearsed,
  layer: number,
  unit: number,
  symbol: 'z' | 'a',
): FormulaLine[] {
  const { deviation } = statistics(step, layer, unit);
  const standard = standardized(step, layer, unit);
  const { own, mean, product } = sharedGradients(step, layer, unit);
  const gamma = step.parameter(step.layer(layer).gamma!.name, 'before', Math.floor(unit / step.layer(layer).pixels));
  const arrived = step.value(layer, symbol === 'z' ? 'd_y' : 'd_out', unit);
  const result = step.value(layer, `d_${symbol}`, unit);
  const x = indexed(step, symbol, layer, unit);
  const delta = symbol === 'z' ? `${indexed(step, '\\delta', layer, unit)} = ` : '';
  const to = indexed(step, normalizedSymbol(step, layer), layer, unit);
  return [
    {
      symbols: `d = \\gamma\\, ${derivative(to)}, \\quad \\hat x = \\frac{${x} - \\mu}{\\sigma}`,
      numbers: `d = ${factorNumber(gamma)} \\cdot ${factorNumber(arrived)} = ${latexNumber(own)}, \\quad \\hat x = ${latexNumber(standard)}, \\quad \\overline{d} = ${latexNumber(mean)}, \\quad \\overline{d\\, \\hat x} = ${latexNumber(product)}`,
    },
    {
      symbols: `${delta}${derivative(x)} = \\frac{1}{\\sigma} \\left(d - \\overline{d} - \\hat x\\, \\overline{d\\, \\hat x}\\right)`,
      numbers: `= \\frac{1}{${latexNumber(deviation)}} \\left(${latexNumber(own)} ${signedNumber(-mean, false)} - ${factorNumber(standard)} \\cdot ${factorNumber(product)}\\right) = ${latexNumber(result)}`,
    },
  ];
}

/** The layers that a skip connection leads to from a layer, over the ones between. */
function skippedTo(step: Rehearsed, layer: number): number[] {
  const all = Array.from({ length: step.last }, (_, index) => index + 1);
  return all.filter((to) => step.layer(to).skip > 0 && to - step.layer(to).skip === layer);
}

/** What a layer passes back to a unit of the one before it, and what skip connections bring there. */
export function passedOn(step: Rehearsed, layer: number, unit: number): FormulaLine[] {
  const a = derivative(leaving(step, layer - 1, unit));
  const skips = skippedTo(step, layer - 1);
  const added = skips.map((to) => ` + ${derivative(indexed(step, 'y', to, unit))}`).join('');
  const terms = skips.map((to) => ` ${signedNumber(step.value(to, 'd_y', unit), false)}`).join('');
  const arrived = step.value(layer - 1, step.arriving(layer - 1), unit);
  return [
    {
      symbols: `${a} = ${passedSymbols(step, layer, unit)}${added}`,
      numbers: `= ${passedNumbers(step, layer, unit)}${terms} = ${latexNumber(arrived)}`,
    },
  ];
}

/** What comes back through the layer itself. A pool gives it to the largest of a window, or to all in equal parts. */
function passedSymbols(step: Rehearsed, layer: number, unit: number): string {
  const plan = step.layer(layer);
  const pixels = plan.inputs / plan.inputShape[0]!;
  const channel = Math.floor(unit / pixels) + 1;
  const [w, delta, a] = [weightSymbols(step, layer).used, '\\delta', 'a'].map((letter) => upper(letter, layer));
  const gated = plan.pieces > 1 ? ',p' : '';
  switch (plan.kind) {
    case 'dense': {
      const over = gated ? '\\sum_{k,p}' : `\\sum_{k=1}^{${plan.units}}`;
      return `${over} ${w}_{k${gated},${unit + 1}}\\, ${delta}_${gated ? `{k${gated}}` : 'k'}`;
    }
    case 'conv':
      return `\\sum_{f${gated},i,j} ${w}_{f${gated},${channel},i,j}\\, ${delta}_{f${gated},u,v}`;
    case 'global_pool':
      return `\\frac{1}{${pixels}}\\, ${derivative(`${a}_{${channel}}`)}`;
    case 'pool': {
      const out = `${a}_{${channel},u,v}`;
      if (plan.pooling !== 'max') return `\\frac{1}{${plan.kernel ** 2}} \\sum_{u,v} ${derivative(out)}`;
      return `\\sum_{u,v} \\left[${out} = ${leaving(step, layer - 1, unit)}\\right] ${derivative(out)}`;
    }
  }
}

/** The same with numbers: the strongest products of weight and error, and which windows of a pool an input has won. */
function passedNumbers(step: Rehearsed, layer: number, unit: number): string {
  const plan = step.layer(layer);
  const parts = partsOf(step, layer, unit);
  const errors = parts.map(({ unit: to }) => step.value(layer, plan.weight ? 'd_z' : 'd_out', to));
  if (plan.weight || plan.pooling === 'max' || parts.length === 0) {
    return writtenProducts(strongestFirst(parts.map(({ weight }, at) => [weight, errors[at]!] as const)), null);
  }
  const sum = parts.length > 1 ? `\\left(${writtenSum(errors)}\\right)` : factorNumber(errors[0]!);
  return `\\frac{1}{${Math.round(1 / parts[0]!.weight)}} \\cdot ${sum}`;
}

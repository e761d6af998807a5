/** The formulas of the way back: how an error goes through each part of a layer, as LaTeX. Pure. */
import { factorNumber, latexNumber, signedNumber } from './latex';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { statistics } from './statistics';
import { derivative, indexed, innerSymbol, leaving, normalizedSymbol, symbolOf, upper, weightSymbols } from './symbols';
import { writtenProducts } from './written';

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

/** The slope of the activation where a unit stands; NaN for gates, which have one for each of their sums. */
export function slope(step: Rehearsed, layer: number, unit: number): number {
  const plan = step.layer(layer);
  if (plan.pieces > 1) return NaN;
  if (!plan.derivative) return 1;
  const { learned } = plan;
  const parameters = { ...plan.parameters };
  if (learned) {
    const channel = Math.floor(unit / plan.pixels);
    parameters[learned.role] = step.parameter(learned.name, 'before', learned.size > 1 ? channel : 0);
  }
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

/** Back through a normalization of the sums or of the activations; what is in d has been scaled by γ already. */
export function backThroughNormalization(
  step: Rehearsed,
  layer: number,
  unit: number,
  symbol: 'z' | 'a',
): FormulaLine[] {
  const plan = step.layer(layer);
  const gamma = step.parameter(plan.gamma!.name, 'before', Math.floor(unit / plan.pixels));
  const { mean, deviation } = statistics(step, layer, unit);
  const standard = (step.value(layer, symbol, unit) - mean) / deviation;
  const d = gamma * step.value(layer, symbol === 'z' ? 'd_y' : 'd_out', unit);
  const result = step.value(layer, `d_${symbol}`, unit);
  const rest = d - result * deviation;
  const x = indexed(step, symbol, layer, unit);
  const delta = symbol === 'z' ? `${indexed(step, '\\delta', layer, unit)} = ` : '';
  const to = indexed(step, normalizedSymbol(step, layer), layer, unit);
  return [
    {
      symbols: `${delta}${derivative(x)} = \\frac{1}{\\sigma} \\left(d - \\overline{d} - \\hat x\\, \\overline{d\\, \\hat x}\\right), \\quad d = \\gamma\\, ${derivative(to)},\\; \\hat x = \\frac{${x} - \\mu}{\\sigma}`,
      numbers: `\\hat x = ${latexNumber(standard)}: \\quad \\frac{1}{${latexNumber(deviation)}} \\left(${latexNumber(d)} ${signedNumber(-rest, false)}\\right) = ${latexNumber(result)}`,
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
  const { symbols, numbers } = ownPart(step, layer, unit);
  const skips = skippedTo(step, layer - 1);
  const added = skips.map((to) => ` + ${derivative(indexed(step, 'y', to, unit))}`).join('');
  const terms = skips.map((to) => signedNumber(step.value(to, 'd_y', unit), false)).join(' ');
  const alone = step.value(layer, 'd_input', unit);
  const arrived = skips.length > 0 ? step.value(layer - 1, step.arriving(layer - 1), unit) : alone;
  const sum = numbers || (terms ? latexNumber(alone) : '');
  return [
    {
      symbols: `${a} = ${symbols}${added}`,
      numbers: `= ${sum ? `${sum}${terms ? ` ${terms}` : ''} = ` : ''}${latexNumber(arrived)}`,
    },
  ];
}

/** What comes back through the layer itself: its sum, and the sum's first products. */
function ownPart(step: Rehearsed, layer: number, unit: number): FormulaLine {
  const plan = step.layer(layer);
  if (!plan.weight) return pooledPart(step, layer, unit);
  const [w, delta] = [upper(weightSymbols(step, layer).used, layer), upper('\\delta', layer)];
  const gated = plan.pieces > 1 ? ',p' : '';
  if (plan.kind === 'conv') {
    const channel = Math.floor(unit / (plan.inputs / plan.inputShape[0]!)) + 1;
    return {
      symbols: `\\sum_{f${gated},i,j} ${w}_{f${gated},${channel},i,j}\\, ${delta}_{f${gated},u,v}`,
      numbers: '',
    };
  }
  const sums = plan.pieces * plan.units;
  const pairs = Array.from(
    { length: sums },
    (_, to) => [step.weight(layer, to * plan.fanIn + unit), step.value(layer, 'd_z', to)] as const,
  );
  const over = gated ? '\\sum_{k,p}' : `\\sum_{k=1}^{${sums}}`;
  return {
    symbols: `${over} ${w}_{k${gated},${unit + 1}}\\, ${delta}_${gated ? `{k${gated}}` : 'k'}`,
    numbers: writtenProducts(pairs, null),
  };
}

/** A pool gives the error to the largest of a window, or to all of it in equal parts. */
function pooledPart(step: Rehearsed, layer: number, unit: number): FormulaLine {
  const plan = step.layer(layer);
  const channel = Math.floor(unit / (plan.inputs / plan.inputShape[0]!)) + 1;
  if (plan.kind === 'global_pool') {
    const d = derivative(`${upper('a', layer)}_{${channel}}`);
    const pixels = plan.inputs / plan.channels;
    return {
      symbols: `\\frac{1}{${pixels}}\\, ${d}`,
      numbers: `\\frac{1}{${pixels}} \\cdot ${factorNumber(step.value(layer, 'd_out', channel - 1))}`,
    };
  }
  const d = derivative(`${upper('a', layer)}_{${channel},u,v}`);
  const x = leaving(step, layer - 1, unit);
  if (plan.pooling === 'max') {
    return { symbols: `\\sum_{u,v:\\; ${upper('a', layer)}_{${channel},u,v} = ${x}} ${d}`, numbers: '' };
  }
  return { symbols: `\\frac{1}{${plan.kernel ** 2}} \\sum_{u,v} ${d}`, numbers: '' };
}

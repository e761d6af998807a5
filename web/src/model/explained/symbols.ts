/** What stands in formulas for the numbers of a step: letter, layer and place. Pure. */
import type { Rehearsed } from './rehearsed';

/** Letters of what there is once for each of a gate's sums; of the others there is one for each unit. */
const OF_SUMS: ReadonlySet<string> = new Set(['z', '\\hat z', 'y', '\\delta']);

export const upper = (symbol: string, layer: number): string => `${symbol}^{(${layer})}`;

export const derivative = (of: string): string => `\\frac{\\partial L}{\\partial ${of}}`;

/** z, a, δ of a unit: with its number in the layer, or with channel, row and column in an image. */
export function indexed(step: Rehearsed, symbol: string, layer: number, unit: number): string {
  return `${upper(symbol, layer)}_{${place(step, layer, unit, OF_SUMS.has(symbol))}}`;
}

/** The mean of it over the samples. */
export function averaged(step: Rehearsed, symbol: string, layer: number, unit: number): string {
  return `${upper(`\\bar{${symbol}}`, layer)}_{${place(step, layer, unit, OF_SUMS.has(symbol))}}`;
}

function place(step: Rehearsed, layer: number, unit: number, ofSums: boolean): string {
  const plan = step.layer(layer);
  const own = unit % plan.units;
  const piece = ofSums && plan.pieces > 1 ? `,\\,${Math.floor(unit / plan.units) + 1}` : '';
  return imagePlace(plan.shape, own, piece);
}

function imagePlace(shape: readonly number[], unit: number, piece = ''): string {
  const [, high = 1, wide = 1] = shape;
  if (shape.length < 3) return `${unit + 1}${piece}`;
  const pixel = unit % (high * wide);
  const channel = Math.floor(unit / (high * wide)) + 1;
  return `${channel}${piece},\\,${Math.floor(pixel / wide) + 1},\\,${(pixel % wide) + 1}`;
}

/** Which row of a layer's weights: the unit or filter, and which of its sums where a gate has several. */
export function rowPlace(step: Rehearsed, layer: number, row: number): string {
  const { channels, pieces } = step.layer(layer);
  return pieces > 1 ? `${(row % channels) + 1},${Math.floor(row / channels) + 1}` : String(row + 1);
}

/** The letter of what enters a layer's activation. */
export function innerSymbol(step: Rehearsed, layer: number): string {
  const plan = step.layer(layer);
  return plan.normalized === 'before' || plan.skip > 0 ? 'y' : 'z';
}

/** The letter of what a normalization makes: of sums to which a skip connection adds, not yet what enters the activation. */
export function normalizedSymbol(step: Rehearsed, layer: number): string {
  const plan = step.layer(layer);
  if (plan.normalized === 'after') return '\\hat a';
  return plan.skip > 0 ? '\\hat z' : 'y';
}

/** The letter of what leaves a layer, and 0 of the inputs. */
export function leavingSymbol(step: Rehearsed, layer: number): string {
  if (layer === 0) return step.rehearsal.arrays.has('input.mask') ? '\\tilde x' : 'x';
  if (step.has(layer, 'dropped')) return '\\tilde a';
  return step.layer(layer).normalized === 'after' ? '\\hat a' : 'a';
}

/** What enters a layer, with an index that runs or a place. */
export function entering(step: Rehearsed, layer: number, index: string): string {
  const symbol = leavingSymbol(step, layer - 1);
  return `${layer === 1 ? symbol : upper(symbol, layer - 1)}_{${index}}`;
}

/** What leaves a layer, or an input. */
export function leaving(step: Rehearsed, layer: number, unit: number): string {
  if (layer === 0) return `${leavingSymbol(step, 0)}_{${imagePlace(step.layer(1).inputShape, unit)}}`;
  return indexed(step, leavingSymbol(step, layer), layer, unit);
}

/** The letter of a layer's array, or of what an array has the gradient in. */
export function symbolOf(step: Rehearsed, layer: number, part: string): string {
  switch (part.replace(/^d_/, '')) {
    case 'z':
      return 'z';
    case 'y':
      return innerSymbol(step, layer);
    case 'normalized':
      return normalizedSymbol(step, layer);
    case 'dropped':
      return '\\tilde a';
    case 'out':
      return step.layer(layer).normalized === 'after' ? '\\hat a' : 'a';
    default:
      return 'a';
  }
}

/** The letter of the weights that a layer sums with, and of those that are trained, where these are made of those. */
export function weightSymbols(step: Rehearsed, layer: number): { used: string; trained: string } {
  const plan = step.layer(layer);
  const dropped = step.rehearsal.arrays.has(`${plan.name}.weight.mask`);
  return { used: dropped ? '\\tilde w' : 'w', trained: plan.gain ? 'v' : 'w' };
}

/** The place under the window that a kernel's place lies on: rows u and columns v, all counted from one. */
export function windowPlace(
  { stride, padding }: { stride: number; padding: number },
  channel: string,
  row: string | number,
  column: string | number,
): string {
  const along = (letter: string, at: string | number): string => {
    const moved = `${stride > 1 ? stride : ''}${letter}`;
    const shift = (typeof at === 'number' ? at : 0) - stride - padding;
    const name = typeof at === 'string' ? `+${at}` : '';
    return `${moved}${name}${shift > 0 ? `+${shift}` : shift || ''}`;
  };
  return `${channel},\\,${along('u', row)},\\,${along('v', column)}`;
}

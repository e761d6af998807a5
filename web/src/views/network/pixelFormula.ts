/** A pixel's formula, once in symbols and once with its numbers, as LaTeX. Pure. */
import { formatCell, formatPrecise } from '../../draw/format';
import type { Steps } from '../../model/explain';

/** As many sums as can be read in one line. */
const FEW = 4;

export interface FormulaOf {
  /** Whether a normalization stands before the activation, and whether what entered a block is added. */
  readonly normalized: boolean;
  readonly skip: boolean;
  /** Input maps. */
  readonly maps: number;
  readonly stride: number;
  readonly pieces: number;
}

/** What a pixel of a convolution is, in symbols: x what enters, w the kernels, b the bias, φ the activation. */
export function convolutionFormula({ normalized, skip, maps, stride, pieces }: FormulaOf): string {
  const step = stride > 1 ? `${stride}` : '';
  const place = `${step}y+i,\\,${step}x+j`;
  const sum = maps > 1 ? `\\sum_{c}\\sum_{i,j} w_{c,i,j}\\,x_{c,\\,${place}}` : `\\sum_{i,j} w_{i,j}\\,x_{${place}}`;
  const z = normalized ? `\\operatorname{N}\\!\\Big(${sum} + b\\Big)` : `${sum} + b`;
  const entered = skip ? `${z} + s` : z;
  if (pieces > 1) return `z_1 = ${entered},\\quad a = \\varphi(${zs(pieces)})`;
  return `a = \\varphi\\Big(${entered}\\Big)`;
}

/** The same with numbers: the sum on every input map if these are few, and what becomes of it. */
export function convolutionNumbers(steps: Extract<Steps, { kind: 'conv' }>): string {
  const { sums, bias, sum, normalized, skipped, entered, value } = steps;
  const parts = sums.length <= FEW ? [...sums] : [sum - bias];
  const shift = bias === 0 && normalized !== null ? [] : [bias];
  const lines = [`${[...parts, ...shift].map((part, i) => signed(part, i === 0)).join(' ')} = ${number(sum)}`];
  if (normalized !== null) lines[0] += `\\;\\xrightarrow{\\operatorname{N}}\\; ${number(normalized)}`;
  const own = entered[0]!;
  if (skipped !== null) lines.push(`${number(normalized ?? sum)} ${signed(skipped, false)} = ${number(own)}`);
  lines.push(`\\varphi(${entered.map(number).join(',\\,')}) = \\mathbf{${number(value)}}`);
  return lines.join(',\\quad ');
}

/** What a pixel of a pool is, and what of its gradient goes on; `otherwise` is the word before the last case. */
export function poolFormula(largest: boolean, places: number, otherwise: string): string {
  const back = '\\frac{\\partial L}{\\partial a}';
  if (!largest) {
    const share = `\\frac{1}{${places}}`;
    return `a = ${share}\\sum_{i,j} x_{i,j},\\qquad \\frac{\\partial L}{\\partial x_{i,j}} = ${share}\\,${back}`;
  }
  return `a = \\max_{i,j} x_{i,j},\\qquad \\frac{\\partial L}{\\partial x_{i,j}} = \\begin{cases}${back} & x_{i,j} = a\\\\ 0 & \\text{${otherwise}}\\end{cases}`;
}

/** The same with numbers. */
export function poolNumbers({ patch, winner, value, gradient, routed }: Extract<Steps, { kind: 'pool' }>): string {
  const values = [...patch.values].map(number);
  const shown = values.length <= 9 ? values.join(',\\,') : `${values.slice(0, 6).join(',\\,')},\\,\\dots`;
  const name = winner >= 0 ? '\\max' : '\\operatorname{mean}';
  const tiny = (of: number) => latex(formatPrecise(of));
  const back = winner >= 0 ? tiny(gradient) : `${tiny(gradient)} / ${routed.length} = ${tiny(routed[0] ?? 0)}`;
  return `${name}(${shown}) = \\mathbf{${number(value)}},\\qquad \\tfrac{\\partial L}{\\partial x}: ${back}`;
}

function zs(pieces: number): string {
  return Array.from({ length: pieces }, (_, piece) => `z_${piece + 1}`).join(', ');
}

function number(value: number): string {
  return latex(formatCell(value));
}

/** A formatted number as KaTeX sets it. */
function latex(text: string): string {
  const [mantissa, exponent] = text.replaceAll('−', '-').split('e') as [string, string | undefined];
  const base = mantissa.replace('–', '\\text{–}').replace('∞', '\\infty');
  return exponent === undefined ? base : `${base}{\\cdot}10^{${exponent}}`;
}

/** "+ 0.31", "- 0.22"; the first without a plus. */
function signed(value: number, first: boolean): string {
  const text = number(value);
  if (first) return text;
  return text.startsWith('-') ? `- ${text.slice(1)}` : `+ ${text}`;
}

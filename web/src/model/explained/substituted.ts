/** An activation's formula with numbers in the places of its letters, as LaTeX. Pure. */
import { factorNumber, latexNumber } from './latex';

/** The x that stands by itself, and is no part of a command. */
const X = /(?<![a-zA-Z\\])x(?![a-zA-Z_])/g;

/**
 * What "f(x) = …" is at x, with `alpha` for the number that goes with it; of several cases, the one that holds. Empty for
 * what is not of one number x, and where that would be x itself.
 */
export function substituted(formula: string, x: number, alpha: number): string {
  if (!formula.startsWith('f(x) =')) return '';
  const [first = '', ...given] = formula.split(',\\;');
  const numbers: Record<string, number> = { '\\alpha': alpha };
  for (const text of given) {
    const [, name, value] = /^ *(\\[a-z]+) \\approx ([\d.]+)$/.exec(text) ?? [];
    if (name) numbers[name] = Number(value);
  }
  const last = first.split(' = ').at(-1)!;
  let text = last.replace(/\\begin\{cases\}(.*)\\end\{cases\}/, (_, cases: string) => caseAt(cases, x));
  // What stands beside another number would be one with it.
  text = text
    .replace(/\\,x/g, ' \\cdot x')
    .replace(/(\\[a-z]+) /g, (whole, name: string) => (name in numbers ? `${name} \\cdot ` : whole));
  text = text.replace(/\^x/g, '^{x}').replace(X, () => factorNumber(x));
  for (const [name, value] of Object.entries(numbers)) text = text.replaceAll(name, () => factorNumber(value));
  return text === latexNumber(x) || text === factorNumber(x) ? '' : text;
}

/** "x & x > 0 \\ 0 & x \le 0": the value of the first case whose condition holds. */
function caseAt(cases: string, x: number): string {
  const holds = (condition: string): boolean => {
    const [, sign, limit] = /^x (>|<|\\le|\\ge) (-?[\d.]+)$/.exec(condition)!;
    const bound = Number(limit);
    if (sign === '>') return x > bound;
    if (sign === '<') return x < bound;
    return sign === '\\le' ? x <= bound : x >= bound;
  };
  const all = cases
    .trim()
    .split(' \\\\ ')
    .map((one) => one.split(' & ') as [string, string]);
  return (all.find(([, condition]) => holds(condition.trim())) ?? all.at(-1)!)[0].trim();
}

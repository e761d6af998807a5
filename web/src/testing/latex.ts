/** What a line of numbers as LaTeX comes to, so that tests can work out what a page says. */
import { calculate, parse } from '../model/explained/expression';

/** Of each equation of a line, its parts as numbers: "a = b = c"; without names, and what leaves something out with dots. */
export function worked(line: string): number[][] {
  return line.split(/, \\quad |: \\quad /).map((equation) =>
    equation
      .replace(/^= /, '')
      .split(' = ')
      .map((part) => calculated(part))
      .filter((value) => !Number.isNaN(value)),
  );
}

/** How many signs of operations there are beside those of numbers. */
export function operators(line: string): number {
  return (line.match(/\\cdot|\\frac|\\max|\\min|\\sqrt|f\\!|\^|\\ln|\\rightarrow|\\dots| [+-] /g) ?? []).length;
}

/** What plain sums and products of numbers come to; NaN for all else. */
function calculated(text: string): number {
  let plain = text
    .replaceAll('{\\cdot}10^', '*10^')
    .replace(/10\^\{(-?\d+)\}/g, '(10**($1))')
    .replaceAll('\\cdot', '*')
    .replace(/\\left|\\right|\\,/g, '');
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/, '(($1)/($2))');
  }
  // A bracket behind a fraction is multiplied with it.
  plain = plain.replace(/\)\s*\(/g, ')*(');
  if (!/^[\d.+\-*/() ]+$/.test(plain)) return NaN;
  return calculate(parse(plain), { at: () => NaN, size: 0, kept: new Map() }, 0);
}

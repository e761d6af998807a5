/** Numbers and expressions as LaTeX: once in symbols, once with numbers in the symbols' places. Pure. */
import { calculate, terms, type Node, type Values } from './expression';

/** Terms of a sum that are written out; of more, the first ones. */
const WRITTEN = 4;

/** A number as KaTeX sets it: four digits that count, no zeros at its end, powers of ten where they are shorter. */
export function latexNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return '\\text{–}';
  if (Math.abs(value) === Infinity) return value < 0 ? '-\\infty' : '\\infty';
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  const magnitude = Math.abs(rounded);
  if (magnitude >= 0.0001 && magnitude < 1e6) return String(rounded);
  const [mantissa, exponent] = rounded.toExponential().split('e') as [string, string];
  const power = `10^{${Number(exponent)}}`;
  return mantissa === '1' ? power : mantissa === '-1' ? `-${power}` : `${mantissa}{\\cdot}${power}`;
}

/** The same in brackets where a sign would stand beside another. */
export function factorNumber(value: number, digits = 4): string {
  const text = latexNumber(value, digits);
  return text.startsWith('-') ? `(${text})` : text;
}

/** "+ 0.31", "- 0.22"; the first without a plus. */
export function signedNumber(value: number, first: boolean): string {
  const text = latexNumber(value);
  if (first) return text;
  return text.startsWith('-') ? `- ${text.slice(1)}` : `+ ${text}`;
}

/** How an expression is written. */
export interface Style {
  /** The LaTeX of a name. */
  readonly name: (name: string) => string;
  /** The same where the index runs over all outputs. */
  readonly running: (name: string) => string;
  /** With numbers: what they are, and of which element. Without: in symbols. */
  readonly values: Values | null;
  readonly element: number;
  /** The word before the last of several cases. */
  readonly otherwise: string;
}

const SUM = 1;
const PRODUCT = 2;
const POWER = 3;

/** The expression as LaTeX. */
export function write(node: Node, style: Style): string {
  return part(node, style, 0);
}

/** A part of an expression that stands beside operators which bind as strongly as `around`. */
function part(node: Node, style: Style, around: number): string {
  switch (node.kind) {
    case 'number':
      return around > 0 ? factorNumber(node.value) : latexNumber(node.value);
    case 'name': {
      if (!style.values) return style.name(node.name);
      const value = style.values.at(node.name, style.element);
      return around > 0 ? factorNumber(value) : latexNumber(value);
    }
    case 'minus':
      return bracket(`-${part(node.of, style, PRODUCT)}`, around >= SUM);
    case 'pair':
      return pair(node, style, around);
    case 'call':
      return call(node, style, around);
  }
}

function bracket(text: string, needed: boolean): string {
  return needed ? `\\left(${text}\\right)` : text;
}

function pair(node: Extract<Node, { kind: 'pair' }>, style: Style, around: number): string {
  const { operator, left, right } = node;
  if (operator === '/') return `\\frac{${part(left, style, 0)}}{${part(right, style, 0)}}`;
  if (operator === '**') {
    const text = part(left, style, left.kind === 'name' ? POWER : 0);
    const single = left.kind === 'name' || left.kind === 'number';
    // What has a power of ten already cannot take another exponent as it stands.
    const base = bracket(text, !single || (text.includes('^') && !text.startsWith('(')));
    return `${base}^{${part(right, style, 0)}}`;
  }
  if (operator === '*') {
    // Two numbers beside each other would be one.
    const dot = style.values || beginsWithNumber(right) ? ' \\cdot ' : '\\,';
    return bracket(`${part(left, style, PRODUCT)}${dot}${part(right, style, PRODUCT)}`, around === POWER);
  }
  const signs: Record<string, string> = { '<=': '\\le', '>=': '\\ge', '==': '=' };
  const sign = signs[operator] ?? operator;
  // The first number of a sum needs no brackets for its sign.
  return bracket(
    `${part(left, style, 0)} ${sign} ${part(right, style, operator === '-' ? PRODUCT : SUM)}`,
    around >= PRODUCT,
  );
}

function beginsWithNumber(node: Node): boolean {
  return node.kind === 'number' || (node.kind === 'pair' && node.operator === '**' && beginsWithNumber(node.left));
}

function call(node: Extract<Node, { kind: 'call' }>, style: Style, around: number): string {
  const [first, second, third] = node.args as [Node, Node, Node];
  const inside = (of: Node): string => part(of, style, 0);
  switch (node.name) {
    case 'sqrt':
      return `\\sqrt{${inside(first)}}`;
    case 'abs':
      return `\\left|${inside(first)}\\right|`;
    case 'exp':
      return `e^{${inside(first)}}`;
    case 'log':
      return `\\ln\\left(${inside(first)}\\right)`;
    case 'sign':
      return `\\operatorname{sign}\\left(${inside(first)}\\right)`;
    case 'min':
    case 'max':
      return `\\${node.name}\\left(${inside(first)},\\, ${inside(second)}\\right)`;
    case 'logistic':
      return `\\frac{1}{1 + e^{${negated(first, style)}}}`;
    case 'log1pexp':
      return `\\ln\\left(1 + e^{${inside(first)}}\\right)`;
    case 'where':
      return branches(first, second, third, style, around);
    case 'norm':
      return style.values
        ? latexNumber(calculate(node, style.values, style.element))
        : `\\lVert ${inside(first)} \\rVert`;
    default:
      return over(node, first, style, around);
  }
}

function negated(node: Node, style: Style): string {
  return node.kind === 'minus' ? part(node.of, style, 0) : `-${part(node, style, PRODUCT)}`;
}

/** In symbols all cases; with numbers the one that holds. */
function branches(condition: Node, then: Node, otherwise: Node, style: Style, around: number): string {
  if (style.values) {
    return part(calculate(condition, style.values, style.element) ? then : otherwise, style, around);
  }
  const lines: string[] = [];
  let rest: Node = { kind: 'call', name: 'where', args: [condition, then, otherwise] };
  while (rest.kind === 'call' && rest.name === 'where') {
    const [when, value, other] = rest.args as [Node, Node, Node];
    lines.push(`${part(value, style, 0)} & ${part(when, style, 0)}`);
    rest = other;
  }
  return `\\begin{cases}${[...lines, `${part(rest, style, 0)} & \\text{${style.otherwise}}`].join(' \\\\ ')}\\end{cases}`;
}

/** What goes over all outputs of a sample. */
function over(node: Extract<Node, { kind: 'call' }>, inner: Node, style: Style, around: number): string {
  const { values } = style;
  if (!values) {
    const text = part(inner, { ...style, name: style.running }, PRODUCT);
    if (node.name === 'softmax') {
      return `\\frac{e^{${part(inner, style, PRODUCT)}}}{\\sum_j e^{${text.replaceAll('_k', '_j')}}}`;
    }
    if (node.name === 'largest') return `\\max_k ${text}`;
    return bracket(`${node.name === 'mean' ? '\\frac{1}{K}' : ''}\\sum_k ${text}`, around >= PRODUCT);
  }
  const all = terms(inner, values);
  const more = all.length > WRITTEN;
  if (node.name === 'softmax') {
    const powers = all.slice(0, WRITTEN).map((one) => `e^{${latexNumber(one)}}`);
    const own = `e^{${latexNumber(all[style.element]!)}}`;
    return `\\frac{${own}}{${powers.join(' + ')}${more ? ' + \\dots' : ''}}`;
  }
  if (node.name === 'largest') {
    const shown = all.filter((one) => one > -1e29).slice(0, WRITTEN);
    return `\\max\\left(${shown.map((one) => latexNumber(one)).join(',\\,')}${more ? ',\\,\\dots' : ''}\\right)`;
  }
  // Of many those that are not zero: in the loss of one class out of ten the first ones may all be.
  const told = more ? [...all.filter((one) => one !== 0), ...all.filter((one) => one === 0)] : all;
  const written = told.slice(0, WRITTEN).map((one, i) => signedNumber(one, i === 0));
  const sum = `${written.join(' ')}${more ? ' + \\dots' : ''}`;
  if (node.name === 'mean') return `\\frac{1}{${all.length}}\\left(${sum}\\right)`;
  return bracket(sum, around >= PRODUCT);
}

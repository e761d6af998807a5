/** The catalogue's expressions (see kernels/working.py): parsed into a tree, simplified, and calculated. Pure. */

export type Operator = '+' | '-' | '*' | '/' | '**' | '<' | '>' | '<=' | '>=' | '==';

export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'minus'; readonly of: Node }
  | { readonly kind: 'pair'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] };

const TOKEN = /\s*(\d+\.?\d*(?:e[+-]?\d+)?|[A-Za-z_]\w*|\*\*|[<>=]=|[-+*/()<>,])/gy;
const STRENGTH: Record<string, number> = { '<': 1, '>': 1, '<=': 1, '>=': 1, '==': 1, '+': 2, '-': 2, '*': 3, '/': 3 };

/** Throws a SyntaxError for what is not an expression. */
export function parse(text: string): Node {
  TOKEN.lastIndex = 0;
  const tokens: string[] = [];
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new SyntaxError(`${text}: cannot be read from character ${at} on`);
    tokens.push(token);
  }
  let place = 0;
  const next = (): string => tokens[place++] ?? '';
  const expect = (token: string): void => {
    if (next() !== token) throw new SyntaxError(`${text}: ${token} is missing`);
  };

  function operand(): Node {
    const token = next();
    if (token === '-') return { kind: 'minus', of: power() };
    if (token === '(') {
      const inside = sum(1);
      expect(')');
      return inside;
    }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (!/^[A-Za-z_]/.test(token)) throw new SyntaxError(`${text}: ${token || 'its end'} stands where a number should`);
    if (tokens[place] !== '(') return { kind: 'name', name: token };
    place++;
    const args = [sum(1)];
    while (tokens[place] === ',') {
      place++;
      args.push(sum(1));
    }
    expect(')');
    return { kind: 'call', name: token, args };
  }

  function power(): Node {
    const left = operand();
    if (tokens[place] !== '**') return left;
    place++;
    return { kind: 'pair', operator: '**', left, right: power() };
  }

  /** Whatever binds at least as strongly as `least`. */
  function sum(least: number): Node {
    let left = power();
    for (;;) {
      const operator = tokens[place] ?? '';
      const strength = STRENGTH[operator] ?? 0;
      if (strength < least) return left;
      place++;
      left = { kind: 'pair', operator: operator as Operator, left, right: sum(strength + 1) };
    }
  }

  const whole = sum(1);
  if (place < tokens.length) throw new SyntaxError(`${text}: ${tokens[place]} is too much`);
  return whole;
}

const ZERO: Node = { kind: 'number', value: 0 };
const isNumber = (node: Node, value: number): boolean => node.kind === 'number' && node.value === value;

/**
 * The same without what makes no difference: names that `known` gives are replaced by their numbers, and then x + 0, 1 x,
 * 0 x, x / 1 and the sum over a single output go away.
 */
export function simplify(node: Node, known: ReadonlyMap<string, number>): Node {
  switch (node.kind) {
    case 'number':
      return node;
    case 'name': {
      const value = known.get(node.name);
      return value === undefined ? node : { kind: 'number', value };
    }
    case 'minus': {
      const of = simplify(node.of, known);
      return of.kind === 'number' ? { kind: 'number', value: -of.value || 0 } : { kind: 'minus', of };
    }
    case 'call': {
      const args = node.args.map((arg) => simplify(arg, known));
      if (['mean', 'total', 'largest'].includes(node.name) && known.get('K') === 1) return args[0]!;
      return { ...node, args };
    }
    case 'pair':
      return simplerPair(node.operator, simplify(node.left, known), simplify(node.right, known));
  }
}

function simplerPair(operator: Operator, left: Node, right: Node): Node {
  const pair: Node = { kind: 'pair', operator, left, right };
  if (operator === '+') {
    if (isNumber(left, 0)) return right;
    if (isNumber(right, 0)) return left;
  } else if (operator === '-') {
    if (isNumber(right, 0)) return left;
    if (isNumber(left, 0)) return { kind: 'minus', of: right };
  } else if (operator === '*') {
    if (isNumber(left, 0) || isNumber(right, 0)) return ZERO;
    if (isNumber(left, 1)) return right;
    if (isNumber(right, 1)) return left;
  } else if (operator === '/') {
    if (isNumber(left, 0)) return ZERO;
    if (isNumber(right, 1)) return left;
  } else return pair;
  if (left.kind === 'number' && right.kind === 'number' && '+-*'.includes(operator)) {
    return { kind: 'number', value: combine(operator, left.value, right.value) };
  }
  return pair;
}

function combine(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      // What is certain not to happen costs nothing, however surprising: 0 log 0 is 0.
      return left === 0 && Math.abs(right) === Infinity ? 0 : left * right;
    case '/':
      return left / right;
    case '**':
      return left ** right;
    case '<':
      return Number(left < right);
    case '>':
      return Number(left > right);
    case '<=':
      return Number(left <= right);
    case '>=':
      return Number(left >= right);
    case '==':
      return Number(left === right);
  }
}

/** What an expression is calculated with: the value of a name at an element, and how many elements there are. */
export interface Values {
  at(name: string, element: number): number;
  readonly size: number;
  /** What goes over all elements is the same for each of them, and kept here. */
  readonly kept: Map<Node, number>;
}

const logOnePlusPower = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** The value of an expression at one element. Throws for a function that is not known. */
export function calculate(node: Node, values: Values, element: number): number {
  const of = (part: Node): number => calculate(part, values, element);
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'name':
      return values.at(node.name, element);
    case 'minus':
      return -of(node.of);
    case 'pair':
      return combine(node.operator, of(node.left), of(node.right));
    case 'call':
      return call(node, values, element, of);
  }
}

type Call = Extract<Node, { kind: 'call' }>;

/** The value of a part at every element. */
export function terms(part: Node, values: Values): number[] {
  return Array.from({ length: values.size }, (_, element) => calculate(part, values, element));
}

function call(node: Call, values: Values, element: number, of: (part: Node) => number): number {
  const [first, second, third] = node.args as [Node, Node, Node];
  switch (node.name) {
    case 'sqrt':
      return Math.sqrt(of(first));
    case 'abs':
      return Math.abs(of(first));
    case 'exp':
      return Math.exp(of(first));
    case 'log':
      return Math.log(of(first));
    case 'sign':
      return Math.sign(of(first));
    case 'min':
      return Math.min(of(first), of(second));
    case 'max':
      return Math.max(of(first), of(second));
    case 'where':
      return of(first) ? of(second) : of(third);
    case 'logistic':
      return 1 / (1 + Math.exp(-of(first)));
    case 'log1pexp':
      return logOnePlusPower(of(first));
    case 'softmax': {
      const all = terms(first, values);
      const largest = Math.max(...all);
      const powers = all.map((one) => Math.exp(one - largest));
      return powers[element]! / powers.reduce((sum, one) => sum + one, 0);
    }
    default:
      return overAll(node, first, values);
  }
}

function overAll(node: Call, inner: Node, values: Values): number {
  let result = values.kept.get(node);
  if (result !== undefined) return result;
  const all = terms(inner, values);
  const sum = (value: (one: number) => number) => all.reduce((before, one) => before + value(one), 0);
  if (node.name === 'mean') result = sum((one) => one) / values.size;
  else if (node.name === 'total') result = sum((one) => one);
  else if (node.name === 'largest') result = Math.max(...all);
  // In single precision, as the kernels have them, the squares of the smallest numbers vanish.
  else if (node.name === 'norm') result = Math.sqrt(sum((one) => Math.fround(one * one)));
  else throw new SyntaxError(`no function ${node.name}`);
  values.kept.set(node, result);
  return result;
}

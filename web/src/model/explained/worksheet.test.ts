import { describe, expect, it } from 'vitest';
import { calculate, parse, simplify, type Values } from './expression';
import { latexNumber, write } from './latex';
import { Worksheet, type Working } from './worksheet';

const values = (names: Record<string, number | number[]>, size = 1): Values => ({
  at: (name, element) => {
    const value = names[name]!;
    return typeof value === 'number' ? value : value[element]!;
  },
  size,
  kept: new Map(),
});
const calculated = (text: string, names: Record<string, number | number[]> = {}, size = 1) =>
  calculate(parse(text), values(names, size), 0);

describe('an expression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['10 - 4 - 3', 3],
    ['8 / 4 / 2', 1],
    ['2**3**2', 512],
    ['-2**2', -4],
    ['-(1 + 2) * 3', -9],
    ['2 - -3', 5],
    ['1e-3 * 2', 0.002],
    ['where(1 < 2, 5, 6)', 5],
    ['where(2 <= 1, 5, where(3 == 3, 7, 8))', 7],
    ['min(max(4, 1e-6), 3)', 3],
    ['sqrt(abs(-16)) + sign(-3) + log(exp(2))', 5],
    ['logistic(0) + log1pexp(0) - log(2)', 0.5],
  ])('%s is %d', (text, value) => expect(calculated(text)).toBeCloseTo(value, 12));

  it('goes over all elements where a function does', () => {
    const z = [1, 2, 3];
    expect(calculated('total(z) + mean(z) + largest(z)', { z }, 3)).toBe(11);
    expect(calculated('norm(z)', { z: [3, 4] }, 2)).toBe(5);
    expect(calculated('norm(z)', { z: [1e-24, 0] }, 2)).toBe(0);
    const sum = Math.E + Math.E ** 2 + Math.E ** 3;
    expect(calculated('softmax(z)', { z }, 3)).toBeCloseTo(Math.E / sum, 12);
  });

  it('does not overflow where the kernels do not', () => {
    expect(calculated('log1pexp(z)', { z: 1000 })).toBe(1000);
    expect(calculated('softmax(z)', { z: [1000, 999] }, 2)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
    expect(calculated('q * log(p)', { q: 0, p: 0 })).toBe(0);
  });

  it.each(['1 +', 'f(', '(1', '1 2', 'a $ b'])('%s is refused', (text) => {
    expect(() => parse(text)).toThrow(SyntaxError);
  });

  it('of an unknown function is refused', () => expect(() => calculated('sinc(1)')).toThrow('sinc'));
});

const symbols = (text: string, known: [string, number][] = []) =>
  write(simplify(parse(text), new Map(known)), {
    name: (name) => name.replace('_k', '_2'),
    running: (name) => name,
    values: null,
    element: 0,
    otherwise: 'else',
  });
const numbers = (text: string, names: Record<string, number | number[]>, size = 1) =>
  write(parse(text), {
    name: (name) => name,
    running: (name) => name,
    values: values(names, size),
    element: 0,
    otherwise: 'else',
  });

describe('what is written', () => {
  it.each([
    ['w - r * g', 'w - r\\,g'],
    ['a - (b - c)', 'a - \\left(b - c\\right)'],
    ['(1 - b) * g**2', '\\left(1 - b\\right)\\,g^{2}'],
    ['r / (sqrt(v) + e) * g', '\\frac{r}{\\sqrt{v} + e}\\,g'],
    ['(a + b)**2', '\\left(a + b\\right)^{2}'],
    ['-(a + b)', '-\\left(a + b\\right)'],
    ['logistic(-m)', '\\frac{1}{1 + e^{m}}'],
    ['where(a > 0, b, where(a < 0, c, d))', '\\begin{cases}b & a > 0 \\\\ c & a < 0 \\\\ d & \\text{else}\\end{cases}'],
    ['mean(e**2)', '\\frac{1}{K}\\sum_k e^{2}'],
    ['0.5 * 0.96**t', '0.5 \\cdot 0.96^{t}'],
    // What goes over all outputs keeps its running index, beside that of the output that is looked at.
    ['q_k * total(z_k)', 'q_2\\,\\left(\\sum_k z_k\\right)'],
    ['softmax(z_k)', '\\frac{e^{z_2}}{\\sum_j e^{z_j}}'],
  ])('%s in symbols', (text, latex) => expect(symbols(text)).toBe(latex));

  it('leaves out what makes no difference', () => {
    expect(symbols('a * v + (1 - d) * g', [['d', 0]])).toBe('a\\,v + g');
    expect(symbols('2 * e / (K * n)', [['K', 1]])).toBe('\\frac{2\\,e}{n}');
    expect(symbols('mean(e**2)', [['K', 1]])).toBe('e^{2}');
    expect(symbols('(1 - r * l) * w', [['l', 0]])).toBe('w');
  });

  it('with numbers, in brackets where signs would meet', () => {
    expect(numbers('w - r * g', { w: 0.5, r: 0.1, g: -2 })).toBe('0.5 - 0.1 \\cdot (-2)');
    expect(numbers('g**2', { g: -2 })).toBe('(-2)^{2}');
    expect(numbers('g**2', { g: 2e-7 })).toBe('\\left(2{\\cdot}10^{-7}\\right)^{2}');
    expect(numbers('g**2', { g: -2e-7 })).toBe('(-2{\\cdot}10^{-7})^{2}');
    expect(numbers('where(a > 0, b, c)', { a: -1, b: 5, c: -6 })).toBe('-6');
    expect(numbers('total(z)', { z: [1, -2, 3, 4, 5] }, 5)).toBe('1 - 2 + 3 + 4 + \\dots');
    expect(numbers('total(z)', { z: [0, 0, 0, 0, -2, 5] }, 6)).toBe('-2 + 5 + 0 + 0 + \\dots');
  });

  it.each([
    [0.2, '0.2'],
    [-0.123456, '-0.1235'],
    [1e-5, '10^{-5}'],
    [-3.2e-7, '-3.2{\\cdot}10^{-7}'],
    [12345678, '1.235{\\cdot}10^{7}'],
    [0, '0'],
    [NaN, '\\text{–}'],
    [-Infinity, '-\\infty'],
  ])('the number %d', (value, latex) => expect(latexNumber(value)).toBe(latex));
});

describe('a worksheet', () => {
  const working: Working = {
    lines: [
      { name: 'velocity', expression: 'momentum * velocity + (1 - dampening) * g', when: '' },
      { name: 'w', expression: 'w - rate * velocity', when: 'inner == 1' },
      { name: 'w', expression: 'w - rate * g', when: 'inner == 0' },
    ],
    symbols: { velocity: 'v', w: '\\theta', momentum: '\\alpha', g: 'g', rate: '\\eta', dampening: 'd' },
    slots: { velocity: 'velocity' },
    weights_only: [],
  };
  const given = (inner: number) => ({
    size: 2,
    constants: { momentum: 0.5, dampening: 0, rate: 0.1, inner },
    at: (name: string, element: number) => ({ velocity: [2, 4], w: [1, 1], g: [3, -3] })[name]![element]!,
    trivial: new Set(['momentum', 'dampening', 'rate']),
  });

  it('takes what was before, renews it, and goes on with that', () => {
    const [velocity, w, ...rest] = new Worksheet(working, given(1)).work(1, 'else');
    expect(rest).toEqual([]);
    expect(velocity).toMatchObject({ symbols: 'v \\leftarrow \\alpha\\,v + g', value: -1 });
    expect(velocity!.numbers).toBe('= 0.5 \\cdot 4 + (-3) = -1');
    expect(w!.value).toBeCloseTo(1.1, 12);
    expect(w!.numbers).toBe('= 1 - 0.1 \\cdot (-1) = 1.1');
  });

  it('leaves out lines whose condition does not hold', () => {
    expect(new Worksheet(working, given(0)).work(0, 'else').map((line) => line.value)).toEqual([4, 0.7]);
  });
});

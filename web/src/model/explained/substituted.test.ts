import { describe, expect, it } from 'vitest';
import { substituted } from './substituted';

describe('an activation with its number in', () => {
  it.each([
    ['f(x) = \\max(0, x)', -0.5, '\\max(0, (-0.5))'],
    ['f(x) = \\frac{1}{1 + e^{-x}}', -2, '\\frac{1}{1 + e^{-(-2)}}'],
    ['f(x) = \\operatorname{sgn} x', 3, '\\operatorname{sgn} 3'],
    ['f(x) = \\begin{cases} 0 & x < 0 \\\\ 1 & x \\ge 0 \\end{cases}', 0, '1'],
    ['f(x) = x\\,\\sigma(x) = \\frac{x}{1 + e^{-x}}', 0.5, '\\frac{0.5}{1 + e^{-0.5}}'],
    ['f(x) = \\log\\left(1 + e^x\\right)', 0.5, '\\log\\left(1 + e^{0.5}\\right)'],
    ['f(x) = 0.04\\,x^3', 2, '0.04 \\cdot 2^3'],
  ])('%s at %f', (formula, x, wanted) => {
    expect(substituted(formula, x, NaN)).toBe(wanted);
  });

  it('takes the case that holds, with what is chosen, learned or told', () => {
    const bent = 'f(x) = \\begin{cases} x & x > 0 \\\\ \\alpha x & x \\le 0 \\end{cases},\\; \\alpha \\text{ learned}';
    expect(substituted(bent, -2, 0.1)).toBe('0.1 \\cdot (-2)');
    expect(substituted(bent, 2, 0.1)).toBe('');
    const scaled =
      'f(x) = \\lambda \\begin{cases} x & x > 0 \\\\ \\alpha (e^x - 1) & x \\le 0 \\end{cases},\\; \\lambda \\approx 1.05,\\; \\alpha \\approx 1.7';
    expect(substituted(scaled, 3, NaN)).toBe('1.05 \\cdot 3');
    expect(substituted(scaled, -3, NaN)).toBe('1.05 \\cdot 1.7 \\cdot (e^{(-3)} - 1)');
  });

  it('is left out of what is not of one number', () => {
    expect(substituted('f(x, y) = x \\cdot y', 2, NaN)).toBe('');
  });
});

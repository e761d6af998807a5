import { describe, expect, it } from 'vitest';
import { formulaLines } from './formulaLines';

describe('the lines of a long formula', () => {
  it.each([
    ['f(x) = x', ['f(x) = x']],
    ['m \\leftarrow a + b,\\; v \\leftarrow c,\\quad w = d', ['m \\leftarrow a + b,', 'v \\leftarrow c,', 'w = d']],
    ['x \\sim \\mathcal{N}(0,\\; 1)', ['x \\sim \\mathcal{N}(0,\\; 1)']],
    ['a\\, b, c', ['a\\, b, c']],
    ['\\begin{cases} x,\\; 1 \\end{cases},\\; y', ['\\begin{cases} x,\\; 1 \\end{cases},', 'y']],
    ['\\{1,\\; 2,\\quad x', ['\\{1,', '2,', 'x']],
  ])('%s', (latex, lines) => {
    expect(formulaLines(latex)).toEqual(lines);
  });
});

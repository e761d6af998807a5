import { renderToString } from 'katex';
import { describe, expect, it } from 'vitest';
import type { ConvolutionSteps, PoolSteps } from '../../model/explain';
import { convolutionFormula, convolutionNumbers, poolFormula, poolNumbers } from './pixelFormula';

const patch = { values: Float32Array.of(0.5, 2, -1, 0), outside: [false, false, false, false] };

function convolution(more: Partial<ConvolutionSteps>): ConvolutionSteps {
  return {
    kind: 'conv',
    patch,
    kernel: patch.values,
    products: patch.values,
    sums: Float32Array.of(0.25, -0.5),
    bias: 1,
    sum: 0.75,
    normalized: null,
    skipped: null,
    entered: [0.75],
    value: 0.75,
    ...more,
  };
}

function pool(more: Partial<PoolSteps>): PoolSteps {
  return {
    kind: 'pool',
    patch,
    winner: 1,
    value: 2,
    gradient: -0.004,
    routed: Float32Array.of(0, -0.004, 0, 0),
    ...more,
  };
}

function isSet(latex: string): void {
  expect(() => renderToString(latex, { throwOnError: true })).not.toThrow();
}

describe('the numbers of a convolution', () => {
  it('add up in one line', () => {
    const latex = convolutionNumbers(convolution({}));
    expect(latex).toContain('0.25 - 0.50 + 1.00 = 0.75');
    expect(latex).toContain('\\varphi(0.75) = \\mathbf{0.75}');
    isSet(latex);
  });

  it('are taken together where there are many', () => {
    expect(convolutionNumbers(convolution({ sums: new Float32Array(8) }))).toContain('-0.25 + 1.00 = 0.75');
  });

  it('go on through a normalization and a skip connection', () => {
    const latex = convolutionNumbers(
      convolution({ bias: 0, sum: -0.25, normalized: 0.5, skipped: -2, entered: [-1.5] }),
    );
    expect(latex).toContain('0.25 - 0.50 = -0.25');
    expect(latex).toContain('0.50 - 2.00 = -1.50');
    isSet(latex);
  });

  it('may be no numbers', () =>
    isSet(convolutionNumbers(convolution({ sum: NaN, value: Infinity, entered: [-Infinity] }))));
});

describe('the numbers of a pool', () => {
  it('name the winner and what goes back to it', () => {
    const latex = poolNumbers(pool({}));
    expect(latex).toContain('\\max(0.50,\\,2.00,\\,-1.00,\\,0.00) = \\mathbf{2.00}');
    expect(latex).toContain('-0.0040');
    isSet(latex);
  });

  it('part the gradient', () => {
    const latex = poolNumbers(pool({ winner: -1, gradient: 4e-6, routed: new Float32Array(4).fill(1e-6) }));
    expect(latex).toContain('4{\\cdot}10^{-6} / 4 = 1{\\cdot}10^{-6}');
    isSet(latex);
  });
});

it('the formulas in symbols say what the layer does, and can be set', () => {
  const plain = { normalized: false, skip: false, maps: 1, stride: 1, pieces: 1 };
  expect(convolutionFormula(plain)).toBe('a = \\varphi\\Big(\\sum_{i,j} w_{i,j}\\,x_{y+i,\\,x+j} + b\\Big)');
  const rich = convolutionFormula({ normalized: true, skip: true, maps: 3, stride: 2, pieces: 2 });
  for (const part of ['\\sum_{c}', '2y+i', '\\operatorname{N}', '+ s', 'z_1, z_2']) expect(rich).toContain(part);
  for (const latex of [convolutionFormula(plain), rich, poolFormula(true, 4, 'otherwise'), poolFormula(false, 9, '')])
    isSet(latex);
  expect(poolFormula(false, 9, '')).toContain('\\frac{1}{9}');
  expect(poolFormula(true, 4, '否则')).toContain('\\text{否则}');
});

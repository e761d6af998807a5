/** The formulas of what is not a plain layer: gates, skips, norms, dropout of units, weights and inputs, images, decay. */
import { describe, expect, it } from 'vitest';
import type { TestLayer } from '../../testing/networks';
import { stepOf } from '../../testing/steps';
import { stageFormula, unitFormula } from './formulas';
import { chainOf } from './chain';
import { gradientFormula, parameterSymbol } from './gradients';
import type { Rehearsed } from './rehearsed';
import { errorFormula } from './sheets';
import { shownOn, stageOf, stagesOf, type StageKind } from './stages';
import { boundFormula, updateFormula } from './updates';

const dense = (more: Partial<TestLayer> = {}): TestLayer => ({ kind: 'dense', units: 2, ...more });
const shown = (step: Rehearsed, kind: StageKind, layer: number, unit = 0) => {
  const stage = stagesOf(step).find((one) => one.kind === kind && one.layer === layer) ?? stageOf(kind, layer);
  return stageFormula(step, stage, unit, 'else');
};
const weight = (step: Rehearsed, layer: number, index: number) => ({ tensor: step.layer(layer).weight!, index });

describe('dropout', () => {
  const numbers = {
    'layer1.out': [1, 3],
    'layer1.dropped': [2, 6],
    'layer1.mask': [2, 2],
    'layer1.d_dropped': [0.1, 0.2],
    'layer1.d_out': [0.2, 0.4],
  };
  const twice = Object.fromEntries(Object.entries(numbers).map(([name, [a, b]]) => [name, [a!, b!, a!, b!]]));

  it('is what the next layer sums', () => {
    expect(shown(stepOf([dense(), dense()], numbers), 'sum', 2)[0]!.symbols).toContain('\\tilde a^{(1)}_{i}');
  });

  it('goes back from what left the layer to what entered it, on the neurons too', () => {
    const step = stepOf([dense(), dense()], twice, { samples: 2 });
    expect(shown(step, 'pass_on', 2).at(-1)!.symbols).toContain('\\tilde a^{(1)}_{1}');
    expect(shown(step, 'pass_on', 2).at(-1)!.numbers).toBe('= 0.1 + 0.2 = 0.3');
    expect(shown(step, 'back_drop', 1).at(-1)!.numbers).toBe('= 0.2 + 0.4 = 0.6');
    const stages = stagesOf(step);
    const at = (kind: StageKind) => stages.findIndex((one) => one.kind === kind);
    expect(shownOn(stages, at('pass_on'), 1)).toBe('d_dropped');
    expect(shownOn(stages, at('back_drop'), 1)).toBe('d_out');
  });

  it('has a mean that can be set: the bar stands over the letter with its tilde', () => {
    const step = stepOf([dense(), dense()], twice, { samples: 2 });
    expect(shown(step, 'drop', 1).at(-1)!.symbols).toContain('\\bar{\\tilde a}^{(1)}_{1}');
  });

  it('of inputs and of weights has a line, and a factor of the chain', () => {
    const step = stepOf([dense(), dense()], {
      input: [3, 4],
      'input.mask': [2, 0],
      'layer1.input': [6, 0],
      'layer1.weight.before': [5, 1, 1, 1],
      'layer1.effective': [10, 2, 0, 0],
      'layer1.weight.mask': [2, 2, 0, 0],
      'layer1.weight.gradient_sample': [6, 0, 0, 0],
      'layer1.d_out': [0.5, 0],
      'layer1.d_a': [0.5, 0],
      'layer1.d_y': [0.5, 0],
      'layer1.d_z': [0.5, 0],
    });
    expect(shown(step, 'inputs', 0)[0]!.symbols).toContain('\\tilde x_{1} = \\frac{m}{1 - p}\\; x_{1}');
    expect(shown(step, 'inputs', 0)[0]!.numbers).toBe('= 2 \\cdot 3 = 6');
    expect(shown(step, 'sum', 1)[0]!.numbers).toBe('= 2 \\cdot 5 = 10');
    expect(shown(step, 'sum', 1)[1]!.symbols).toContain('\\tilde w^{(1)}_{1,i}\\, \\tilde x_{i}');
    expect(gradientFormula(step, weight(step, 1, 0))[0]!.numbers).toBe('= 2 \\cdot 0.5 \\cdot 6 = 6');
    expect(chainOf(step, weight(step, 1, 0), 'else').factors.reduce((all, { value }) => all * value, 1)).toBe(6);
  });
});

describe('a skip connection', () => {
  const step = stepOf([dense(), dense({ skip: 1, normalized: 'before' }), dense()], {
    'layer1.a': [1, 2],
    'layer1.d_out': [0.9, 0],
    'layer2.weight.before': [1, 2, 3, 4],
    'layer2.normalized': [5, 5],
    'layer2.y': [6, 7],
    'layer2.d_z': [0.1, 0.2],
    'layer2.d_y': [0.2, 0.3],
    'layer2.d_input': [0.7, 1],
  });

  it('is added to what has another name', () => {
    expect(shown(step, 'activate', 2)[0]).toEqual({
      symbols: 'y^{(2)}_{1} = \\hat z^{(2)}_{1} + a^{(1)}_{1}',
      numbers: '= 5 + 1 = 6',
    });
  });

  it('brings an error back, beside what the layer passes', () => {
    const [line] = shown(step, 'pass_on', 2);
    expect(line!.symbols).toContain('\\delta^{(2)}_k + \\frac{\\partial L}{\\partial y^{(2)}_{1}}');
    expect(line!.numbers).toBe('= 1 \\cdot 0.1 + 3 \\cdot 0.2 + 0.2 = 0.9');
  });
});

describe('a gate', () => {
  const step = stepOf([dense({ pieces: 2 }), dense(), dense()], {
    'layer1.y': [1, 2, 3, 4],
    'layer1.a': [3, 8],
    'layer1.d_out': [0.5, 0],
    'layer1.d_a': [0.5, 0],
    'layer1.d_y': [1.5, 0, 0.5, 0],
    'layer1.d_z': [1.5, 0, 0.5, 0],
    'layer1.input': [2, 3],
  });

  it('has the formula of each of its sums, and one of what it makes', () => {
    const lines = unitFormula(step, stageOf('sum', 1, 'z'), 1, 'else').map(({ symbols }) => symbols);
    expect(lines.map((text) => text.split(' = ')[0])).toEqual(['z^{(1)}_{2,\\,1}', 'z^{(1)}_{2,\\,2}']);
    expect(lines[1]).toContain('w^{(1)}_{2,2,i}');
    expect(shown(step, 'activate', 1)[0]!.symbols).toContain('a^{(1)}_{1} = ');
    expect(parameterSymbol(step, weight(step, 1, 4))).toBe('w^{(1)}_{1,2,1}');
  });

  it('has a slope for each sum in the chain', () => {
    const [, gate] = chainOf(step, weight(step, 1, 4), 'else').factors;
    expect(gate!.symbols).toBe('\\frac{\\partial a^{(1)}_{1}}{\\partial z^{(1)}_{1,\\,2}}');
    expect(gate!.value).toBe(1);
  });
});

describe('the chain on to the loss', () => {
  it('goes back through norms and dropout on the way', () => {
    const step = stepOf([dense(), dense({ normalized: 'before' }), dense()], {
      'layer2.dropped': [1, 1],
      'layer2.d_dropped': [1, 1],
    });
    const lines = chainOf(step, weight(step, 1, 0), 'else').rest.map(({ symbols }) => symbols);
    expect(lines.some((text) => text.includes('\\overline{d}'))).toBe(true);
    expect(lines.some((text) => text.includes('\\frac{m}{1 - p}'))).toBe(true);
  });
});

describe('back through a normalization', () => {
  it('has the scale inside the means, where it may differ from unit to unit', () => {
    const step = stepOf([dense({ normalized: 'before' }), dense()], {
      'layer1.z': [3, 1],
      'layer1.normalized': [1, -1],
      'layer1.mean': [2, 2],
      'layer1.std': [1, 1],
      'layer1.gamma.before': [2, 5],
      'layer1.gamma.gradient': [0.5],
      'layer1.beta.gradient': [0.25],
      'layer1.d_y': [0.5, 0],
      'layer1.d_z': [0.25, 0],
    });
    const [given, line] = shown(step, 'back_normalize', 1);
    expect(given!.symbols).toContain('d = \\gamma\\, \\frac{\\partial L}{\\partial y^{(1)}_{1}}');
    expect(given!.numbers).toContain('\\overline{d} = 0.25, \\quad \\overline{d\\, \\hat x} = 0.5');
    expect(line!.numbers).toContain('\\left(1 - 0.25 - 1 \\cdot 0.5\\right) = 0.25');
  });
});

describe('images', () => {
  const pixels = Array.from({ length: 32 }, (_, i) => i);
  const step = stepOf(
    [{ kind: 'conv', units: 2, kernel: 3, padding: 1 }, dense(), dense()],
    { 'layer1.d_z': [...pixels, ...pixels], 'layer1.input': pixels, 'layer1.weight.gradient': pixels },
    { shape: [1, 4, 4], samples: 2 },
  );

  it('have windows that are counted from one', () => {
    expect(shown(step, 'sum', 1)[0]!.symbols).toContain('x_{c,\\,u+i-2,\\,v+j-2}');
    expect(gradientFormula(step, weight(step, 1, 12))[0]!.symbols).toContain(
      '\\sum_{u,v} \\delta^{(1)}_{2,u,v} \\cdot x_{1,\\,u,\\,v-1}',
    );
  });
});

describe('the whole batch', () => {
  it('adds up the errors of the output that is looked at', () => {
    const step = stepOf([dense(), dense()], { 'output.d_z': [1, 2, 3, 4] }, { samples: 2 });
    const [line] = errorFormula(step, 1, 'else').slice(-1);
    expect(line!.symbols).toContain('z^{(2)}_{2}');
    expect(line!.numbers).toBe('= 3 + 4 = 7');
  });
});

describe('decay apart from the gradient', () => {
  const step = stepOf(
    [dense(), dense()],
    { 'output.weight.before': [2, 1, 1, 1], 'output.weight.gradient': [0.5], 'output.weight.passed': [0.5] },
    { decay: 0.2 },
  );

  it('has its stage, though the gradient stays as it was, and the optimizer goes on from there', () => {
    expect(stagesOf(step).map(({ kind }) => kind)).toContain('bound');
    expect(boundFormula(step, weight(step, 2, 0)).at(-1)!.numbers).toBe('2 \\;\\rightarrow\\; 0.9 \\cdot 2 = 1.8');
    const [given, update] = updateFormula(step, weight(step, 2, 0), 'else');
    expect(given!.numbers).toBe('\\theta = 1.8, \\quad g = 0.5');
    expect(update!.numbers).toBe('= 1.8 - 0.5 = 1.3');
  });
});

describe('clipping', () => {
  const bounded = (numbers: Record<string, number[]>, limit: number) => {
    const gradients = { 'output.weight.gradient': [0.5], 'output.weight.passed': [0.25], ...numbers };
    return boundFormula(stepOf([dense(), dense()], gradients, { limit }), weight(stepOf([dense(), dense()], {}), 2, 0));
  };

  it('tells the norm of the whole gradient, the limit and what all of it is multiplied with', () => {
    const [line] = bounded({ norm: [4] }, 2);
    expect(line!.symbols).toBe('bounded');
    expect(line!.numbers).toBe('\\lVert g \\rVert = 4, \\quad c = 2, \\quad \\min(1, 2 / 4) = 0.5');
    expect(bounded({ norm: [1] }, 2)[0]!.numbers).toMatch(/= 1$/);
  });

  it('tells its limit where it looks at each number by itself', () => {
    expect(bounded({}, 2)[0]!.numbers).toBe('c = 2');
  });
});

/** The walk through one step, on a network that can be worked out by hand: x = (0.2, 0.3), a kink, a linear output. */
import { describe, expect, it } from 'vitest';
import type { Block, Rehearsal } from '../../protocol/rehearsal';
import { homework } from '../../testing/homework';
import { makeNetwork } from '../../testing/networks';
import { Network } from '../forward';
import { stageFormula } from './formulas';
import { chainOf } from './chain';
import { gradientFormula, parameterSymbol } from './gradients';
import { pixelSteps } from './pixelSteps';
import { Rehearsed } from './rehearsed';
import { errorFormula, lossFormula, updateLines } from './sheets';
import { shownOn, stageOf, stagesOf } from './stages';
import { averagedFormula, boundFormula, renewedFormula } from './updates';

const tensor = (step: Rehearsed, layer: number, role: 'weight' | 'shift') => step.layer(layer)[role]!;

describe('the stages of a step', () => {
  it('go from the inputs to the new weights', () => {
    const names = stagesOf(homework()).map(({ kind, layer }) => `${kind} ${layer}`);
    expect(names).toEqual([
      'inputs 0',
      'sum 1',
      'activate 1',
      'sum 2',
      'loss 2',
      'error 2',
      'gradient 2',
      'pass_on 2',
      'back_activate 1',
      'gradient 1',
      'update 2',
      'renewed 2',
    ]);
  });

  it('have one more where the optimizer gets another gradient', () => {
    const step = homework({}, { 'output.bias.passed': [1] });
    expect(stagesOf(step).map(({ kind }) => kind)).toContain('bound');
    const place = { tensor: tensor(step, 2, 'shift'), index: 0 };
    expect(boundFormula(step, place).at(-1)!.numbers).toBe('1.2 \\;\\rightarrow\\; 1');
  });

  it('leave on every layer what they have made', () => {
    const stages = stagesOf(homework());
    const on = (kind: string) =>
      [1, 2].map((layer) =>
        shownOn(
          stages,
          stages.findIndex((stage) => stage.kind === kind),
          layer,
        ),
      );
    expect(on('inputs')).toEqual([null, null]);
    expect(on('activate')).toEqual(['a', null]);
    expect(on('loss')).toEqual(['a', 'z']);
    expect(on('pass_on')).toEqual(['d_out', 'd_out']);
    expect(on('renewed')).toEqual(['d_y', 'd_out']);
  });
});

describe('the formulas', () => {
  const step = homework();
  const formula = (kind: Parameters<typeof stageOf>[0], layer: number, unit = 0) =>
    stageFormula(step, stageOf(kind, layer), unit, 'else');

  it('of a weighted sum', () => {
    expect(formula('sum', 1, 1)).toEqual([
      {
        symbols: 'z^{(1)}_{2} = \\sum_{i=1}^{2} w^{(1)}_{2,i}\\, x_{i} + b^{(1)}_{2}',
        numbers: '= (-3) \\cdot 0.2 + 1 \\cdot 0.3 + 0 = -0.3',
      },
    ]);
    expect(formula('sum', 2)[0]!.symbols).toContain('a^{(1)}_{i}');
  });

  it('of an activation, and back through it', () => {
    expect(formula('activate', 1, 1)[0]!.numbers).toBe('= f\\!\\left(-0.3\\right) = 0');
    expect(formula('back_activate', 1, 0)[0]!.numbers).toBe('= 2.4 \\cdot 1 = 2.4');
    expect(formula('back_activate', 1, 1)[0]!.numbers).toBe('= 1.2 \\cdot 0 = 0');
  });

  it('of what is passed back', () => {
    expect(formula('pass_on', 2, 1)[0]).toEqual({
      symbols: '\\frac{\\partial L}{\\partial a^{(1)}_{2}} = \\sum_{k=1}^{1} w^{(2)}_{k,2}\\, \\delta^{(2)}_k',
      numbers: '= 1 \\cdot 1.2 = 1.2',
    });
  });

  it('of the loss and its error, without an index for a single output', () => {
    expect(lossFormula(step, 0, 'else')).toEqual([
      { symbols: 'e = \\hat y - y', numbers: '= 1.6 - 1 = 0.6' },
      { symbols: 'L = e^{2}', numbers: '= 0.6^{2} = 0.36' },
    ]);
    expect(errorFormula(step, 0, 'else')).toEqual([{ symbols: 'd = 2\\,e', numbers: '= 2 \\cdot 0.6 = 1.2' }]);
  });

  it('of the gradient, the update and the new weight', () => {
    const place = { tensor: tensor(step, 1, 'weight'), index: 1 };
    expect(parameterSymbol(step, place)).toBe('w^{(1)}_{1,2}');
    expect(gradientFormula(step, place)).toHaveLength(1);
    expect(gradientFormula(homework({ count: 4 }), place)).toHaveLength(2);
    expect(gradientFormula(step, place)[0]!.numbers).toBe('= 2.4 \\cdot 0.3 = 0.72');
    expect(renewedFormula(step, place)[0]!.numbers).toBe('= 2 - 0.72 = 1.28');
    const lines = updateLines(step, tensor(step, 2, 'weight'), 0, 'else');
    expect(lines.map(({ value }) => value)).toEqual([expect.closeTo(1.96, 6), expect.closeTo(-0.16, 6)]);
    expect(lines[0]!.numbers).toBe('= 0.5 \\cdot 2 + 0.96 = 1.96');
  });

  it('spare biases what is for weights only', () => {
    const [, w] = updateLines(step, tensor(step, 2, 'shift'), 0, 'else');
    expect(w!.symbols).toBe('\\theta \\leftarrow \\theta - v');
  });
});

describe('the mean of the weights', () => {
  const averaging = { id: 'smooth', params: { keep: 0.75 }, begun: 0, share: 0.25 };
  const means = { 'layer1.weight.averaged.before': [1, 1.44, 0, 0], 'layer1.weight.averaged.after': [1, 1.4, 0, 0] };
  const lines = (changes: Partial<Rehearsal>) => {
    const step = homework(changes, means);
    return averagedFormula(step, { tensor: tensor(step, 1, 'weight'), index: 1 }, 'else');
  };

  it('is the last stage, where one is kept', () => {
    expect(stagesOf(homework({ averaging }, means)).at(-1)).toMatchObject({ kind: 'averaged', direction: 'update' });
    expect(stagesOf(homework()).at(-1)!.kind).toBe('renewed');
    expect(averagedFormula(homework(), { tensor: tensor(homework(), 1, 'weight'), index: 1 }, 'else')).toEqual([]);
  });

  it('is renewed by its rule with the new weight, from the old mean to the new one', () => {
    expect(lines({ averaging, step: 7 })).toEqual([
      { symbols: 'a mean', numbers: '\\theta = w^{(1)}_{1,2} = 1.28, \\quad m = 1.44, \\quad k = 0.75, \\quad t = 8' },
      {
        symbols: 'm \\leftarrow k\\,m + \\left(1 - k\\right)\\,\\theta',
        numbers: '= 0.75 \\cdot 1.44 + \\left(1 - 0.75\\right) \\cdot 1.28 = 1.4',
      },
      { symbols: '\\overline{w^{(1)}_{1,2}}:', numbers: '1.44 \\;\\rightarrow\\; 1.4' },
    ]);
  });

  it('begins at the weights, after the step at which it was chosen', () => {
    const [given, rule] = lines({ averaging: { ...averaging, begun: 7, share: 1 }, step: 7 });
    expect(given!.numbers).toMatch(/t = 8, \\quad t_0 = 7$/);
    expect(rule).toEqual({ symbols: 'm \\leftarrow \\theta', numbers: '= 1.28' });
  });

  it('has no rule in a step that leaves it alone', () => {
    expect(lines({ averaging: { ...averaging, share: 0 } }).map(({ numbers }) => numbers)).toEqual([
      '',
      '1.44 \\;\\rightarrow\\; 1.4',
    ]);
  });
});

describe('the chain of derivatives', () => {
  const step = homework();

  it('multiplies to the gradient, factor by factor', () => {
    for (const [layer, count] of [
      [1, 4],
      [2, 2],
    ] as const) {
      for (let index = 0; index < count; index++) {
        const place = { tensor: tensor(step, layer, 'weight'), index };
        const product = chainOf(step, place, 'else').factors.reduce((all, { value }) => all * value, 1);
        expect(product).toBeCloseTo(step.parameter(place.tensor.name, 'gradient', index), 5);
      }
    }
  });

  it('leads to the stages where its factors were made, and on to the loss', () => {
    const place = { tensor: tensor(step, 1, 'weight'), index: 0 };
    expect(chainOf(step, place, 'else').factors.map(({ stage, unit }) => [stage.kind, stage.layer, unit])).toEqual([
      ['pass_on', 2, 0],
      ['back_activate', 1, 0],
      ['inputs', 0, 0],
    ]);
    expect(chainOf(step, place, 'else').rest.map(({ numbers }) => numbers)).toEqual([
      '= 2 \\cdot 1.2 = 2.4',
      '= 2 \\cdot 0.6 = 1.2',
    ]);
  });
});

describe('the whole batch', () => {
  const step = homework(
    { sample: null, count: 2, shown: 2, losses: Float32Array.of(0.36, 0.16) },
    {
      'layer1.z': [0.8, 0.4, -0.3, 0.1],
      'layer1.d_z': [1.2, 0.6, 0, 0],
      'layer1.input': [0.2, 0.4, 0.3, 0.5],
      targets: [1, 2],
    },
  );

  it('has means on the way forward and sums on the way back', () => {
    expect(step.value(1, 'z', 0)).toBeCloseTo(0.6, 6);
    expect(step.value(1, 'd_z', 0)).toBeCloseTo(1.8, 6);
    expect(step.each(1, 'z', 1)).toEqual([expect.closeTo(-0.3, 6), expect.closeTo(0.1, 6)]);
  });

  it('takes out of the batch what is asked for of a sample, and only once', () => {
    const one = step.ofSample(1);
    expect(one.value(1, 'z', 1)).toBeCloseTo(0.1, 6);
    expect(step.ofSample(0).value(1, 'z', 1)).toBeCloseTo(-0.3, 6);
    expect(one.array('layer1.z')).toEqual(Float32Array.of(0.4, 0.1));
    expect(step.ofSample(1)).toBe(one);
    expect(one.array('layer1.z')).toBe(one.array('layer1.z'));
  });

  it('adds up the samples of a gradient', () => {
    const place = { tensor: tensor(step, 1, 'weight'), index: 0 };
    expect(gradientFormula(step, place)[0]!.numbers).toBe('= 0.24 + 0.24 = 0.48');
  });
});

describe('a batch of which only the first samples are shown', () => {
  const base = homework(
    { sample: null, count: 250, shown: 2, loss: 0.2, losses: Float32Array.of(0.36, 0.16) },
    { 'layer1.z': [0.8, 0.4, -0.3, 0.1], 'output.z': [1.6, 1.8], 'output.d_z': [0.1, 0.3], targets: [1, 2] },
  ).rehearsal;
  const sums = { 'layer1.z': [100, 50], 'output.d_z': [-3] };
  const step = homework({
    ...base,
    sums: new Map(Object.entries(sums).map(([name, of]) => [name, Float32Array.from(of)])),
  });

  it('tells of all samples, in every sum and every mean', () => {
    expect(stageFormula(step, stageOf('sum', 1, 'z'), 0, 'else').at(-1)).toEqual({
      symbols: '\\bar{z}^{(1)}_{1} = \\frac{1}{250} \\sum_{s=1}^{250} z^{(1)}_{1}',
      numbers: '= \\frac{1}{250}\\left(0.8 + 0.4 + \\dots\\right) = 0.4',
    });
    expect(errorFormula(step, 0, 'else').at(-1)).toEqual({
      symbols: '\\sum_{s=1}^{250} \\frac{\\partial L}{\\partial z^{(2)}_{1}}',
      numbers: '= 0.1 + 0.3 + \\dots = -3',
    });
    expect(lossFormula(step, 0, 'else').at(-1)!.numbers).toBe(
      '= \\frac{1}{250}\\left(0.36 + 0.16 + \\dots\\right) = 0.2',
    );
  });

  it('has numbers on the neurons that are of all samples too', () => {
    expect([step.value(1, 'z', 1), step.value(2, 'd_z', 0)]).toEqual([expect.closeTo(0.2, 6), -3]);
    expect(step.each(1, 'z', 1)).toEqual([expect.closeTo(-0.3, 6), expect.closeTo(0.1, 6)]);
  });
});

describe('a convolution', () => {
  const { layout, hidden, weights } = makeNetwork(
    [2, 4, 4],
    [
      { kind: 'conv', units: 3, kernel: 3, padding: 1 },
      { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' },
      { kind: 'dense', units: 2 },
    ],
  );
  const network = new Network(layout, hidden);
  network.remember();
  const inputs = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));
  network.forward(inputs, 1, weights);
  const { arrays } = homework().rehearsal;
  const entries: [string, Float32Array][] = [
    ['layer1.input', inputs],
    ['layer2.input', network.outputs[0]!],
    ...['z', 'y', 'a', 'out'].map((part): [string, Float32Array] => [`layer1.${part}`, network.outputs[0]!]),
    ['layer2.out', network.outputs[1]!],
    ['layer2.d_out', Float32Array.from(network.outputs[1]!, (_, i) => i)],
    ...layout.tensors.map(({ name, offset, size }): [string, Float32Array] => [
      `${name}.before`,
      weights.params.slice(offset, offset + size),
    ]),
  ];
  const step = new Rehearsed(
    {
      ...homework().rehearsal,
      arrays: new Map([
        ...arrays,
        ...entries.map(([name, data]): [string, Block] => [name, { shape: [data.length], data }]),
      ]),
    },
    network.layers,
    homework().config,
    homework().catalog,
  );

  it('adds up to what the pass has, at every pixel, padding or not', () => {
    for (let unit = 0; unit < 48; unit++) {
      const steps = pixelSteps(step, 1, unit, 1)!;
      if (steps.kind !== 'conv') throw new Error('no convolution');
      expect(steps.sums[0]! + steps.sums[1]! + steps.bias).toBeCloseTo(network.outputs[0]![unit]!, 5);
    }
  });

  it('gives a pool its winner', () => {
    for (let unit = 0; unit < 12; unit++) {
      const steps = pixelSteps(step, 2, unit, 0)!;
      if (steps.kind !== 'pool') throw new Error('no pool');
      expect(steps.patch.values[steps.winner]).toBe(network.outputs[1]![unit]);
      expect(steps.routed.reduce((sum, value) => sum + value, 0)).toBe(unit);
    }
  });
});

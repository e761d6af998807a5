/** The way back with its numbers: what is written gives what is written behind it, and that is what the step has. */
import { describe, expect, it } from 'vitest';
import { operators, worked } from '../../testing/latex';
import { noise, type TestLayer } from '../../testing/networks';
import { stepOf } from '../../testing/steps';
import { chainOf } from './chain';
import { windowTerms } from './convolutionTerms';
import { stageFormula } from './formulas';
import { gradientFormula } from './gradients';
import type { FormulaLine } from './line';
import type { Rehearsed } from './rehearsed';
import { stageOf, type StageKind } from './stages';
import type { WeightPlace } from './terms';

const random = noise(5);
const draw = (size: number): number[] => Array.from({ length: size }, () => Number(random().toFixed(2)));
const range = (size: number): number[] => Array.from({ length: size }, (_, at) => at);
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** Every line has its operations written out, and each of its equations holds, as far as four digits tell. */
function holds(lines: readonly FormulaLine[]): void {
  expect(lines).not.toHaveLength(0);
  for (const { numbers } of lines) {
    expect(operators(numbers), numbers).toBeGreaterThan(0);
    for (const values of worked(numbers)) {
      for (const value of values) expect(Math.abs(value - values.at(-1)!), numbers).toBeLessThan(2e-3);
    }
  }
}

const of = (step: Rehearsed, kind: StageKind, layer: number, unit: number, makes = '') =>
  stageFormula(step, stageOf(kind, layer, makes), unit, 'else');

/** The last number of the last line. */
const result = (lines: readonly FormulaLine[]): number => worked(lines.at(-1)!.numbers).at(-1)!.at(-1)!;

/** A chain makes up its derivative, which is `wanted`, and its formula says so too. */
function chains(step: Rehearsed, place: WeightPlace, wanted: number): void {
  const { factors, others, total, rest } = chainOf(step, place, 'else');
  expect(factors.length).toBeGreaterThan(0);
  expect(total).toBeCloseTo(wanted, 4);
  expect(factors.reduce((all, { value }) => all * value, 1) + (others?.value ?? 0)).toBeCloseTo(wanted, 4);
  expect(rest.length).toBeGreaterThan(0);
  const [own] = gradientFormula(step, place);
  holds([own!]);
  expect(result([own!])).toBeCloseTo(wanted, 3);
}

const dense = (more: Partial<TestLayer> = {}): TestLayer => ({ kind: 'dense', units: 2, ...more });
const conv = (more: Partial<TestLayer> = {}): TestLayer => ({ kind: 'conv', units: 2, kernel: 3, padding: 1, ...more });
const image = { shape: [2, 4, 4] };

/** What each input gets of the errors behind it, as the windows of the way forward have it. */
function passed(step: Rehearsed, layer: number, errors: readonly number[], winners = false): number[] {
  const got = range(step.layer(layer).inputs).map(() => 0);
  errors.forEach((error, unit) => {
    const terms = windowTerms(step, layer, unit);
    const best = terms.reduce((most, term) => (term.value > most.value ? term : most));
    for (const term of terms) {
      const share = winners ? Number(term === best) : term.index < 0 ? 1 / terms.length : term.weight;
      got[term.input]! += share * error;
    }
  });
  return got;
}

describe('back through windows', () => {
  const cases: [string, TestLayer, boolean][] = [
    ['a convolution', conv(), false],
    ['one that leaves pixels out', conv({ stride: 2, padding: 0 }), false],
    ['a pool of the largest', { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' }, true],
    ['overlapping windows of the largest', { kind: 'pool', kernel: 3, stride: 1, pooling: 'max' }, true],
    ['a pool of means', { kind: 'pool', kernel: 2, stride: 1, pooling: 'mean' }, false],
    ['a mean of all', { kind: 'global_pool' }, false],
  ];

  it.each(cases)('%s: the products give what arrives', (_, layer, winners) => {
    const inputs = draw(32);
    const bare = stepOf([conv(), layer, dense()], {}, image);
    const plan = bare.layer(2);
    const errors = draw(plan.pieces > 0 ? plan.pieces * plan.units : plan.units);
    const given = {
      'layer2.input': inputs,
      'layer2.weight.before': draw(plan.weight?.size ?? 0),
      [plan.weight ? 'layer2.d_z' : 'layer2.d_out']: errors,
    };
    const got = passed(stepOf([conv(), layer, dense()], given, image), 2, errors, winners);
    const step = stepOf([conv(), layer, dense()], { ...given, 'layer1.d_out': got }, image);
    for (const unit of range(32)) {
      const lines = of(step, 'pass_on', 2, unit, 'd_out');
      expect(result(lines)).toBeCloseTo(got[unit]!, 3);
      // What lies under no window gets nothing at all.
      if (!lines[0]!.numbers.startsWith('= 0 =')) holds(lines);
    }
  });
});

describe('a kernel', () => {
  const given = {
    'layer1.input': draw(32),
    'layer1.d_z': draw(32),
    'layer1.d_out': draw(32),
    'layer2.weight.before': draw(64),
    'layer2.d_z': draw(2),
  };
  const step = stepOf([conv(), dense()], given, image);
  const tensor = step.layer(1).weight!;

  it('has the chain of its strongest place, and what all others add', () => {
    for (const index of range(36)) {
      const wanted = sum(
        range(16).map((pixel) => {
          const unit = Math.floor(index / 18) * 16 + pixel;
          const term = windowTerms(step, 1, unit).find((one) => one.index === index);
          return given['layer1.d_z'][unit]! * (term?.value ?? 0);
        }),
      );
      chains(step, { tensor, index }, wanted);
      expect(chainOf(step, { tensor, index }, 'else').others).toMatchObject({ places: 15, samples: 0 });
    }
  });

  it('has a bias that is used at every place', () => {
    chains(step, { tensor: step.layer(1).shift!, index: 1 }, sum(given['layer1.d_z'].slice(16)));
  });
});

describe('what lies before images', () => {
  it('has a chain that goes on through convolutions and pools', () => {
    const layers = [conv(), conv(), { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' } as const, dense()];
    const step = stepOf(
      layers,
      {
        'layer1.input': draw(32),
        'layer1.d_z': draw(32),
        'layer2.input': draw(32),
        'layer2.weight.before': draw(36),
        'layer2.d_z': draw(32),
        'layer3.input': draw(32),
        'layer3.d_out': draw(8),
        'output.weight.before': draw(16),
        'output.d_z': draw(2),
      },
      image,
    );
    const symbols = chainOf(step, { tensor: step.layer(1).weight!, index: 4 }, 'else').rest.map((line) => line.symbols);
    const names = ['L}{\\partial a^{(1)}', 'L}{\\partial a^{(2)}', 'L}{\\partial a^{(3)}'];
    for (const name of names) expect(symbols.some((text) => text.includes(name))).toBe(true);
  });
});

describe('a normalization', () => {
  const [z, errors, gamma] = [draw(6), draw(6), draw(6)];
  const mean = sum(z) / 6;
  const deviation = Math.sqrt(sum(z.map((one) => (one - mean) ** 2)) / 6);
  const standard = z.map((one) => (one - mean) / deviation);
  /** By differences of what the normalization makes. */
  const inSum = (unit: number): number => {
    const at = (moved: number): number => {
      const x = z.map((one, i) => one + (i === unit ? moved : 0));
      const [m] = [sum(x) / 6];
      const s = Math.sqrt(sum(x.map((one) => (one - m) ** 2)) / 6);
      return sum(x.map((one, i) => (errors[i]! * gamma[i]! * (one - m)) / s));
    };
    return (at(1e-5) - at(-1e-5)) / 2e-5;
  };
  const step = stepOf([dense({ units: 6, normalized: 'before', groups: 1 }), dense()], {
    'layer1.z': z,
    'layer1.normalized': z,
    'layer1.mean': [mean],
    'layer1.std': [deviation],
    'layer1.gamma.before': gamma,
    'layer1.d_y': errors,
    'layer1.d_z': range(6).map(inSum),
    'layer1.input': [0.5, -0.25],
    'layer1.d_out': errors,
    'layer1.d_a': errors,
    'output.weight.before': draw(12),
    'output.d_z': draw(2),
  });

  it('tells both means on the way back through a sample', () => {
    for (const unit of range(6)) {
      const lines = of(step, 'back_normalize', 1, unit, 'd_z');
      holds(lines);
      expect(result(lines)).toBeCloseTo(inSum(unit), 3);
    }
  });

  it('has chains for its scale and its shift, and one for the weights before it', () => {
    for (const index of range(6)) {
      chains(step, { tensor: step.layer(1).gamma!, index }, errors[index]! * standard[index]!);
      chains(step, { tensor: step.layer(1).beta!, index }, errors[index]!);
      chains(step, { tensor: step.layer(1).weight!, index: 2 * index }, 0.5 * inSum(index));
    }
  });
});

describe('a direction and a length', () => {
  const [v, input, error, gain] = [[0.3, -0.4, 1.2], [0.5, 0.7, -0.2], 0.8, 1.5];
  const sumOf = (g: number, row: readonly number[]): number =>
    (g / Math.hypot(...row)) * sum(row.map((one, i) => one * input[i]!));
  const step = stepOf(
    [dense({ units: 1, gain: true }), dense()],
    {
      'layer1.input': input,
      'layer1.weight.before': v,
      'layer1.gain.before': [gain],
      'layer1.d_z': [error],
      'layer1.d_out': [error],
      'output.weight.before': [1, 1],
      'output.d_z': [0.5, 0.3],
    },
    { shape: [3] },
  );

  it('have chains of their own, with the factors that lead to them', () => {
    const moved = (index: number, by: number) => v.map((one, i) => one + (i === index ? by : 0));
    for (const index of range(3)) {
      const slope = (sumOf(gain, moved(index, 1e-5)) - sumOf(gain, moved(index, -1e-5))) / 2e-5;
      chains(step, { tensor: step.layer(1).weight!, index }, error * slope);
    }
    chains(step, { tensor: step.layer(1).gain!, index: 0 }, error * sumOf(1, v));
  });
});

describe('a slope that is learned', () => {
  const step = stepOf([dense({ units: 3, activation: { id: 'prelu' }, learned: 1 }), dense()], {
    'layer1.y': [-2, 3, -0.5],
    'layer1.d_a': [0.4, 0.6, 0.8],
    'layer1.d_out': [0.4, 0.6, 0.8],
    'layer1.slope.before': [0.25],
    'output.weight.before': draw(6),
    'output.d_z': draw(2),
  });

  it('has the chain of the unit that has most to do with it', () => {
    chains(step, { tensor: step.layer(1).learned!, index: 0 }, -2 * 0.4 - 0.5 * 0.8);
  });
});

describe('a whole batch', () => {
  it('has the chain of its strongest sample, and what all others add', () => {
    const step = stepOf(
      [dense(), dense()],
      {
        'layer1.input': [1, 2, 3, 4],
        'layer1.d_z': [0.1, -0.5, 0.2, 0.3],
        'layer1.d_out': [0.1, -0.5, 0.2, 0.3],
        'layer1.d_a': [0.1, -0.5, 0.2, 0.3],
        'layer1.weight.gradient': [-0.9, 0, 0, 0],
        'output.d_z': [1, 2, 3, 4],
      },
      { samples: 2 },
    );
    const chain = chainOf(step, { tensor: step.layer(1).weight!, index: 0 }, 'else');
    expect(chain.sample).toBe(1);
    expect(chain.factors.map(({ value }) => value)).toEqual([-0.5, 1, 2]);
    expect(chain.total).toBeCloseTo(0.1 * 1 - 0.5 * 2, 6);
    expect(chain.others).toEqual({ places: 0, samples: 1, value: expect.closeTo(0.1, 6) as number });
  });
});

describe('a whole batch of images', () => {
  it('has the strongest chain of all places of all samples, though another sample adds up to more', () => {
    // One filter of a single number over two pixels: by pixel, and within it by sample.
    const errors = [3, -5, 3, 4];
    const step = stepOf(
      [{ kind: 'conv', units: 1, kernel: 1 }, dense()],
      { 'layer1.input': [1, 1, 1, 1], 'layer1.d_z': errors, 'layer1.d_a': errors, 'layer1.d_out': errors },
      { shape: [1, 1, 2], samples: 2 },
    );
    const chain = chainOf(step, { tensor: step.layer(1).weight!, index: 0 }, 'else');
    expect(chain.sample).toBe(1);
    expect(chain.factors.reduce((all, { value }) => all * value, 1)).toBe(-5);
  });
});

describe('the factor of what enters', () => {
  const entering = (first: TestLayer, numbers: Record<string, number[]>) => {
    const step = stepOf([first, dense(), dense()], { 'layer1.a': [7, 7], 'layer2.d_z': [1, 0], ...numbers });
    const { stage, unit, value } = chainOf(step, { tensor: step.layer(2).weight!, index: 1 }, 'else').factors.at(-1)!;
    return [stage.kind, stage.layer, unit, value];
  };

  it('leads to the last stage of the layer before, which has made it', () => {
    expect(entering(dense(), {})).toEqual(['activate', 1, 1, 7]);
    const dropped = { 'layer1.out': [7, 7], 'layer1.dropped': [0, 14] };
    expect(entering(dense(), dropped)).toEqual(['drop', 1, 1, 14]);
    const after = dense({ normalized: 'after' });
    expect(entering(after, { 'layer1.out': [0.25, 0.5] })).toEqual(['normalize_after', 1, 1, 0.5]);
    expect(entering(after, { ...dropped, 'layer1.dropped': [0, 1] })).toEqual(['drop', 1, 1, 1]);
  });
});

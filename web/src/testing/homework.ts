/** A step that can be worked out by hand, for tests: x = (0.2, 0.3), a kink, a linear output. */
import { Network } from '../model/forward';
import { Rehearsed } from '../model/explained/rehearsed';
import type { Variant } from '../protocol/messages';
import type { Rehearsal } from '../protocol/rehearsal';
import { catalogue, variant } from './catalogue';
import { makeNetwork } from './networks';
import { blocks, sumsOf } from './rehearsals';

const line = (name: string, expression: string) => ({ name, expression, when: '' });
const distance: Variant = variant('distance', [], {
  tasks: ['regression'],
  working: {
    lines: [line('error', 'z - y'), line('loss', 'mean(error**2)'), line('d', '2 * error / (K * n)')],
    symbols: { error: 'e_k', z: '\\hat y_k', y: 'y_k', loss: 'L', d: 'd_k', K: 'K', n: 'n' },
    slots: {},
    weights_only: [],
  },
});
const walker: Variant = variant('walker', [], {
  working: {
    lines: [
      line('velocity', 'memory * velocity + g'),
      line('w', '(1 - learning_rate * decay) * w - learning_rate * velocity'),
    ],
    symbols: { velocity: 'v', memory: '\\alpha', g: 'g', w: '\\theta', learning_rate: '\\eta', decay: '\\lambda' },
    slots: { velocity: 'speed so far' },
    weights_only: ['decay'],
  },
});
const smooth: Variant = variant('smooth', [], {
  formula: 'a mean',
  working: {
    lines: [
      { name: 'mean_so_far', expression: 'keep * mean_so_far + (1 - keep) * w', when: 't > begun + 1' },
      { name: 'mean_so_far', expression: 'w', when: 't <= begun + 1' },
    ],
    symbols: { mean_so_far: 'm', keep: 'k', w: '\\theta', t: 't', begun: 't_0' },
    slots: { mean_so_far: 'mean so far' },
    weights_only: [],
  },
});
const catalog = {
  ...catalogue,
  families: { ...catalogue.families, losses: [distance], optimizers: [walker], averagings: [smooth] },
};
const bent = (name: string) => (name === 'forward' ? (x: number) => Math.max(0, x) : (x: number) => Number(x > 0));

const TENSORS: Record<string, { before: number[]; gradient: number[] }> = {
  'layer1.weight': { before: [1, 2, -3, 1], gradient: [0.48, 0.72, 0, 0] },
  'layer1.bias': { before: [0, 0], gradient: [2.4, 0] },
  'output.weight': { before: [2, 1], gradient: [0.96, 0] },
  'output.bias': { before: [0], gradient: [1.2] },
};

const NUMBERS: Record<string, number[]> = {
  targets: [1],
  'layer1.input': [0.2, 0.3],
  'layer1.z': [0.8, -0.3],
  'layer1.y': [0.8, -0.3],
  'layer1.a': [0.8, 0],
  'layer1.out': [0.8, 0],
  'layer1.d_out': [2.4, 1.2],
  'layer1.d_a': [2.4, 1.2],
  'layer1.d_y': [2.4, 0],
  'layer1.d_z': [2.4, 0],
  'layer1.d_input': [2.4, 4.8],
  'output.input': [0.8, 0],
  'output.z': [1.6],
  'output.y': [1.6],
  'output.a': [1.6],
  'output.out': [1.6],
  'output.d_out': [1.2],
  'output.d_z': [1.2],
  'output.d_input': [2.4, 1.2],
};

/** The step, with other numbers where some are given. */
export function homework(changes: Partial<Rehearsal> = {}, more: Record<string, number[]> = {}): Rehearsed {
  const { layout, hidden } = makeNetwork(
    [2],
    [
      { kind: 'dense', units: 2 },
      { kind: 'dense', units: 1 },
    ],
  );
  const plans = new Network(layout, hidden).layers.map((plan) => {
    if (plan.isOutput) return plan;
    const each = (of: (x: number) => number) => (z: Float32Array, out: Float32Array, count: number) => {
      for (let i = 0; i < count; i++) out[i] = of(z[i]!);
    };
    return { ...plan, activation: each(bent('forward')), derivative: each(bent('back')) };
  });
  const parameters = Object.entries(TENSORS).flatMap(([name, { before, gradient }]) => {
    const after = before.map((value, i) => value - gradient[i]!);
    const named = {
      before,
      gradient,
      gradient_sample: gradient,
      passed: gradient,
      update: gradient.map((g) => -g),
      after,
    };
    return Object.entries(named).map(([part, values]): [string, number[]] => [`${name}.${part}`, values]);
  });
  const arrays = blocks({ ...NUMBERS, ...Object.fromEntries(parameters), ...more });
  const shown = changes.shown ?? 1;
  const rehearsal: Rehearsal = {
    generation: 1,
    step: 0,
    epoch: 0,
    count: 1,
    shown,
    sample: 0,
    indices: [0],
    learningRate: 1,
    optimizerStep: 1,
    loss: 0.36,
    losses: Float32Array.of(0.36),
    arrays,
    sums: sumsOf(arrays, shown),
    optimizer: {
      id: 'walker',
      params: { learning_rate: 1, memory: 0.5, decay: 0.1 },
      slots: {
        'speed so far': { 'output.weight': { before: Float32Array.of(2, 0), after: Float32Array.of(1.96, 0) } },
      },
    },
    averaging: null,
    ...changes,
  };
  const config = structuredClone(catalogue.default_config);
  config.network.layers = [{ kind: 'full', activation: { id: 'bendy' } }];
  config.training = { ...config.training, loss: { id: 'distance' }, clipping: { id: 'free' }, regularizers: [] };
  return new Rehearsed(rehearsal, plans, config, catalog);
}

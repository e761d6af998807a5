import { describe, expect, it } from 'vitest';
import { makeNetwork, noise, product, type TestLayer } from '../testing/networks';
import { Backward, outputGradient } from './backward';
import { Network } from './forward';
import { outputValues, probabilities, type Link } from './outputs';

const tanh = { id: 'tanh' };
const output: TestLayer = { kind: 'dense', units: 3 };
const conv: TestLayer = { kind: 'conv', units: 4, kernel: 3, padding: 1, activation: tanh };

const cases: Record<string, TestLayer[]> = {
  'a convolution': [conv],
  'a stride and an uneven border': [{ ...conv, kernel: 2, stride: 2, padding: 0, padded: 1 }],
  'statistics of the batch before the activation': [{ ...conv, normalized: 'before' }],
  'statistics of the batch behind it': [{ ...conv, normalized: 'after' }],
  'groups before the activation': [{ ...conv, normalized: 'before', groups: 2 }],
  'groups behind it': [{ ...conv, normalized: 'after', groups: 4 }],
  'a mean pool': [conv, { kind: 'pool', kernel: 2, stride: 2, pooling: 'mean' }],
  'a max pool that overlaps': [conv, { kind: 'pool', kernel: 3, stride: 1, pooling: 'max' }],
  'the mean of everything': [conv, { kind: 'global_pool' }],
  'skip connections': [conv, { ...conv, skip: 1 }, { ...conv, normalized: 'before', groups: 1, skip: 2 }],
  'a learned slope a channel': [{ ...conv, activation: { id: 'prelu', sharing: 0 }, learned: 4 }],
  'a gate': [{ ...conv, pieces: 2, activation: { id: 'simple_gate' } }],
  'a learned length': [{ ...conv, gain: true }],
  'dense layers behind': [conv, { kind: 'dense', units: 5, activation: tanh, skip: 0 }],
};

describe.each(Object.entries(cases))('the way back through %s', (_, layers) => {
  const shape = [2, 5, 6];
  const { layout, hidden, weights } = makeNetwork(shape, [...layers, output], noise(3));
  const network = new Network(layout, hidden);
  const back = new Backward(network);
  const inputs = Float32Array.from({ length: product(shape) }, noise(8));
  const outer = Float32Array.of(0.7, -1.1, 0.4);
  network.forward(inputs, 1, weights);
  back.run(weights, outer);
  const gradient = Float32Array.from(back.inputGradient);

  it('is the slope of the forward pass', () => {
    const value = (values: Float32Array) =>
      network
        .forward(values, 1, weights)
        .at(-1)!
        .reduce((sum, one, k) => sum + one * outer[k]!, 0);
    const step = 2 ** -9;
    gradient.forEach((slope, i) => {
      const around = (by: number) => value(inputs.map((one, at) => (at === i ? one + by : one)));
      expect(Math.abs(slope - (around(step) - around(-step)) / (2 * step))).toBeLessThan(0.004);
    });
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.05);
  });
});

describe('the gradient of what leaves a layer', () => {
  it('is all that goes back from it, also past a layer that adds it', () => {
    const { layout, hidden, weights } = makeNetwork(
      [1, 3, 3],
      [{ kind: 'conv' }, { kind: 'conv', skip: 1 }, { kind: 'dense' }],
    );
    const network = new Network(layout, hidden);
    const back = new Backward(network);
    network.forward(new Float32Array(9).fill(1), 1, weights);
    back.run(weights, Float32Array.of(1));
    const dense = weights.params.subarray(4, 13);
    back.gradients[1]!.forEach((value, i) => expect(value).toBeCloseTo(dense[i]!, 6));
    back.gradients[0]!.forEach((value, i) => expect(value).toBeCloseTo(dense[i]! * (1 + weights.params[2]!), 6));
  });
});

describe('the gradient of the outputs', () => {
  const logits = Float32Array.of(0.4, -1.2, 0.9);

  function meant(link: Link, values: Float32Array): Float32Array {
    const out = new Float32Array(values.length);
    if (values.length > 1) probabilities(values, out, values.length, 1, link);
    else outputValues(values, out, 1, link);
    return out;
  }

  function slope(loss: (values: Float32Array) => number, values: Float32Array): number[] {
    const around = (k: number, by: number) => loss(values.map((one, at) => (at === k ? one + by : one)));
    return [...values].map((_, k) => (around(k, 0.01) - around(k, -0.01)) / 0.02);
  }

  it('is that of cross-entropy, of half the squared error, and of two classes', () => {
    const check = (link: Link, target: number, values: Float32Array, loss: (v: Float32Array) => number) => {
      const gradient = outputGradient(values, meant(link, values), target, link);
      slope(loss, values).forEach((wanted, k) => expect(gradient[k]).toBeCloseTo(wanted, 3));
    };
    check('softmax', 2, logits, (values) => -Math.log(meant('softmax', values)[2]!));
    check('identity', 1, logits, (values) => values.reduce((sum, v, k) => sum + (v - Number(k === 1)) ** 2 / 2, 0));
    // Bit by bit: the first and the last label are carried.
    const carried = [1, 0, 1];
    check('each', 5, logits, (values) =>
      carried.reduce((sum, yes, k) => {
        const p = meant('each', values)[k]!;
        return sum - Math.log(yes ? p : 1 - p);
      }, 0),
    );
    const one = Float32Array.of(0.7);
    check('logistic', -1, one, ([value]) => Math.log(1 + Math.exp(value!)));
    check('identity', 0.2, one, ([value]) => (value! - 0.2) ** 2 / 2);
  });
});

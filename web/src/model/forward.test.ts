import { describe, expect, it } from 'vitest';
import { activations } from '../generated/formulas';
import type { Layout } from '../protocol/messages';
import { Network, type ForwardConfig } from './forward';
import golden from '../generated/forward.golden.json';

interface Case {
  layers: Required<ForwardConfig>[];
  layout: Layout;
  params: number[];
  running: number[];
  /** [samples, inputs] row-major */
  inputs: number[];
  targets: number[];
  mean_squared_error: number;
}

const cases = golden as unknown as Case[];

/** A case as the forward pass takes it: inputs feature-major. */
function load({ layout, layers, params, running, inputs, targets }: Case) {
  const samples = targets.length;
  const width = inputs.length / samples;
  const network = new Network(layout, layers);
  const values = new Float32Array(inputs.length);
  inputs.forEach((value, at) => (values[(at % width) * samples + Math.floor(at / width)] = value));
  return {
    network,
    samples,
    inputs: values,
    weights: { params: Float32Array.from(params), running: Float32Array.from(running) },
  };
}

describe.each(
  cases.map((one) => [JSON.stringify([one.layers[0]!.activation, one.layers[0]!.normalization]), one] as const),
)('the forward pass with %s', (_, one) => {
  const { network, samples, inputs, weights } = load(one);

  it('gives what the kernels give', () => {
    const output = network.forward(inputs, samples, weights).at(-1)!;
    const error = one.targets.reduce((sum, target, s) => sum + (output[s]! - target) ** 2, 0) / samples;
    expect(Math.abs(error / one.mean_squared_error - 1)).toBeLessThan(1e-5);
  });

  it('is the same in slices, and allocates nothing the second time', () => {
    const whole = network.forward(inputs, samples, weights).map((values) => Float32Array.from(values));
    const buffers = [...network.outputs];
    network.begin(inputs, samples, weights);
    let slices = 0;
    while (!network.advance(0)) slices++;
    expect(slices).toBeGreaterThan(0);
    expect(network.outputs.map((values, i) => values === buffers[i])).not.toContain(false);
    network.outputs.forEach((values, i) => expect(values).toEqual(whole[i]));
  });
});

describe('the forward pass', () => {
  it('passes on what is not a number', () => {
    const { network, samples, inputs, weights } = load(cases[0]!);
    weights.params[0] = NaN;
    expect(network.forward(inputs, samples, weights).at(-1)!.every(Number.isNaN)).toBe(true);
  });

  it('shows what enters each activation before that makes something else of it', () => {
    const { activation, normalization } = cases[0]!.layers[0]!;
    const other = cases.find(
      ({ layers: [layer] }) => layer!.activation.id !== activation.id && layer!.normalization.id === normalization.id,
    )!;
    const { network, samples, inputs, weights } = load(other);
    const { id, ...parameters } = other.layers[0]!.activation as { id: string } & Record<string, number>;
    const seen: number[] = [];
    let first = new Float32Array(0);
    network.tap = (layer, sums) => {
      seen.push(layer);
      if (layer === 0) first = Float32Array.from(sums);
    };
    const [output] = network.forward(inputs, samples, weights);
    expect(seen).toEqual(network.layers.map((_, index) => index));
    expect(first).not.toEqual(output);
    activations[id]!.forward(first, first, first.length, parameters);
    expect(first).toEqual(output);
  });

  it('refuses an activation without a formula', () => {
    const { layout, layers } = cases[0]!;
    const unknown = layers.map((layer) => ({ ...layer, activation: { id: 'no_such' } }));
    expect(() => new Network(layout, unknown)).toThrow('no_such');
  });
});

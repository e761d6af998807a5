import { describe, expect, it } from 'vitest';
import { activations } from '../generated/formulas';
import { makeNetwork, noise, type TestLayer } from '../testing/networks';
import { explainConvolution, explainPool, patchAt, placeOf } from './explain';
import { Network } from './forward';
import type { LayerShape } from './layout';

const output: TestLayer = { kind: 'dense', units: 2 };
const tanh = { id: 'tanh' };

function passed(layers: TestLayer[]) {
  const { layout, hidden, weights } = makeNetwork([2, 5, 6], [...layers, output], noise(4));
  const network = new Network(layout, hidden);
  network.remember();
  network.forward(Float32Array.from({ length: 60 }, noise(6)), 1, weights);
  return { network, weights };
}

function everyPixel({ channels, shape }: LayerShape): { channel: number; y: number; x: number }[] {
  const [, high, wide] = shape as [number, number, number];
  return Array.from({ length: channels * high * wide }, (_, i) => ({
    channel: Math.floor(i / (high * wide)),
    y: Math.floor(i / wide) % high,
    x: i % wide,
  }));
}

describe.each<[string, TestLayer]>([
  ['padding', { kind: 'conv', units: 3, kernel: 3, padding: 1, activation: tanh }],
  ['a stride', { kind: 'conv', units: 2, kernel: 3, stride: 2, padding: 1, padded: 2, activation: tanh }],
  ['an even kernel', { kind: 'conv', units: 2, kernel: 2, padding: 0, padded: 1, activation: tanh }],
  ['a learned length', { kind: 'conv', units: 2, kernel: 3, activation: tanh, gain: true }],
  ['a skip connection', { kind: 'conv', units: 2, kernel: 3, padding: 1, activation: tanh, skip: 1 }],
])('a pixel of a convolution with %s', (_, layer) => {
  const { network, weights } = passed([layer]);
  const plan = network.layers[0]!;

  it('is the activation of the sums that are shown', () => {
    for (const place of everyPixel(plan)) {
      for (const input of [0, 1]) {
        const steps = explainConvolution(network, weights, { layer: 0, ...place }, input);
        const products = steps.products.reduce((sum, value) => sum + value, 0);
        expect(products).toBeCloseTo(steps.sums[input]!, 5);
        const entered = steps.sum + (steps.skipped ?? 0);
        expect(steps.entered).toHaveLength(1);
        expect(entered).toBeCloseTo(steps.entered[0]!, 4);
        const value = Float32Array.of(entered);
        activations[tanh.id]!.forward(value, value, 1, {});
        expect(value[0]).toBeCloseTo(steps.value, 4);
        expect(steps.normalized).toBeNull();
      }
    }
  });
});

it('a normalized pixel tells what went in and what came out', () => {
  const { network, weights } = passed([{ kind: 'conv', units: 2, kernel: 3, normalized: 'before' }]);
  const { layers } = network;
  const { runningMean, runningVariance, gamma, beta } = layers[0]!;
  for (const place of everyPixel(layers[0]!)) {
    const steps = explainConvolution(network, weights, { layer: 0, ...place }, 0);
    const [mean, variance] = [runningMean, runningVariance].map((one) => weights.running[one!.offset + place.channel]!);
    const [scale, shift] = [gamma, beta].map((one) => weights.params[one!.offset + place.channel]!);
    expect((scale! * (steps.sum - mean!)) / Math.sqrt(variance! + 1e-5) + shift!).toBeCloseTo(steps.normalized!, 3);
  }
});

it('a pixel of a gate tells what enters each of its pieces', () => {
  const layer: TestLayer = { kind: 'conv', units: 2, kernel: 3, pieces: 2, activation: { id: 'simple_gate' } };
  const { network, weights } = passed([layer]);
  const { entered, sum, value } = explainConvolution(network, weights, { layer: 0, channel: 1, y: 1, x: 2 }, 0);
  expect(entered[0]).toBeCloseTo(sum, 5);
  expect(entered[0]! * entered[1]!).toBeCloseTo(value, 5);
});

it('a window beyond the border sees zeros there, and knows that they are', () => {
  const { network } = passed([{ kind: 'conv', units: 1, kernel: 3, padding: 1 }]);
  const { values, outside } = patchAt(network.layers[0]!, network.inputValues, 1, 4, 5);
  expect(outside).toEqual([false, false, true, false, false, true, true, true, true]);
  expect([...values]).toEqual(outside.map((out, i) => (out ? 0 : network.inputValues[[52, 53, 0, 58, 59][i]!]!)));
});

describe('a pixel of a pool', () => {
  const conv: TestLayer = { kind: 'conv', units: 2 };

  it('is what has won, and only that gets its gradient', () => {
    const { network } = passed([conv, { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' }]);
    for (const place of everyPixel(network.layers[1]!)) {
      const steps = explainPool(network, { layer: 1, ...place }, 3);
      expect(steps.patch.values[steps.winner]).toBe(steps.value);
      expect(Math.max(...steps.patch.values)).toBe(steps.value);
      expect([...steps.routed]).toEqual([0, 1, 2, 3].map((i) => (i === steps.winner ? 3 : 0)));
    }
  });

  it('is the mean of all, which share its gradient', () => {
    const { network } = passed([conv, { kind: 'pool', kernel: 3, stride: 1, pooling: 'mean' }]);
    for (const place of everyPixel(network.layers[1]!)) {
      const steps = explainPool(network, { layer: 1, ...place }, 9);
      expect(steps.winner).toBe(-1);
      expect(steps.patch.values.reduce((sum, value) => sum + value, 0) / 9).toBeCloseTo(steps.value, 5);
      expect([...steps.routed]).toEqual(Array<number>(9).fill(1));
    }
  });

  it('has its place behind all maps before it', () => {
    const { network } = passed([conv, { kind: 'pool', kernel: 2, stride: 2, pooling: 'mean' }]);
    expect(placeOf(network.layers[1]!, { channel: 1, y: 1, x: 2 })).toBe(6 + 3 + 2);
  });
});

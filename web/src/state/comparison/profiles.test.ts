import { describe, expect, it } from 'vitest';
import type { Layout } from '../../protocol/messages';
import { activationsByDepth, gradientsByDepth, largestWeight, vanishedShare, weightSpread } from './profiles';

const layout = {
  stages: [{ name: 'layer1' }, { name: 'layer2' }, { name: 'output' }],
  tensors: [
    { name: 'layer1.weight', layer: 1, role: 'weight', offset: 0, size: 2 },
    { name: 'layer1.bias', layer: 1, role: 'bias', offset: 2, size: 1 },
    { name: 'output.weight', layer: 3, role: 'weight', offset: 3, size: 3 },
  ],
  columns: [
    { name: 'gradient_norm', layer: 1, tensor: 'layer1.weight' },
    { name: 'gradient_norm', layer: 3, tensor: 'output.weight' },
    { name: 'activation_std', layer: 1, tensor: null },
    { name: 'activation_std', layer: 2, tensor: null },
  ],
} as unknown as Layout;

describe('a run by depth', () => {
  it('has the gradients of the layers that have weights, by their places', () => {
    expect(gradientsByDepth(layout, Float32Array.of(0.5, 2, 0, 0))).toEqual({ x: [1, 3], y: [0.5, 2] });
    expect(gradientsByDepth(layout, Float32Array.of(NaN, Infinity, 0, 0)).y).toEqual([null, null]);
  });

  it('has the spread of what every hidden layer puts out', () => {
    expect(activationsByDepth(layout, Float32Array.of(0, 0, 1.5, 0.25))).toEqual({ x: [1, 2], y: [1.5, 0.25] });
  });
});

describe('the weights of a run', () => {
  const params = Float32Array.of(-2, 0.1, 99, 0.2, NaN, 1);

  it('are measured without biases', () => {
    expect(largestWeight(layout, params)).toBe(2);
    expect(largestWeight(layout, Float32Array.of(Infinity, 1, 0, 0, 0, 0))).toBe(1);
  });

  it('have vanished where they are next to zero, biases left out', () => {
    expect(vanishedShare(layout, Float32Array.of(0, -0.0009, 0, 0.002, -0.5, NaN))).toBe(0.4);
    expect(vanishedShare({ tensors: [] }, Float32Array.of(0))).toBeNaN();
  });

  it('fall into equal parts about zero; what is no number is left out', () => {
    const spread = weightSpread(layout, params, 1.5, 3);
    expect(spread.x).toEqual([-1, 0, 1]);
    expect(spread.y).toEqual([0.25, 0.5, 0.25]);
    expect(weightSpread(layout, params, 10, 5).y).toEqual([null, null, 1, null, null]);
  });
});

import { describe, expect, it } from 'vitest';
import golden from '../generated/images.golden.json';
import type { Layout } from '../protocol/messages';
import { Network, type ForwardConfig } from './forward';
import { layerShapes } from './layout';

interface Case {
  layers: ForwardConfig[];
  layout: Layout;
  params: number[];
  running: number[];
  /** [samples, inputs] row-major */
  inputs: number[];
  outputs: number[];
}

const cases = golden as unknown as Case[];

function named({ layers, layout }: Case): string {
  const stages = layout.stages.map(({ kind, kernel, stride, padding, pooling, skip }, i) => {
    const choices = [layers[i]?.activation?.id, layers[i]?.normalization?.id];
    return [kind, kernel, stride, padding, pooling, skip, ...choices].filter(Boolean).join(' ');
  });
  return `${layout.stages[0]!.input_shape.join('×')}: ${stages.join(', ')}`;
}

describe.each(cases.map((one) => [named(one), one] as const))('the forward pass over %s', (_, one) => {
  const { layers, layout, outputs } = one;
  const network = new Network(layout, layers);
  const weights = { params: Float32Array.from(one.params), running: Float32Array.from(one.running) };
  const samples = outputs.length;
  const width = one.inputs.length / samples;

  it('gives what the kernels give, one image after the other', () => {
    outputs.forEach((wanted, s) => {
      const image = Float32Array.from(one.inputs.slice(s * width, (s + 1) * width));
      const output = network.forward(image, 1, weights).at(-1)![0]!;
      expect(Math.abs(output - wanted)).toBeLessThan(1e-4);
    });
  });

  it('gives it for all of them together', () => {
    const inputs = new Float32Array(one.inputs.length);
    one.inputs.forEach((value, at) => (inputs[(at % width) * samples + Math.floor(at / width)] = value));
    const together = network.forward(inputs, samples, weights).at(-1)!;
    outputs.forEach((wanted, s) => expect(Math.abs(together[s]! - wanted)).toBeLessThan(1e-4));
  });
});

describe('the layout of a network on images', () => {
  it('has as many weights a sum as its kernels have', () => {
    for (const { layout } of cases) {
      for (const { kind, fanIn, inputShape, kernel, inputs } of layerShapes(layout)) {
        if (kind === 'conv') expect(fanIn).toBe(inputShape[0]! * kernel * kernel);
        else expect(fanIn).toBe(kind === 'dense' ? inputs : 0);
      }
    }
  });
});

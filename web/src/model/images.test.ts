import { describe, expect, it } from 'vitest';
import { makeNetwork, noise, product, type TestLayer } from '../testing/networks';
import { Network } from './forward';
import { layerShapes } from './layout';

/** One layer over one image, and its numbers as they lie in the parameters. */
function run(shape: number[], layer: TestLayer, inputs: number[], params: number[], running: number[] = []): number[] {
  // The output follows only to end the network.
  const { layout, hidden } = makeNetwork(shape, [layer, { kind: 'dense' }]);
  const network = new Network(layout, hidden);
  const rest = layout.parameter_count - params.length;
  const weights = {
    params: Float32Array.from([...params, ...Array<number>(rest).fill(0)]),
    running: Float32Array.from(running),
  };
  network.forward(Float32Array.from(inputs), 1, weights);
  return [...network.outputs[0]!];
}

const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('a convolution', () => {
  it('slides its kernel over the image, without turning it round', () => {
    const kernel = [1, 2, 3, 4];
    // 1*1 + 2*2 + 3*4 + 4*5 + 10, and so on.
    expect(run([1, 3, 3], { kind: 'conv', kernel: 2 }, image, [...kernel, 10])).toEqual([47, 57, 77, 87]);
  });

  it('takes zeros for what lies beyond the border, before and after', () => {
    const ones = Array<number>(9).fill(1);
    const padded = run([1, 3, 3], { kind: 'conv', kernel: 3, padding: 1 }, image, [...ones, 0]);
    expect(padded).toEqual([12, 21, 16, 27, 45, 33, 24, 39, 28]);
  });

  it('pads an even kernel by one more after than before', () => {
    const layer: TestLayer = { kind: 'conv', kernel: 2, padding: 0, padded: 1 };
    expect(run([1, 3, 3], layer, image, [1, 1, 1, 1, 0])).toEqual([12, 16, 9, 24, 28, 15, 15, 17, 9]);
  });

  it('moves on by its stride, and reads zeros where the last window ends beyond the border', () => {
    const layer: TestLayer = { kind: 'conv', kernel: 3, stride: 2, padding: 1, padded: 2 };
    const ones = Array<number>(9).fill(1);
    expect(run([1, 3, 3], layer, image, [...ones, 0])).toEqual([12, 16, 24, 28]);
    expect(run([1, 2, 4], layer, [1, 2, 3, 4, 5, 6, 7, 8], [...ones, 0])).toEqual([14, 30]);
  });

  it('sums over channels, with a kernel and a bias a filter', () => {
    const two = [1, 2, 3, 4, 10, 20, 30, 40];
    // Filters: channel 0 by 1 and channel 1 by 0.5, then by -1 and 1.
    const out = run([2, 2, 2], { kind: 'conv', units: 2 }, two, [1, 0.5, -1, 1, 0, 100]);
    expect(out).toEqual([6, 12, 18, 24, 109, 118, 127, 136]);
  });

  it('adds what entered a block of layers before its activation', () => {
    const relu = { id: 'relu' };
    const layer: TestLayer = { kind: 'conv', skip: 1, activation: relu };
    expect(run([1, 1, 3], layer, [1, -1, 3], [-2, 0.5])).toEqual([0, 1.5, 0]);
  });

  it('is normalized by statistics of the batch, a channel', () => {
    const layer: TestLayer = { kind: 'conv', normalized: 'before' };
    // mean 2, variance 4 - ε: (x - 2) / 2 * 3 + 1
    const out = run([1, 1, 2], layer, [2, 6], [1, 3, 1], [2, 4 - 1e-5]);
    expect(out.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([1, 7]);
  });

  it('is normalized over the channels of a group and all of their pixels', () => {
    const layer: TestLayer = { kind: 'conv', units: 2, normalized: 'before', groups: 1 };
    const whole = run([1, 1, 2], layer, [1, 3], [1, -1, 1, 1, 0, 0]);
    // 1, 3, -1, -3: mean 0, variance 5.
    [1, 3, -1, -3].forEach((value, i) => expect(whole[i]).toBeCloseTo(value / Math.sqrt(5), 4));
    const apart = run([1, 1, 2], { ...layer, groups: 2 }, [1, 3], [1, -1, 1, 1, 0, 0]);
    [-1, 1, 1, -1].forEach((value, i) => expect(apart[i]).toBeCloseTo(value, 4));
  });

  it('has a learned number a channel, or one in all', () => {
    const layer: TestLayer = { kind: 'conv', units: 2, activation: { id: 'prelu', sharing: 0 }, learned: 2 };
    expect(run([1, 1, 2], layer, [-1, 2], [1, 1, 0, 0, 0.5, 0.25])).toEqual([-0.5, 2, -0.25, 2]);
  });

  it('puts a gate together from all first sums and all second ones, a channel', () => {
    const layer: TestLayer = { kind: 'conv', units: 2, pieces: 2, activation: { id: 'maxout', pieces: 2 } };
    expect(run([1, 1, 2], layer, [-1, 2], [1, 2, -1, -3, 0, 0, 0, 0])).toEqual([1, 2, 3, 4]);
  });

  it('learns the length of a filter apart from its direction', () => {
    const out = run([1, 2, 2], { kind: 'conv', kernel: 2, gain: true }, [1, 1, 1, 1], [3, 0, 4, 0, 1, 10]);
    expect(out[0]).toBeCloseTo((10 * 7) / 5 + 1, 5);
  });
});

describe('a pool', () => {
  const layer: TestLayer = { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' };
  const wide = [1, -2, 5, 4, -7, 3, 9, 0];

  it('takes the largest, or the mean', () => {
    expect(run([1, 2, 4], layer, wide, [])).toEqual([3, 9]);
    expect(run([1, 2, 4], { ...layer, pooling: 'mean' }, wide, [])).toEqual([-1.25, 4.5]);
  });

  it('leaves out what does not fill a window, and may overlap', () => {
    expect(run([1, 3, 3], layer, image, [])).toEqual([5]);
    expect(run([1, 3, 3], { ...layer, stride: 1 }, image, [])).toEqual([5, 6, 8, 9]);
  });

  it('passes on what is not a number', () => {
    expect(run([1, 2, 4], layer, [NaN, 2, 3, 4, 5, 6, 7, 8], [])).toEqual([NaN, 8]);
    expect(run([1, 2, 4], layer, [2, NaN, 3, 4, 5, 6, 7, 8], [])).toEqual([NaN, 8]);
  });

  it('takes the mean of everything', () => {
    expect(run([2, 2, 2], { kind: 'global_pool' }, [1, 2, 3, 4, 10, 20, 30, 40], [])).toEqual([2.5, 25]);
  });
});

const tanh = { id: 'tanh' };
const deep: TestLayer[] = [
  { kind: 'conv', units: 3, kernel: 3, padding: 1, activation: tanh, normalized: 'before' },
  { kind: 'conv', units: 3, kernel: 3, padding: 1, activation: tanh, skip: 2, normalized: 'after', groups: 3 },
  { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' },
  { kind: 'conv', units: 4, kernel: 5, stride: 2, padding: 2, activation: tanh, normalized: 'before', groups: 2 },
  { kind: 'dense', units: 6, activation: tanh },
  { kind: 'dense', units: 5 },
];

describe('a network on images', () => {
  const shape = [3, 9, 10];

  it('gives every sample of a batch what it gives it alone, also in slices', () => {
    const { layout, hidden, weights } = makeNetwork(shape, deep);
    const [alone, together] = [new Network(layout, hidden), new Network(layout, hidden)];
    const samples = 3;
    const random = noise(5);
    const batch = Float32Array.from({ length: product(shape) * samples }, random);
    together.begin(batch, samples, weights);
    while (!together.advance(0));
    for (let s = 0; s < samples; s++) {
      alone.forward(
        batch.filter((_, i) => i % samples === s),
        1,
        weights,
      );
      alone.outputs.forEach((values, layer) => {
        values.forEach((value, i) => expect(together.outputs[layer]![i * samples + s]).toBeCloseTo(value, 4));
      });
    }
  });

  it('is told by its layout', () => {
    const shapes = layerShapes(makeNetwork(shape, deep).layout);
    expect(shapes.map((layer) => [layer.channels, layer.pixels, layer.units, layer.fanIn])).toEqual([
      [3, 90, 270, 27],
      [3, 90, 270, 27],
      [3, 20, 60, 0],
      [4, 6, 24, 75],
      [6, 1, 6, 24],
      [5, 1, 5, 6],
    ]);
  });
});

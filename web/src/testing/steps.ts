/** A step of a network for tests, with just the numbers that a test is about. */
import { Network } from '../model/forward';
import { Rehearsed } from '../model/explained/rehearsed';
import type { RunConfig } from '../protocol/messages';
import type { Rehearsal } from '../protocol/rehearsal';
import { catalogue, variant } from './catalogue';
import { makeNetwork, type TestLayer } from './networks';
import { blocks, sumsOf } from './rehearsals';

const catalog = {
  ...catalogue,
  families: {
    ...catalogue.families,
    optimizers: [
      variant('walker', [], {
        working: {
          lines: [{ name: 'w', expression: 'w - g', when: '' }],
          symbols: { w: '\\theta', g: 'g' },
          slots: {},
          weights_only: [],
        },
      }),
    ],
    regularizers: [variant('shrinks', [], { decoupled: true, formula: 'decay' })],
    clippings: [variant('free', []), variant('bounds', [], { formula: 'bounded' })],
  },
};

/** A step of a network, of one sample or two, with these numbers. */
export function stepOf(
  layers: TestLayer[],
  numbers: Record<string, number[]>,
  {
    shape = [2],
    samples = 1,
    decay = 0,
    limit = 0,
  }: { shape?: number[]; samples?: number; decay?: number; limit?: number } = {},
): Rehearsed {
  const { layout, hidden } = makeNetwork(shape, layers);
  const arrays = blocks(numbers);
  const rehearsal: Rehearsal = {
    generation: 1,
    step: 0,
    epoch: 0,
    count: 2,
    shown: samples,
    sample: samples > 1 ? null : 0,
    indices: [0, 1],
    learningRate: 0.5,
    optimizerStep: 1,
    loss: 1,
    losses: new Float32Array(samples),
    arrays,
    sums: sumsOf(arrays, samples),
    optimizer: { id: 'walker', params: {}, slots: {} },
    averaging: null,
  };
  const config = structuredClone(catalogue.default_config);
  config.network.layers = layers.slice(1).map(() => ({ kind: 'full', activation: { id: 'bendy' } }));
  const clipping: RunConfig['training']['clipping'] = limit ? { id: 'bounds', limit } : { id: 'free' };
  const regularizers = decay ? [{ id: 'shrinks', rate: decay }] : [];
  config.training = { ...config.training, clipping, regularizers };
  return new Rehearsed(rehearsal, new Network(layout, hidden).layers, config, catalog);
}

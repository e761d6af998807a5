import { expect, it } from 'vitest';
import { Network } from '../model/forward';
import { makeNetwork, noise, type TestLayer } from '../testing/networks';
import { FeatureMaps } from './featureMaps';

const layers: TestLayer[] = [
  { kind: 'conv', units: 2, kernel: 3, padding: 1, activation: { id: 'tanh' } },
  { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' },
  { kind: 'dense', units: 3 },
];
const { layout, hidden, weights } = makeNetwork([1, 4, 4], layers);
const image = Float32Array.from({ length: 16 }, noise(9));

function shown(version: number, meaning = Float32Array.of(0.2, 0.3, 0.5)) {
  return { version, weights, meaning, target: 1, link: 'softmax' as const };
}

it('are there for networks on images only', () => {
  const dense = makeNetwork([4], [{ kind: 'dense', units: 2 }, { kind: 'dense' }]);
  expect(FeatureMaps.of(new Network(dense.layout, dense.hidden), dense.layout, dense.hidden)).toBeNull();
});

it('have gradients that begin with what the output says too much', () => {
  const network = new Network(layout, hidden);
  const maps = FeatureMaps.of(network, layout, hidden)!;
  network.forward(image, 1, weights);
  const [conv, pool, output] = maps.gradients(shown(1));
  [0.2, -0.7, 0.5].forEach((value, k) => expect(output![k]).toBeCloseTo(value, 6));
  // Eight windows in all, and one winner each.
  expect(conv!.filter((value) => value !== 0)).toHaveLength(8);
  expect(pool!.filter((value) => value !== 0)).toHaveLength(8);
  expect(maps.inputGradient.some((value) => value !== 0)).toBe(true);
  maps.gradients(shown(1, Float32Array.of(1, 0, 0)));
  expect(output![0], 'nothing is done twice for one pass').toBeCloseTo(0.2, 6);
});

it('change by what a step has changed in the weights', () => {
  const network = new Network(layout, hidden);
  const maps = FeatureMaps.of(network, layout, hidden)!;
  network.forward(image, 1, weights);
  const updates = new Float32Array(weights.params.length);
  // Of the output's last bias alone, which comes last of all.
  updates[updates.length - 1] = 0.25;
  const [conv, , output] = maps.changes(shown(1), updates);
  expect(Math.max(...conv!.map(Math.abs))).toBe(0);
  [0, 0, 0.25].forEach((value, k) => expect(output![k]).toBeCloseTo(value, 5));
});

import { describe, expect, it } from 'vitest';
import { makeNetwork } from '../testing/networks';
import { FilterHistory, filterLayers, weightsOf } from './filterHistory';
import { layerShapes } from './layout';

const { layout } = makeNetwork(
  [2, 6, 5],
  [
    { kind: 'conv', units: 3, kernel: 3, padding: 1, pieces: 2 },
    { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' },
    { kind: 'conv', units: 4, kernel: 2 },
    { kind: 'dense', units: 3 },
  ],
);
const layers = filterLayers(layerShapes(layout));
const params = (fill: number) => new Float32Array(layout.parameter_count).fill(fill);
const frame = (step: number, generation = 0) => ({ step, generation, params: params(step) });

describe('the layers whose weights are pictures', () => {
  it('are convolutions, with one kernel an input map', () => {
    expect(layers.map(({ layer, pictures, width }) => [layer.index, pictures, width])).toEqual([
      [1, 2, 3],
      [3, 3, 2],
    ]);
  });

  it('and the first dense layer where it looks at the image, also when it is the output', () => {
    const dense = makeNetwork([3, 4, 6], [{ kind: 'dense', units: 5 }, { kind: 'dense' }]);
    expect(filterLayers(layerShapes(dense.layout))).toMatchObject([
      { layer: { index: 1 }, pictures: 3, width: 6, height: 4 },
    ]);
    const bare = makeNetwork([1, 4, 4], [{ kind: 'dense', units: 5 }]);
    expect(filterLayers(layerShapes(bare.layout))).toMatchObject([{ layer: { index: 1, isOutput: true } }]);
    const points = makeNetwork([2], [{ kind: 'dense', units: 5 }, { kind: 'dense' }]);
    expect(filterLayers(layerShapes(points.layout))).toEqual([]);
  });

  it('give the first weighted sums, as copies', () => {
    const flat = params(0).map((_, i) => i);
    const [first, second] = weightsOf(layers, flat);
    expect(first).toEqual(flat.slice(0, 3 * 2 * 9));
    const offset = layers[1]!.layer.weight!.offset;
    expect(second).toEqual(flat.slice(offset, offset + 4 * 3 * 4));
    flat.fill(-1);
    expect(first![5]).toBe(5);
  });
});

describe('the history of filters', () => {
  it('keeps steps ever farther apart, the first one always', () => {
    const history = new FilterHistory(layers);
    for (let step = 0; step <= 1000; step++) history.take(frame(step));
    const steps = history.moments.map(({ step }) => step);
    expect(steps.slice(0, 4)).toEqual([0, 1, 2, 3]);
    const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
    expect(gaps.at(-1)).toBeGreaterThan(80);
    expect(history.moments.every(({ step, weights }) => weights[1]![0] === step)).toBe(true);
  });

  it('never holds more than it may, however long the run, and still reaches from the beginning to the present', () => {
    const history = new FilterHistory(layers, 12);
    let most = 0;
    for (let step = 0; step < 5e6; step += 1 + Math.floor(step / 50)) {
      history.take(frame(step));
      most = Math.max(most, history.moments.length);
    }
    expect(most).toBe(12);
    expect(history.moments[0]!.step).toBe(0);
    expect(history.moments.length).toBeGreaterThanOrEqual(6);
    expect(history.moments.at(-1)!.step).toBeGreaterThan(1e5);
  });

  it('holds fewer moments of larger networks', () => {
    const large = makeNetwork([3, 200, 200], [{ kind: 'dense', units: 5 }]);
    const history = new FilterHistory(filterLayers(layerShapes(large.layout)));
    const weights = new Float32Array(large.layout.parameter_count);
    for (let step = 0; step < 300; step++) history.take({ step, generation: 0, params: weights });
    expect(history.moments.length).toBeLessThanOrEqual(6);
    expect(history.moments.length).toBeGreaterThan(2);
  });

  it('begins anew with new weights, and takes no step twice', () => {
    const history = new FilterHistory(layers);
    history.take(frame(0));
    history.take(frame(7));
    const { version } = history;
    history.take(frame(7));
    expect([history.version, history.moments.length]).toEqual([version, 2]);
    history.take(frame(3, 1));
    expect(history.moments.map(({ step }) => step)).toEqual([3]);
  });

  it('finds what is left next to a step', () => {
    const history = new FilterHistory(layers);
    for (const step of [0, 10, 100]) history.take(frame(step));
    expect([0, 10, 40, 70, 5000].map((step) => history.placeOf(step))).toEqual([0, 1, 1, 2, 2]);
  });
});

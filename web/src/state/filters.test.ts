import { describe, expect, it } from 'vitest';
import type { Frame, Layout } from '../protocol/messages';
import { makeNetwork } from '../testing/networks';
import { Filters } from './filters.svelte';

const network = (units: number) =>
  makeNetwork([1, 4, 4], [{ kind: 'conv', units, kernel: 2 }, { kind: 'dense' }]).layout;
const frame = (layout: Layout, step: number, generation = 0) =>
  ({ step, generation, params: new Float32Array(layout.parameter_count) }) as Frame;

describe('the filters that are looked at', () => {
  it('stay with settings that leave the network as it is, and begin anew with another network', () => {
    const layout = network(3);
    const filters = new Filters();
    filters.take(frame(layout, 4), layout);
    filters.take(frame(layout, 9), structuredClone(layout));
    expect(filters.history.moments.map(({ step }) => step)).toEqual([4, 9]);
    const other = network(5);
    filters.take(frame(layout, 12), other);
    expect(filters.history.moments).toEqual([]);
    filters.take(frame(other, 1), other);
    expect(filters.layers.map(({ layer }) => layer.channels)).toEqual([5]);
  });

  it('follow the run again when it has new weights', () => {
    const layout = network(3);
    const filters = new Filters();
    filters.take(frame(layout, 4), layout);
    filters.step = 4;
    filters.take(frame(layout, 9), layout);
    expect(filters.step).toBe(4);
    filters.take(frame(layout, 0, 1), layout);
    expect(filters.step).toBeNull();
  });

  it('are none of a network on points', () => {
    const { layout } = makeNetwork([2], [{ kind: 'dense', units: 3 }, { kind: 'dense' }]);
    const filters = new Filters();
    filters.take(frame(layout, 1), layout);
    expect([filters.layers, filters.history.moments]).toEqual([[], []]);
  });
});

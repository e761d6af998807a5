import { describe, expect, it } from 'vitest';
import { definedOf, parted } from './places';

const charts = (...ids: string[]) => ids.map((id) => ({ id }));
const shown = (probes: string[][], room: number) =>
  parted(
    probes.map((ids) => charts(...ids)),
    room,
  ).map((place) => place.map(({ id }) => id).join());

describe('places of measured charts', () => {
  it('are one a chart where there is room', () => {
    expect(shown([['a', 'b'], ['c']], 3)).toEqual(['a', 'b', 'c']);
  });

  it('are one a probe where that fits, else as few as there is room for', () => {
    expect(shown([['a', 'b'], ['c'], ['d', 'e']], 3)).toEqual(['a,b', 'c', 'd,e']);
    expect(shown([['a', 'b'], ['c'], ['d', 'e']], 1)).toEqual(['a,b,c,d,e']);
    expect(shown([['a', 'b', 'c', 'd', 'e']], 3)).toEqual(['a,b', 'c,d', 'e']);
    expect(shown([], 2)).toEqual([]);
  });
});

describe('quantities and arrays', () => {
  const layout = {
    rows: [
      { layer: 1, tensor: null },
      { layer: 2, tensor: null },
    ],
    quantities: ['a', 'b', 'c'],
    arrays: ['n', 'm'],
    length: 2,
  };

  it('are defined where some row has a value, and are not known before they are measured', () => {
    expect(definedOf(layout, Float32Array.of(NaN, 1, NaN, 5, NaN, NaN, NaN, NaN, 2, NaN, NaN, NaN, NaN, NaN))).toBe(
      '01010',
    );
    expect(definedOf(layout, undefined)).toBe('11111');
  });
});

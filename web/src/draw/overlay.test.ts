import { describe, expect, it } from 'vitest';
import { overlay, spread, valueAt } from './overlay';

describe('curves of several runs', () => {
  it('share the places of all of them, and say nothing where they have none', () => {
    const joined = overlay([
      { x: [0, 10, 20], y: [1, null, 3] },
      { x: [5, 10], y: [7, 8] },
      { x: [], y: [] },
    ]);
    expect(joined[0]).toEqual([0, 5, 10, 20]);
    expect(joined[1]).toEqual([1, undefined, null, 3]);
    expect(joined[2]).toEqual([undefined, 7, 8, undefined]);
    expect(joined[3]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('go through places where nothing was measured, and stop only at a gap', () => {
    const joined = overlay([{ x: [0, 5, 10, 15], y: [1, undefined, null, 3] }]);
    expect(joined[1]).toStrictEqual([1, undefined, null, 3]);
  });

  it('are read at a place or just before it', () => {
    const values = [undefined, 4, null, undefined, 6];
    expect([0, 1, 3, 4, 9].map((place) => valueAt(values, place))).toEqual([undefined, 4, 4, 6, 6]);
  });
});

describe('labels at the ends of curves', () => {
  it('stay where they want to be if there is room', () => {
    expect(spread([80, 10, 40], [12, 12, 12], 0, 100)).toEqual([80, 10, 40]);
  });

  it('keep apart, in their order, within the chart', () => {
    expect(spread([50, 50, 50], [12, 12, 12], 0, 100)).toEqual([50, 62, 74]);
    expect(spread([99, 98, 97], [12, 12, 12], 0, 100)).toEqual([100, 88, 76]);
    expect(spread([-5, -9], [12, 12], 0, 100)).toEqual([12, 0]);
    expect(spread([50, 51, 52], [12, 24, 12], 0, 100)).toEqual([50, 68, 86]);
  });
});

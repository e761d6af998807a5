import { describe, expect, it } from 'vitest';
import { features } from '../generated/formulas';
import { columnMeans, featureMatrix, gridPoints, gridSide, PLANE, placeRows, preprocess, sliceRows } from './inputs';

describe('preprocessing', () => {
  const samples = Float32Array.of(1, 2, 3, 5);

  it('subtracts the offset, scales, and lays out feature-major', () => {
    const out = preprocess(samples, 2, { offset: Float32Array.of(1, 1), matrix: Float32Array.of(2, 10) });
    expect([...out]).toEqual([0, 4, 10, 40]);
  });

  it('mixes features by a full matrix', () => {
    const out = preprocess(samples, 2, { offset: Float32Array.of(0, 0), matrix: Float32Array.of(1, 1, 0, 1) });
    expect([...out]).toEqual([1, 3, 3, 8]);
  });

  it('writes over what a buffer held that is used again', () => {
    const fitted = { offset: Float32Array.of(0, 0), matrix: Float32Array.of(1, 1, 0, 1) };
    const out = new Float32Array(4).fill(9);
    expect(preprocess(samples, 2, fitted, out)).toBe(out);
    expect([...out]).toEqual([1, 3, 3, 8]);
  });
});

describe('the plane', () => {
  it('is sampled at pixel centres, the top left first', () => {
    const points = gridPoints(2);
    expect([...points]).toEqual([
      -PLANE / 2,
      PLANE / 2,
      PLANE / 2,
      PLANE / 2,
      -PLANE / 2,
      -PLANE / 2,
      PLANE / 2,
      -PLANE / 2,
    ]);
  });

  it('becomes the chosen features, in their order', () => {
    const [first, second] = Object.keys(features).slice(0, 2) as [string, string];
    const out = featureMatrix(Float32Array.of(3, 4), [second, first]);
    expect([...out]).toEqual([features[second]!(3, 4), features[first]!(3, 4)]);
    expect(() => featureMatrix(Float32Array.of(3, 4), ['no_such'])).toThrow('no_such');
  });

  it('is drawn coarser the larger the network is, within bounds', () => {
    expect(gridSide(40, 12)).toBe(64);
    expect(gridSide(134, 23)).toBeGreaterThanOrEqual(48);
    expect(gridSide(2000, 260)).toBeLessThan(64);
    expect(gridSide(8e6, 16_000)).toBe(16);
  });
});

describe('a table', () => {
  const rows = Float32Array.of(1, 2, 3, 5, 6, 10);

  it('is pictured over two of its columns, the others at their mean', () => {
    const means = columnMeans(rows, 3);
    expect([...means]).toEqual([3, 4, 6.5]);
    expect([...sliceRows(Float32Array.of(-1, 7), means, [2, 0])]).toEqual([7, 4, -1]);
    expect([...sliceRows(Float32Array.of(-1, 7), Float32Array.of(3), [0, -1])]).toEqual([-1]);
  });

  it('places its rows in that picture', () => {
    expect([...placeRows(rows, 3, [2, 0])]).toEqual([3, 1, 10, 5]);
    expect([...placeRows(Float32Array.of(4, 5), 1, [0, -1])]).toEqual([4, 0, 5, 0]);
  });
});

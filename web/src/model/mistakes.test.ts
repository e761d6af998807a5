import { describe, expect, it } from 'vitest';
import { samplesOfCell, verdictOf, worstMistakes } from './mistakes';

// Six samples, three classes: right, wrong, right, wrong and sure, unknown, as wrong as the second but less sure.
const columns = [
  [0.8, 0.1, 0.1],
  [0.2, 0.7, 0.1],
  [0.1, 0.2, 0.7],
  [0.05, 0.9, 0.05],
  [NaN, NaN, NaN],
  [0.2, 0.35, 0.45],
];
const values = Float32Array.from([0, 1, 2].flatMap((k) => columns.map((shares) => shares[k]!)));
const targets = Float32Array.of(0, 0, 2, 2, 1, 0);

describe('mistakes', () => {
  it('are told with both classes and their probabilities', () => {
    const verdict = verdictOf(values, targets, 3, 3);
    expect(verdict).toMatchObject({ sample: 3, truth: 2, said: 1 });
    expect(verdict.share).toBeCloseTo(0.9);
    expect(verdict.truthShare).toBeCloseTo(0.05);
    expect(verdictOf(values, targets, 3, 4)).toMatchObject({ said: -1, share: NaN });
  });

  it('come the worst first, and only as many as wanted', () => {
    expect(worstMistakes(values, targets, 3, 9).map(({ sample }) => sample)).toEqual([3, 1, 5]);
    expect(worstMistakes(values, targets, 3, 1).map(({ sample }) => sample)).toEqual([3]);
    expect(worstMistakes(new Float32Array(18).fill(NaN), targets, 3, 9)).toEqual([]);
  });

  it('are what lies in a cell beside the diagonal', () => {
    const cell = (truth: number, said: number) =>
      samplesOfCell(values, targets, 3, truth, said).map((one) => one.sample);
    expect(cell(0, 0)).toEqual([0]);
    expect(cell(0, 1)).toEqual([1]);
    expect(cell(0, 2)).toEqual([5]);
    expect(cell(1, 1)).toEqual([]);
  });
});

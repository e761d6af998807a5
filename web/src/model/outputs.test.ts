import { describe, expect, it } from 'vitest';
import {
  carries,
  confusionMatrix,
  goodnessOfFit,
  labelCounts,
  linkOf,
  outputValues,
  predictedClass,
  probabilities,
  signConfusion,
} from './outputs';

describe('what logits mean', () => {
  it('depends on the task and on what the loss serves', () => {
    expect(linkOf('binary', ['regression', 'binary'])).toBe('identity');
    expect(linkOf('binary', ['binary'])).toBe('logistic');
    expect(linkOf('multiclass', ['multiclass'])).toBe('softmax');
    expect(linkOf('multilabel', ['multilabel'])).toBe('each');
  });

  it('is 2 p − 1 for two classes', () => {
    const out = new Float32Array(3);
    outputValues(Float32Array.of(0, Math.log(3), -1000), out, 3, 'logistic');
    expect(out[0]).toBe(0);
    expect(out[1]).toBeCloseTo(0.5, 6);
    expect(out[2]).toBeCloseTo(-1, 6);
  });

  it('is a probability of its own for each label', () => {
    const out = new Float32Array(4);
    probabilities(Float32Array.of(0, Math.log(3), 1000, NaN), out, 2, 2, 'each');
    expect([...out].map((p) => Number(p.toFixed(6)))).toEqual([0.5, 0.75, 1, NaN]);
  });

  it('is a softmax that does not overflow', () => {
    const out = new Float32Array(4);
    // [class][sample]: sample 0 has logits 1000 and 1000, sample 1 has 0 and log 3.
    probabilities(Float32Array.of(1000, 0, 1000, Math.log(3)), out, 2, 2, 'softmax');
    expect([...out].map((p) => Number(p.toFixed(6)))).toEqual([0.5, 0.25, 0.5, 0.75]);
  });

  it('is a share of what is positive where outputs are the prediction itself, else all for the largest', () => {
    const out = new Float32Array(4);
    probabilities(Float32Array.of(0.75, -3, 0.25, -2), out, 2, 2, 'identity');
    expect([...out]).toEqual([0.75, 0, 0.25, 1]);
  });

  it('stays NaN where a logit is', () => {
    const out = new Float32Array(2);
    probabilities(Float32Array.of(NaN, 1), out, 2, 1, 'softmax');
    expect([...out].every(Number.isNaN)).toBe(true);
    expect(predictedClass(out, 2, 1, 0)).toBe(-1);
  });

  it('is counted by truth and prediction, without samples that have none', () => {
    const values = Float32Array.of(0.9, 0.2, NaN, 0.1, 0.8, NaN);
    expect([...confusionMatrix(values, Float32Array.of(0, 0, 1), 2)]).toEqual([1, 1, 0, 0]);
  });
});

describe('labels of which a sample may carry several', () => {
  it('are the bits of its target', () => {
    expect([0, 1, 2].map((k) => carries(5, k))).toEqual([true, false, true]);
  });

  it('are found, missed and invented, each for itself', () => {
    // [label][sample]: of label 0 samples 0 and 1 are told, of label 1 none, and a NaN is no yes.
    const values = Float32Array.of(0.9, 0.8, 0.2, 0.1, 0.1, NaN, 0.2, 0.4);
    const counts = labelCounts(values, Float32Array.of(1, 2, 3, 0), 2);
    expect(counts[0]).toEqual({ found: 1, missed: 1, invented: 1, precision: 0.5, recall: 0.5 });
    expect(counts[1]).toEqual({ found: 0, missed: 2, invented: 0, precision: NaN, recall: 0 });
  });
});

describe('own results', () => {
  it('counts two classes by the sign, and leaves out what is no number', () => {
    const values = Float32Array.of(-0.5, 0.5, 0.2, -0.1, NaN);
    expect([...signConfusion(values, Float32Array.of(-1, -1, 1, 1, 1))]).toEqual([1, 1, 1, 1]);
  });

  it('measures how well a regression fits', () => {
    const targets = Float32Array.of(0, 1, 2, 3);
    expect(goodnessOfFit(targets, targets)).toEqual({ r2: 1, rmse: 0 });
    const { r2, rmse } = goodnessOfFit(Float32Array.of(1.5, 1.5, 1.5, 1.5), targets);
    expect(r2).toBeCloseTo(0);
    expect(rmse).toBeCloseTo(Math.sqrt(1.25));
    expect(goodnessOfFit(Float32Array.of(NaN, 1, 2, 3), targets).r2).toBeNaN();
  });
});

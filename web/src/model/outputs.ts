/** What the logits mean: the value or the probabilities that a person is shown. */

import { hyperbolicTangent } from './elementary';
import type { Task } from '../protocol/messages';

/**
 * How logits become what is shown. `identity`: they are the prediction itself (losses that also serve regression);
 * `logistic`: two classes at -1 and +1, shown as 2 p - 1; `softmax`: one probability a class, all of which sum to one;
 * `each`: one probability a label, whatever those of the others are.
 */
export type Link = 'identity' | 'logistic' | 'softmax' | 'each';

/** `lossTasks` are the tasks that the chosen loss serves, from the catalogue. */
export function linkOf(task: Task, lossTasks: readonly string[]): Link {
  if (lossTasks.includes('regression')) return 'identity';
  if (task === 'multilabel') return 'each';
  return task === 'multiclass' ? 'softmax' : 'logistic';
}

/** [n] values in [-1, 1] of the only output unit (identity is not clipped). */
export function outputValues(logits: Float32Array, out: Float32Array, count: number, link: Link): void {
  if (link === 'identity') out.set(logits.subarray(0, count));
  else for (let s = 0; s < count; s++) out[s] = hyperbolicTangent(logits[s]! / 2);
}

/**
 * [classes][n] probabilities. With `identity` the outputs are clipped to [0, 1] and made to sum to one; where none is
 * positive, the largest takes all. With `each` they do not sum to one.
 */
export function probabilities(
  logits: Float32Array,
  out: Float32Array,
  classes: number,
  count: number,
  link: Link,
): void {
  if (link === 'each') {
    for (let i = 0; i < classes * count; i++) out[i] = (1 + hyperbolicTangent(logits[i]! / 2)) / 2;
    return;
  }
  for (let s = 0; s < count; s++) {
    let top = -Infinity;
    for (let k = 0; k < classes; k++) {
      const value = logits[k * count + s]!;
      // A comparison would drop NaN; it must stay visible.
      if (!(value <= top)) top = value;
    }
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const logit = logits[k * count + s]!;
      const mass = link === 'identity' ? Math.min(1, Math.max(0, logit)) : Math.exp(logit - top);
      out[k * count + s] = mass;
      sum += mass;
    }
    for (let k = 0; k < classes; k++) {
      if (sum === 0) out[k * count + s] = logits[k * count + s] === top ? 1 : 0;
      else out[k * count + s]! /= sum;
    }
  }
}

/** The most probable class of sample `s`, or -1 when the outputs are not numbers. */
export function predictedClass(values: Float32Array, classes: number, count: number, s: number): number {
  let best = 0;
  for (let k = 0; k < classes; k++) {
    const value = values[k * count + s]!;
    if (Number.isNaN(value)) return -1;
    if (value > values[best * count + s]!) best = k;
  }
  return best;
}

/** [2, 2] counts of two classes at -1 and +1 by the sign of the value, row = truth, column = prediction. */
export function signConfusion(values: Float32Array, targets: Float32Array): Int32Array {
  const counts = new Int32Array(4);
  for (let s = 0; s < targets.length; s++) {
    const value = values[s]!;
    if (!Number.isNaN(value)) counts[(targets[s]! > 0 ? 2 : 0) + (value > 0 ? 1 : 0)]!++;
  }
  return counts;
}

/**
 * How well values predict targets: R² = 1 - Σ(y - ŷ)² / Σ(y - ȳ)², and the root of the mean squared error in the
 * targets' unit. NaN where a value is none or there is no target.
 */
export function goodnessOfFit(values: Float32Array, targets: Float32Array): { r2: number; rmse: number } {
  const count = targets.length;
  let mean = 0;
  for (const target of targets) mean += target / count;
  let residual = 0;
  let total = 0;
  for (let s = 0; s < count; s++) {
    residual += (targets[s]! - values[s]!) ** 2;
    total += (targets[s]! - mean) ** 2;
  }
  return { r2: 1 - residual / total, rmse: Math.sqrt(residual / count) };
}

/** [classes, classes] counts, row = truth, column = prediction; samples without a prediction are left out. */
export function confusionMatrix(values: Float32Array, targets: Float32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes * classes);
  for (let s = 0; s < targets.length; s++) {
    const predicted = predictedClass(values, classes, targets.length, s);
    if (predicted >= 0) counts[targets[s]! * classes + predicted]!++;
  }
  return counts;
}

/** Whether a sample carries a label: bit k of its target says so of label k. */
export function carries(target: number, label: number): boolean {
  return ((target >> label) & 1) === 1;
}

/** How one label was told on a set of samples: `found` of those that carry it, `missed`, and `invented` ones. */
export interface LabelCounts {
  found: number;
  missed: number;
  invented: number;
  /** Of all samples that were said to carry it, the share that does; NaN where there is none. */
  precision: number;
  /** Of all samples that carry it, the share that was found; NaN where there is none. */
  recall: number;
}

/** What was said of every label; `values` is [labels][samples] probabilities, and one above a half is a yes. */
export function labelCounts(values: Float32Array, targets: Float32Array, labels: number): LabelCounts[] {
  return Array.from({ length: labels }, (_, k) => {
    let found = 0;
    let missed = 0;
    let invented = 0;
    targets.forEach((target, s) => {
      const said = values[k * targets.length + s]! > 0.5;
      if (said && carries(target, k)) found++;
      else if (said) invented++;
      else if (carries(target, k)) missed++;
    });
    return { found, missed, invented, precision: found / (found + invented), recall: found / (found + missed) };
  });
}

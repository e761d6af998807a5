/** Which samples a network takes for something else, and how sure it is of that. */
import { predictedClass } from './outputs';

export interface Verdict {
  readonly sample: number;
  readonly truth: number;
  /** The most probable class; -1 where the outputs are not numbers. */
  readonly said: number;
  /** Of what was said, and of the truth. */
  readonly share: number;
  readonly truthShare: number;
}

/** `values` is [classes][samples] probabilities, `targets` the true classes. */
export function verdictOf(values: Float32Array, targets: Float32Array, classes: number, sample: number): Verdict {
  const count = targets.length;
  const said = predictedClass(values, classes, count, sample);
  const truth = targets[sample]!;
  return {
    sample,
    truth,
    said,
    share: said < 0 ? NaN : values[said * count + sample]!,
    truthShare: values[truth * count + sample]!,
  };
}

/** The samples of one cell of the confusion matrix, in their order. */
export function samplesOfCell(
  values: Float32Array,
  targets: Float32Array,
  classes: number,
  truth: number,
  said: number,
): Verdict[] {
  const found: Verdict[] = [];
  for (let sample = 0; sample < targets.length; sample++) {
    if (targets[sample] !== truth) continue;
    const verdict = verdictOf(values, targets, classes, sample);
    if (verdict.said === said) found.push(verdict);
  }
  return found;
}

/**
 * The `most` mistakes with the highest loss, the worst first: the cross-entropy of a sample is -ln of the truth's
 * probability, so the least probability comes first, and among equals the greatest certainty of what was said.
 */
export function worstMistakes(values: Float32Array, targets: Float32Array, classes: number, most: number): Verdict[] {
  const mistakes: Verdict[] = [];
  for (let sample = 0; sample < targets.length; sample++) {
    const verdict = verdictOf(values, targets, classes, sample);
    if (verdict.said >= 0 && verdict.said !== verdict.truth) mistakes.push(verdict);
  }
  mistakes.sort((a, b) => a.truthShare - b.truthShare || b.share - a.share || a.sample - b.sample);
  return mistakes.slice(0, most);
}

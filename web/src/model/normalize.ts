/** Normalization in inference, in place. Buffers are feature-major, `[unit][sample]`. Pure. */

/** One unit after another by statistics that are known: y = scale x + shift. */
export function affine(values: Float32Array, unit: number, samples: number, scale: number, shift: number): void {
  for (let i = unit * samples; i < (unit + 1) * samples; i++) values[i] = scale * values[i]! + shift;
}

/** What normalizing within a sample needs to know. */
export interface Within {
  readonly units: number;
  /** Of neighbouring units, each normalized by itself. */
  readonly groups: number;
  readonly epsilon: number;
  readonly samples: number;
  /** [units] each. */
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

let means = new Float64Array(0);
let inverses = new Float64Array(0);

/** Each sample by its own mean and variance, over each group of units. */
export function normalizeWithin(values: Float32Array, { units, groups, epsilon, samples, gamma, beta }: Within): void {
  if (means.length < samples) [means, inverses] = [new Float64Array(samples), new Float64Array(samples)];
  const size = units / groups;
  for (let start = 0; start < units; start += size) {
    means.fill(0);
    inverses.fill(0);
    for (let unit = start; unit < start + size; unit++) {
      for (let s = 0, i = unit * samples; s < samples; s++, i++) means[s]! += values[i]!;
    }
    for (let s = 0; s < samples; s++) means[s]! /= size;
    for (let unit = start; unit < start + size; unit++) {
      for (let s = 0, i = unit * samples; s < samples; s++, i++) inverses[s]! += (values[i]! - means[s]!) ** 2;
    }
    for (let s = 0; s < samples; s++) inverses[s] = 1 / Math.sqrt(inverses[s]! / size + epsilon);
    for (let unit = start; unit < start + size; unit++) {
      const [scale, shift] = [gamma[unit]!, beta[unit]!];
      for (let s = 0, i = unit * samples; s < samples; s++, i++) {
        values[i] = scale * (values[i]! - means[s]!) * inverses[s]! + shift;
      }
    }
  }
}

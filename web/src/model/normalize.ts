/** Normalization in inference, in place. Buffers are feature-major, `[unit][sample]`. Pure. */

/** Some rows by statistics that are known: y = scale x + shift. */
export function affine(values: Float32Array, from: number, count: number, scale: number, shift: number): void {
  for (let i = from; i < from + count; i++) values[i] = scale * values[i]! + shift;
}

/** What normalizing within a sample needs to know. */
export interface Within {
  readonly channels: number;
  /** Rows of each channel. */
  readonly pixels: number;
  /** Of neighbouring channels, each normalized by itself, over all of its pixels. */
  readonly groups: number;
  readonly epsilon: number;
  readonly samples: number;
  /** [channels] each. */
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

let means = new Float64Array(0);
let inverses = new Float64Array(0);

/** Each sample by its own mean and variance, over each group of channels and their pixels. */
export function normalizeWithin(values: Float32Array, within: Within): void {
  const { channels, pixels, groups, epsilon, samples, gamma, beta } = within;
  if (means.length < samples) [means, inverses] = [new Float64Array(samples), new Float64Array(samples)];
  const size = (channels / groups) * pixels;
  for (let start = 0; start < channels * pixels; start += size) {
    means.fill(0);
    inverses.fill(0);
    for (let row = start, i = row * samples; row < start + size; row++) {
      for (let s = 0; s < samples; s++, i++) means[s]! += values[i]!;
    }
    for (let s = 0; s < samples; s++) means[s]! /= size;
    for (let row = start, i = row * samples; row < start + size; row++) {
      for (let s = 0; s < samples; s++, i++) inverses[s]! += (values[i]! - means[s]!) ** 2;
    }
    for (let s = 0; s < samples; s++) inverses[s] = 1 / Math.sqrt(inverses[s]! / size + epsilon);
    for (let row = start, i = row * samples; row < start + size; row++) {
      const channel = Math.floor(row / pixels);
      const [scale, shift] = [gamma[channel]!, beta[channel]!];
      for (let s = 0; s < samples; s++, i++) values[i] = scale * (values[i]! - means[s]!) * inverses[s]! + shift;
    }
  }
}

/**
 * The way back, for one sample and in place: `gradient` of what was normalized to that of what it was made from,
 * `before`. With y = γ x̂ + β and g = γ dy: dx = (g - mean(g) - x̂ mean(g x̂)) / σ (Ba et al. 2016, for each group).
 */
export function normalizeWithinBack(gradient: Float32Array, before: Float32Array, within: Within): void {
  const { channels, pixels, groups, epsilon, gamma } = within;
  const size = (channels / groups) * pixels;
  for (let start = 0; start < channels * pixels; start += size) {
    let mean = 0;
    for (let i = start; i < start + size; i++) mean += before[i]! / size;
    let variance = 0;
    for (let i = start; i < start + size; i++) variance += (before[i]! - mean) ** 2 / size;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    let sum = 0;
    let along = 0;
    for (let i = start; i < start + size; i++) {
      const g = gradient[i]! * gamma[Math.floor(i / pixels)]!;
      sum += g / size;
      along += (g * (before[i]! - mean) * inverse) / size;
    }
    for (let i = start; i < start + size; i++) {
      const g = gradient[i]! * gamma[Math.floor(i / pixels)]!;
      gradient[i] = inverse * (g - sum - (before[i]! - mean) * inverse * along);
    }
  }
}

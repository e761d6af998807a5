/** What enters an activation: the distribution of a layer's weighted sums, and how much of it lies where nothing is learned. */

import type { Activation, Parameters } from '../generated/formulas';

/** Bars of the histogram, over [-reach, reach]; what lies farther out stands in the outermost ones. */
export const BARS = 48;
/** Below this slope a sum hardly changes anything, and hardly a gradient comes through. */
export const FLAT = 0.05;
/** Ends of the axis; the smallest that holds nearly all sums is taken. */
const REACHES = [4, 6, 10, 15, 25, 50, 100, 250, 1000, 1e4, 1e6];
/** The share that an axis has to hold. */
const NEARLY_ALL = 0.99;
/** An axis is made shorter only when the next one would do by so much, so that it does not jump to and fro. */
const SLACK = 0.8;

export interface Sums {
  /** The axis goes from -reach to reach. */
  readonly reach: number;
  /** [BARS] the share of the sums in each. */
  readonly bars: Float32Array;
  /** The share of the sums at which the activation is flat. */
  readonly flat: number;
  /** Units that are flat for every sample. */
  readonly dead: number;
  readonly units: number;
}

/** The end of the axis for sums: `before` is where it is, 0 at first. Sums that are not numbers count for nothing. */
export function reachOf(sums: Float32Array, before: number): number {
  const beyond = REACHES.map(() => 0);
  let counted = 0;
  for (const sum of sums) {
    if (Number.isNaN(sum)) continue;
    counted++;
    const magnitude = Math.abs(sum);
    for (let i = 0; i < REACHES.length && magnitude > REACHES[i]!; i++) beyond[i]!++;
  }
  const holds = (index: number, share: number) => beyond[index]! <= (1 - share) * counted;
  const needed = REACHES.findIndex((_, index) => holds(index, NEARLY_ALL));
  const smallest = REACHES[needed === -1 ? REACHES.length - 1 : needed]!;
  if (smallest >= before) return smallest;
  // Shorter: only when there is room to spare.
  const within = sums.reduce((count, sum) => count + Number(Math.abs(sum) <= SLACK * smallest), 0);
  return within >= NEARLY_ALL * counted ? smallest : before;
}

/**
 * `sums` is [units][samples]; `slope` the activation's derivative, with its parameters or, where parts of the units have
 * learned their own, with those of each part; `before` the axis as it is, 0 at first.
 */
export function describeSums(
  sums: Float32Array,
  units: number,
  slope: Activation,
  parameters: readonly Parameters[],
  before: number,
): Sums {
  const reach = reachOf(sums, before);
  const bars = new Float32Array(BARS);
  const slopes = new Float32Array(sums.length);
  const part = sums.length / parameters.length;
  parameters.forEach((own, i) => {
    slope(sums.subarray(i * part, (i + 1) * part), slopes.subarray(i * part, (i + 1) * part), part, own);
  });
  const samples = sums.length / units;
  let flat = 0;
  let dead = 0;
  let counted = 0;
  for (let unit = 0; unit < units; unit++) {
    let ofUnit = 0;
    for (let i = unit * samples; i < (unit + 1) * samples; i++) {
      const sum = sums[i]!;
      if (Number.isNaN(sum)) continue;
      counted++;
      const place = Math.floor(((sum + reach) / (2 * reach)) * BARS);
      bars[Math.min(BARS - 1, Math.max(0, place))]!++;
      if (Math.abs(slopes[i]!) < FLAT) ofUnit++;
    }
    flat += ofUnit;
    if (ofUnit === samples) dead++;
  }
  if (counted) for (let bar = 0; bar < BARS; bar++) bars[bar]! /= counted;
  return { reach, bars, flat: counted ? flat / counted : NaN, dead, units };
}

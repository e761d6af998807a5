/** What a gate makes of the weighted sums that enter it, over one of their inputs. Pure. */

import type { Gate } from '../generated/formulas';
import { scaleOf, type LayerPlan, type Weights } from './plan';

/** A weighted sum as a line: slope * x + offset. */
export interface Line {
  readonly slope: number;
  readonly offset: number;
}

export interface GateCurves {
  readonly x: Float32Array;
  /** One a weighted sum. */
  readonly lines: readonly Float32Array[];
  /** What comes out of the gate. */
  readonly value: Float32Array;
}

/** The input is drawn from -REACH to REACH. */
export const REACH = 3;
const POINTS = 121;
/** Ends of the vertical axis; the smallest that holds all values is taken, so that it does not tremble. */
const ENDS = [1, 2, 4, 6, 10, 15, 25, 50, 100, 250, 1000, 1e4, 1e6];

/** Lines for a gate of which nothing else is known: tangents of a parabola, which show what each kind is for. */
export function exampleLines(pieces: number): Line[] {
  return Array.from({ length: pieces }, (_, j) => {
    const slope = (4 * j) / (pieces - 1) - 2;
    return { slope, offset: (-slope * slope) / 4 };
  });
}

/** The input that moves a unit's weighted sums most. */
export function strongestInput(
  { weight, units, pieces, fanIn }: LayerPlan,
  unit: number,
  params: Float32Array,
): number {
  let best = 0;
  let most = -1;
  for (let input = 0; input < fanIn; input++) {
    let sum = 0;
    for (let j = 0; j < pieces; j++) sum += Math.abs(params[weight!.offset + (j * units + unit) * fanIn + input]!);
    if (sum > most) [best, most] = [input, sum];
  }
  return best;
}

/** A unit's weighted sums over one of its inputs, the others being zero. */
export function linesOf(plan: LayerPlan, unit: number, input: number, weights: Weights): Line[] {
  return Array.from({ length: plan.pieces }, (_, j) => {
    const sum = j * plan.units + unit;
    const { scale, shift } = scaleOf(plan, sum, weights);
    return { slope: scale * weights.params[plan.weight!.offset + sum * plan.fanIn + input]!, offset: shift };
  });
}

export function gateCurves(gate: Gate, lines: readonly Line[]): GateCurves {
  const x = Float32Array.from({ length: POINTS }, (_, i) => REACH * ((2 * i) / (POINTS - 1) - 1));
  const sums = new Float32Array(POINTS * lines.length);
  lines.forEach(({ slope, offset }, j) => x.forEach((at, i) => (sums[j * POINTS + i] = slope * at + offset)));
  const value = new Float32Array(POINTS);
  gate(sums, value, POINTS, lines.length);
  return { x, lines: lines.map((_, j) => sums.subarray(j * POINTS, (j + 1) * POINTS)), value };
}

/** The end of the vertical axis, which goes as far below zero. */
export function verticalEnd({ lines, value }: GateCurves): number {
  let most = 0;
  for (const curve of [...lines, value]) for (const y of curve) if (Math.abs(y) > most) most = Math.abs(y);
  return ENDS.find((end) => end >= most) ?? ENDS[ENDS.length - 1]!;
}

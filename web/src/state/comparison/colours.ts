/** One colour a run, the same in every curve, badge and panel. Pure. */

import { css, parseColour } from '../../draw/palette';

/**
 * Neighbours differ in hue and in lightness, so that they stay apart for every kind of colour vision, in thin lines and on
 * a projector. Light themes need darker ones than dark themes.
 */
const RUNS = [
  ['#0080db', '#6dc8ff'],
  ['#e3423e', '#dc551d'],
  ['#288c72', '#00b84f'],
  ['#6e3367', '#ef01b4'],
  ['#7f7100', '#ffda1e'],
  ['#3a00f8', '#a452fe'],
  ['#00209b', '#00ffd2'],
  ['#7e0002', '#fe929f'],
] as const;

/** The colour of a run by its place in the comparison, over a ground of this colour. */
export function runColour(index: number, ground: string): string {
  const [red, green, blue] = parseColour(ground);
  const pair = RUNS[index % RUNS.length]!;
  return css(parseColour(pair[red + green + blue < 384 ? 1 : 0]));
}

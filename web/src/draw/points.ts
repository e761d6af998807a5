/** Samples of the plane as dots: filled with their class or value, ringed so that they stand out from the map. */
import { PLANE } from '../model/inputs';
import type { Context } from './heatmap';
import { carries } from '../model/outputs';
import { classColour, css, labelsColour, rampColour, type Palette, type Rgb } from './palette';

export interface Points {
  /** [n, 2] */
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly count: number;
}

/** Values of a regression are told apart in this many colours. */
const SHADES = 17;

/** The colour of a target: a class index, a set of labels in bits, or a value in [-1, 1]. */
export function targetColour(palette: Palette, target: number, task: string, classes: number): Rgb {
  if (task === 'multiclass') return classColour(palette, target);
  if (task === 'multilabel') {
    const colours = Array.from({ length: classes }, (_, k) => classColour(palette, k));
    return labelsColour(palette.unknown, colours, (k) => Number(carries(target, k)));
  }
  return rampColour(palette, Math.round(target * ((SHADES - 1) / 2)) / ((SHADES - 1) / 2));
}

/** Draws onto a square of `side` points. `hollow` dots (the test set) are rings of their colour. */
export function drawPoints(
  context: Context,
  points: Points,
  palette: Palette,
  side: number,
  task: string,
  classes: number,
  hollow: boolean,
): void {
  const radius = Math.max(1.6, Math.min(3.2, (side / 90) * (points.count > 1200 ? 0.6 : 1)));
  const scale = side / (2 * PLANE);
  const groups = new Map<string, number[]>();
  for (let s = 0; s < points.count; s++) {
    const colour = css(targetColour(palette, points.targets[s]!, task, classes));
    const group = groups.get(colour);
    if (group) group.push(s);
    else groups.set(colour, [s]);
  }
  for (const [colour, samples] of groups) {
    context.beginPath();
    for (const s of samples) {
      const x = (points.inputs[2 * s]! + PLANE) * scale;
      const y = (PLANE - points.inputs[2 * s + 1]!) * scale;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    if (hollow) {
      context.lineWidth = 3;
      context.strokeStyle = palette.card;
      context.stroke();
      context.lineWidth = 1.5;
      context.strokeStyle = colour;
      context.stroke();
    } else {
      context.fillStyle = colour;
      context.fill();
      context.lineWidth = 1.1;
      context.strokeStyle = palette.card;
      context.stroke();
    }
  }
}

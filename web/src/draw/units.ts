/** A number for every unit of a layer, beside the one it is read against: a dot, and a bar where the other is. Pure. */
import { drawAxes, frameAt, marginsOf, SIZES, type FigureAxis, type Frame } from './figure';
import type { Palette } from './palette';
import type { Surface } from './surface';

export interface UnitsFigure {
  readonly values: ArrayLike<number>;
  /** What each is read against; without it, zero. */
  readonly against: ArrayLike<number> | null;
  readonly colour: string;
  /** Units are counted from 1. */
  readonly xAxis: FigureAxis;
  readonly yAxis: FigureAxis;
}

/** Of the room that a unit has: what a bar takes, and a dot at most. */
const [BAR, DOT] = [0.8, 0.32];
/** In sizes of the text. */
const [WIDEST_BAR, LARGEST_DOT] = [1.5, 0.36];
const SMALLEST_DOT = 1;

/** Which unit's room is at a place of the frame, counted from 0. */
export function unitAt({ left, width }: Pick<Frame, 'left' | 'width'>, units: number, x: number): number {
  return Math.max(0, Math.min(units - 1, Math.floor(((x - left) / width) * units)));
}

export function drawUnits(
  surface: Surface,
  palette: Palette,
  figure: UnitsFigure,
  width: number,
  height: number,
  size: number = SIZES.small,
): Frame {
  const { values, against, colour, xAxis, yAxis } = figure;
  const { left, right, top, bottom } = marginsOf(size);
  const frame = frameAt(figure, { left, top, width: width - left - right, height: height - top - bottom });
  drawAxes(surface, palette, { xAxis, yAxis }, frame, size);
  const pitch = frame.width / Math.max(1, values.length);
  const bar = Math.min(BAR * pitch, WIDEST_BAR * size);
  const dot = Math.max(SMALLEST_DOT, Math.min(DOT * pitch, LARGEST_DOT * size));
  // What a logarithmic axis has no place for is not drawn.
  const place = (value: number | undefined) =>
    value === undefined || !Number.isFinite(value) || (yAxis.logarithmic && value <= 0) ? null : frame.y(value);
  const ground = yAxis.logarithmic ? frame.top + frame.height : frame.y(0);
  for (let unit = 0; unit < values.length; unit++) {
    const x = frame.x(unit + 1);
    const from = against ? place(against[unit]) : ground;
    const to = place(values[unit]);
    if (from !== null && to !== null) {
      surface.globalAlpha = 0.55;
      surface.strokeStyle = colour;
      surface.lineWidth = 1;
      line(surface, x, from, x, to);
      surface.globalAlpha = 1;
    }
    if (against && from !== null) {
      surface.strokeStyle = palette.ink2;
      surface.lineWidth = size > SIZES.small ? 2.5 : 2;
      line(surface, x - bar / 2, from, x + bar / 2, from);
    }
    if (to === null) continue;
    surface.fillStyle = colour;
    surface.beginPath();
    surface.arc(x, to, dot, 0, 2 * Math.PI);
    surface.fill();
  }
  return frame;
}

function line(surface: Surface, x1: number, y1: number, x2: number, y2: number): void {
  surface.beginPath();
  surface.moveTo(x1, y1);
  surface.lineTo(x2, y2);
  surface.stroke();
}

/** A chart: axes with units, bands, curves, and what stands behind them. Pure: data in, strokes out. */
import { linearTicks, powerTicks, type Range, type Tick } from './axes';
import type { Values } from './curves';
import type { Palette } from './palette';
import { textWidth } from './shorten';
import type { Surface } from './surface';
import { drawSymbol } from './symbols';

export interface FigureCurve {
  readonly values: Values;
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  /** How much of it shows: 1 is all. */
  readonly alpha?: number;
  /** Filled between these, in a colour of its own. */
  readonly band?: { readonly low: Values; readonly high: Values; readonly fill: string };
  /** A dot at every value, each in its colour. */
  readonly dots?: readonly string[];
}

export interface FigureAxis {
  readonly range: Range;
  readonly logarithmic: boolean;
  /** The symbol or unit of what is measured: stands at the axis' end. */
  readonly unit: string;
  /** Where it is named itself; else ticks stand at round numbers. */
  readonly ticks?: readonly Tick[];
  /** Counted: no tick between two whole numbers. */
  readonly whole?: boolean;
  /** How numbers are written beside a linear axis, where not as they are. */
  readonly format?: (value: number) => string;
}

export interface Figure {
  /** Where the values stand; a row each. */
  readonly x: readonly number[];
  readonly curves: readonly FigureCurve[];
  readonly xAxis: FigureAxis;
  readonly yAxis: FigureAxis;
  /** A stretch of the y axis that is drawn softly behind the curves. */
  readonly stretch?: Range;
}

/** Where the values lie on the surface. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

export const SIZES = { small: 10.5, large: 14 } as const;
const MOST_DOTS_RADIUS = 3;

/** The frame of a figure on a surface of that size, with text of `size` points. */
function frameOf(
  { xAxis, yAxis }: Pick<Figure, 'xAxis' | 'yAxis'>,
  width: number,
  height: number,
  size: number,
): Frame {
  const { left, right, top, bottom } = marginsOf(size);
  return frameAt({ xAxis, yAxis }, { left, top, width: width - left - right, height: height - top - bottom });
}

/** The room that numbers and units of `size` points take around the values. */
export function marginsOf(size: number): { left: number; right: number; top: number; bottom: number } {
  return {
    left: Math.round(4 * size),
    right: Math.round(1.3 * size),
    top: Math.round(1.55 * size),
    bottom: Math.round(2 * size),
  };
}

/** A frame whose values lie in that box. */
export function frameAt(
  { xAxis, yAxis }: Pick<Figure, 'xAxis' | 'yAxis'>,
  box: Pick<Frame, 'left' | 'top' | 'width' | 'height'>,
): Frame {
  return {
    ...box,
    x: scale(xAxis, box.left, box.left + box.width),
    y: scale(yAxis, box.top + box.height, box.top),
  };
}

function scale({ range: [low, high], logarithmic }: FigureAxis, from: number, to: number): (value: number) => number {
  const place = logarithmic ? Math.log10 : (value: number) => value;
  const first = place(low);
  const factor = (to - from) / (place(high) - first || 1);
  return (value) => from + (place(value) - first) * factor;
}

/** Draws a figure; returns where its values lie. */
export function drawFigure(
  surface: Surface,
  palette: Palette,
  figure: Figure,
  width: number,
  height: number,
  size: number = SIZES.small,
): Frame {
  const frame = frameOf(figure, width, height, size);
  drawAxes(surface, palette, figure, frame, size);
  surface.save();
  surface.beginPath();
  surface.rect(frame.left - 3, frame.top - 3, frame.width + 6, frame.height + 6);
  surface.clip();
  surface.lineJoin = 'round';
  for (const { band } of figure.curves) if (band) drawBand(surface, figure.x, band, frame);
  for (const curve of figure.curves) drawCurve(surface, figure.x, curve, frame);
  surface.restore();
  return frame;
}

/** Grid, numbers and units. */
export function drawAxes(
  surface: Surface,
  palette: Palette,
  { xAxis, yAxis, stretch }: Pick<Figure, 'xAxis' | 'yAxis' | 'stretch'>,
  frame: Frame,
  size: number,
): void {
  const { left, top, width, height } = frame;
  const [right, bottom] = [left + width, top + height];
  if (stretch) {
    const above = Math.max(top, frame.y(stretch[1]));
    const below = Math.min(bottom, frame.y(stretch[0]));
    surface.fillStyle = palette.soft;
    if (below > above) surface.fillRect(left, above, width, below - above);
  }
  surface.font = `${size}px ${palette.font}`;
  surface.lineWidth = 1;
  surface.strokeStyle = palette.line;
  surface.fillStyle = palette.ink3;
  surface.textAlign = 'right';
  surface.textBaseline = 'middle';
  const rows = Math.max(1, Math.floor(height / (1.6 * size)));
  for (const { at, text } of yAxis.ticks ?? ticksOf(yAxis, Math.min(rows, size > SIZES.small ? 10 : 6))) {
    const y = Math.round(frame.y(at)) + 0.5;
    surface.beginPath();
    surface.moveTo(left, y);
    surface.lineTo(right, y);
    surface.stroke();
    surface.fillText(text, left - 5, y);
  }
  surface.textBaseline = 'top';
  const columns = Math.max(1, Math.floor(width / (5 * size)));
  // The unit, if there is one, has the last place of the row of numbers.
  const reserved = xAxis.unit ? right - textWidth(xAxis.unit, size) : Infinity;
  surface.textAlign = 'center';
  for (const { at, text } of xAxis.ticks ?? ticksOf(xAxis, columns)) {
    const x = frame.x(at);
    if (x + textWidth(text, size) / 2 < reserved) surface.fillText(text, x, bottom + 0.5 * size);
  }
  surface.textAlign = 'right';
  surface.fillText(xAxis.unit, right + size, bottom + 0.5 * size);
  surface.textBaseline = 'bottom';
  // Clear of the topmost line, which a curve may run along.
  drawSymbol(surface, palette.font, yAxis.unit, left + 2, top - 4, size);
}

function ticksOf({ range: [one, other], logarithmic, whole, format }: FigureAxis, count: number): Tick[] {
  // An axis may run the other way.
  const range = [Math.min(one, other), Math.max(one, other)] as const;
  return logarithmic ? powerTicks(range, count) : linearTicks(range, count, whole, format);
}

/** What is missing is drawn through; a null is a gap. */
function drawCurve(surface: Surface, x: readonly number[], curve: FigureCurve, frame: Frame): void {
  const { values } = curve;
  surface.globalAlpha = curve.alpha ?? 1;
  surface.strokeStyle = curve.colour;
  surface.lineWidth = curve.width;
  surface.setLineDash(curve.dash ? [...curve.dash] : []);
  surface.beginPath();
  let drawing = false;
  for (let row = 0; row < x.length; row++) {
    const value = values[row];
    if (value === undefined) continue;
    if (value === null) {
      drawing = false;
      continue;
    }
    const [px, py] = [frame.x(x[row]!), frame.y(value)];
    if (drawing) surface.lineTo(px, py);
    else surface.moveTo(px, py);
    // A value between two gaps would not show.
    if (!drawing && isGap(values, row + 1)) surface.lineTo(px + 1, py);
    drawing = true;
  }
  surface.stroke();
  surface.setLineDash([]);
  if (curve.dots) drawDots(surface, x, curve, frame);
  surface.globalAlpha = 1;
}

function isGap(values: Values, from: number): boolean {
  let row = from;
  while (row < values.length && values[row] === undefined) row++;
  return row >= values.length || values[row] === null;
}

function drawDots(surface: Surface, x: readonly number[], { values, dots }: FigureCurve, frame: Frame): void {
  const radius = Math.min(MOST_DOTS_RADIUS, Math.max(1.2, frame.width / x.length / 3));
  x.forEach((at, row) => {
    const value = values[row];
    if (value === undefined || value === null) return;
    surface.fillStyle = dots![row]!;
    surface.beginPath();
    surface.arc(frame.x(at), frame.y(value), radius, 0, 2 * Math.PI);
    surface.fill();
  });
}

function drawBand(surface: Surface, x: readonly number[], band: NonNullable<FigureCurve['band']>, frame: Frame): void {
  surface.fillStyle = band.fill;
  let rows: number[] = [];
  const flush = () => {
    if (rows.length > 1) {
      surface.beginPath();
      rows.forEach((row, i) => {
        const [px, py] = [frame.x(x[row]!), frame.y(band.high[row]!)];
        if (i === 0) surface.moveTo(px, py);
        else surface.lineTo(px, py);
      });
      for (let i = rows.length - 1; i >= 0; i--) surface.lineTo(frame.x(x[rows[i]!]!), frame.y(band.low[rows[i]!]!));
      surface.closePath();
      surface.fill();
    }
    rows = [];
  };
  for (let row = 0; row < x.length; row++) {
    const [low, high] = [band.low[row], band.high[row]];
    if (low === undefined || high === undefined) continue;
    if (low === null || high === null) flush();
    else rows.push(row);
  }
  flush();
}

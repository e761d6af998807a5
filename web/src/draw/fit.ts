/** Two plots of a person's own data: predictions against targets, and the curve over a single input. */
import { formatNumber } from './format';
import type { Context } from './heatmap';
import { css, type Palette, type Rgb } from './palette';

/** A plot's axis: the range in its own unit, and its name. */
export interface PlotAxis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** Numbers stand from here on; what lies below is no part of the scale. */
  readonly from?: number;
}

export interface Dots {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly colour: Rgb;
  readonly hollow?: boolean;
}

export interface Plot {
  readonly across: PlotAxis;
  readonly up: PlotAxis;
  readonly dots: readonly Dots[];
  /** Lines through points in units of the axes; a muted one is a mark to compare with. */
  readonly lines: readonly { x: ArrayLike<number>; y: ArrayLike<number>; colour: string; muted?: boolean }[];
}

const LEFT = 58;
const BOTTOM = 32;
const EDGE = 8;
/** More dots than this hide each other: every k-th is drawn. */
const MOST_DOTS = 3000;

export function drawPlot(context: Context, plot: Plot, palette: Palette, width: number, height: number): void {
  const x = scaleOf(plot.across, LEFT, width - EDGE);
  const y = scaleOf(plot.up, height - BOTTOM, EDGE);
  context.clearRect(0, 0, width, height);
  drawGrid(context, plot, palette, x, y, width, height);
  context.save();
  context.beginPath();
  context.rect(LEFT, EDGE, width - LEFT - EDGE, height - BOTTOM - EDGE);
  context.clip();
  for (const line of plot.lines.filter((one) => one.muted)) drawLine(context, line, x, y);
  for (const dots of plot.dots) drawDots(context, dots, palette, x, y);
  for (const line of plot.lines.filter((one) => !one.muted)) drawLine(context, line, x, y);
  context.restore();
}

type Scale = (value: number) => number;

function scaleOf({ low, high }: PlotAxis, from: number, to: number): Scale {
  return (value) => from + ((value - low) / (high - low)) * (to - from);
}

/** Round numbers within [low, high], about `count` of them: multiples of 1, 2 or 5 times a power of ten. */
export function roundTicks({ low, high }: Pick<PlotAxis, 'low' | 'high'>, count: number): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  // Dividing by a power of ten keeps 0.3 from becoming 0.30000000000000004.
  const tick = (i: number) => (step < 1 ? i / Math.round(1 / step) : i * step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    step > 1e-9 ? tick(first + i) : (first + i) * step,
  );
}

function drawGrid(
  context: Context,
  { across, up }: Plot,
  palette: Palette,
  x: Scale,
  y: Scale,
  width: number,
  height: number,
): void {
  context.font = `10px ${palette.font}`;
  context.fillStyle = palette.ink3;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of roundTicks(across, Math.max(2, Math.floor(width / 80)))) {
    context.moveTo(Math.round(x(tick)) + 0.5, EDGE);
    context.lineTo(Math.round(x(tick)) + 0.5, height - BOTTOM);
    context.fillText(label(tick), x(tick), height - BOTTOM + 4);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of roundTicks({ low: up.from ?? up.low, high: up.high }, Math.max(2, Math.floor(height / 50)))) {
    context.moveTo(LEFT, Math.round(y(tick)) + 0.5);
    context.lineTo(width - EDGE, Math.round(y(tick)) + 0.5);
    context.fillText(label(tick), LEFT - 5, y(tick));
  }
  context.stroke();
  context.fillStyle = palette.ink2;
  context.font = `600 10px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'bottom';
  context.fillText(across.name, (LEFT + width - EDGE) / 2, height - 1, width - LEFT - EDGE);
  context.save();
  context.translate(1, (EDGE + height - BOTTOM) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = 'top';
  context.fillText(up.name, 0, 0, height - BOTTOM - EDGE);
  context.restore();
}

/** Whole numbers without decimals, others as everywhere. */
function label(tick: number): string {
  if (Number.isInteger(tick) && Math.abs(tick) < 1e5) return String(tick).replace('-', '−');
  return formatNumber(tick);
}

function drawDots(
  context: Context,
  { x: xs, y: ys, colour, hollow }: Dots,
  palette: Palette,
  x: Scale,
  y: Scale,
): void {
  const every = Math.ceil(xs.length / MOST_DOTS);
  const radius = xs.length > 400 ? 2 : 2.8;
  context.beginPath();
  for (let s = 0; s < xs.length; s += every) {
    if (!Number.isFinite(ys[s]!)) continue;
    context.moveTo(x(xs[s]!) + radius, y(ys[s]!));
    context.arc(x(xs[s]!), y(ys[s]!), radius, 0, 2 * Math.PI);
  }
  context.lineWidth = hollow ? 1.4 : 0.8;
  context.strokeStyle = hollow ? css(colour) : palette.card;
  if (!hollow) {
    context.fillStyle = css(colour, 0.8);
    context.fill();
  }
  context.stroke();
}

function drawLine(context: Context, line: Plot['lines'][number], x: Scale, y: Scale): void {
  context.beginPath();
  context.setLineDash(line.muted ? [4, 4] : []);
  for (let s = 0; s < line.x.length; s++) {
    // What is not a number breaks the line.
    if (!Number.isFinite(line.y[s]!)) continue;
    if (s > 0 && Number.isFinite(line.y[s - 1]!)) context.lineTo(x(line.x[s]!), y(line.y[s]!));
    else context.moveTo(x(line.x[s]!), y(line.y[s]!));
  }
  context.lineWidth = line.muted ? 1 : 2.4;
  context.strokeStyle = line.colour;
  context.stroke();
  context.setLineDash([]);
}

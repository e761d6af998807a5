/** An activation and its derivative, and beneath them, over the same axis, the sums that enter it. */
import type { ActivationTwin, Parameters } from '../generated/formulas';
import { BARS, FLAT, type Sums } from '../model/sums';
import type { Context } from './heatmap';
import { css, type Palette, type Rgb } from './palette';

export interface ActivationPicture {
  readonly twin: ActivationTwin;
  readonly parameters: Parameters;
  /** Where units have learned their own: those at both ends, between which all curves lie. */
  readonly ends?: readonly [Parameters, Parameters] | null;
  /** The axis goes from -reach to reach. */
  readonly reach: number;
  /** Null where there is no layer to look into, or nothing came out of it yet. */
  readonly sums: Sums | null;
  readonly palette: Palette;
  readonly colour: Rgb;
}

/** What the axis shows at least where no sums say more. */
const USUAL_REACH = 4;
/** A slope that changes by more than this between two points has a corner there. */
const CORNER = 0.2;

const POINTS = 241;
const LEFT = 24;
const RIGHT = 6;
const TOP = 6;
/** Room for the numbers beneath the axis, and between curves and histogram. */
const BOTTOM = 15;
const GAP = 8;
/** Of the height, what the histogram gets. */
const SHARE = 0.3;

export interface Curves {
  readonly x: Float32Array;
  readonly value: Float32Array;
  readonly slope: Float32Array;
}

/** Function and derivative over [-reach, reach]. */
export function sampleCurves({ forward, derivative }: ActivationTwin, parameters: Parameters, reach: number): Curves {
  const x = Float32Array.from({ length: POINTS }, (_, i) => reach * ((2 * i) / (POINTS - 1) - 1));
  const value = new Float32Array(POINTS);
  const slope = new Float32Array(POINTS);
  forward(x, value, POINTS, parameters);
  derivative(x, slope, POINTS, parameters);
  return { x, value, slope };
}

/** How far the axis goes where no sums say more: twice as far as usual where the function has a corner out there. */
export function usualReach(twin: ActivationTwin, parameters: Parameters): number {
  const { x, slope } = sampleCurves(twin, parameters, 2 * USUAL_REACH);
  const corner = x.some((at, i) => i > 0 && Math.abs(at) > USUAL_REACH && Math.abs(slope[i]! - slope[i - 1]!) > CORNER);
  return corner ? 2 * USUAL_REACH : USUAL_REACH;
}

/** The vertical axis that holds both curves, with zero, and a little air. */
export function verticalRange({ value, slope }: Curves): [low: number, high: number] {
  let low = -0.1;
  let high = 0.1;
  for (const curve of [value, slope]) {
    for (const y of curve) {
      if (y < low) low = y;
      if (y > high) high = y;
    }
  }
  const air = 0.06 * (high - low);
  return [low - air, high + air];
}

/** Round numbers within a range, two to four of them, zero among them. */
export function roundNumbers(low: number, high: number): number[] {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

function label(value: number): string {
  const text =
    Math.abs(value) >= 1e4 ? value.toExponential(0).replace('e+', 'e') : String(Number(value.toPrecision(3)));
  return text.replace('-', '−');
}

export function drawActivation(context: Context, picture: ActivationPicture, width: number, height: number): void {
  const { twin, parameters, ends, reach, sums, palette, colour } = picture;
  const curves = sampleCurves(twin, parameters, reach);
  const [low, high] = verticalRange(curves);
  const foot = height - BOTTOM;
  const split = sums ? foot - Math.round(SHARE * foot) : foot;
  const bottom = sums ? split - GAP : split;
  const toX = (x: number) => LEFT + ((x / reach + 1) / 2) * (width - LEFT - RIGHT);
  const toY = (y: number) => bottom - ((y - low) / (high - low)) * (bottom - TOP);

  context.clearRect(0, 0, width, height);
  context.lineWidth = 1;
  context.font = `10px ${palette.font}`;
  context.fillStyle = palette.ink3;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  for (const y of roundNumbers(low, high)) {
    line(context, y === 0 ? palette.ink3 : palette.line, LEFT, toY(y), width - RIGHT, toY(y));
    context.fillText(label(y), LEFT - 5, toY(y));
  }
  line(context, palette.ink3, toX(0), TOP, toX(0), foot);
  context.textBaseline = 'alphabetic';
  for (const [x, align] of [
    [-reach, 'left'],
    [0, 'center'],
    [reach, 'right'],
  ] as const) {
    context.textAlign = align;
    context.fillText(label(x), toX(x), height - 3);
  }

  if (ends)
    drawBand(
      context,
      ends.map((end) => sampleCurves(twin, end, reach)),
      colour,
      toX,
      toY,
    );
  context.lineJoin = 'round';
  context.lineWidth = 1.5;
  context.strokeStyle = palette.ink2;
  context.setLineDash([4, 3]);
  trace(context, curves.x, curves.slope, toX, toY);
  context.setLineDash([]);
  context.lineWidth = 2.25;
  context.strokeStyle = css(colour);
  trace(context, curves.x, curves.value, toX, toY);
  if (sums) drawSums(context, picture, sums, { toX, top: split, foot });
}

/** The area between two curves. */
function drawBand(context: Context, [low, high]: Curves[], colour: Rgb, toX: Scale, toY: Scale): void {
  context.beginPath();
  low!.x.forEach((x, i) => context.lineTo(toX(x), toY(low!.value[i]!)));
  for (let i = high!.x.length - 1; i >= 0; i--) context.lineTo(toX(high!.x[i]!), toY(high!.value[i]!));
  context.fillStyle = css(colour, 0.22);
  context.fill();
}

function line(context: Context, colour: string, x0: number, y0: number, x1: number, y1: number): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

type Scale = (value: number) => number;

function trace(context: Context, x: Float32Array, y: Float32Array, toX: Scale, toY: Scale): void {
  context.beginPath();
  for (let i = 0; i < x.length; i++) {
    if (Number.isFinite(y[i]!)) context.lineTo(toX(x[i]!), toY(y[i]!));
  }
  context.stroke();
}

/** Bars in the layer's colour; paler where the activation is flat. */
function drawSums(
  context: Context,
  { twin, parameters, palette, colour }: ActivationPicture,
  { bars, reach }: Sums,
  { toX, top, foot }: { toX: Scale; top: number; foot: number },
): void {
  const middles = Float32Array.from({ length: BARS }, (_, i) => reach * ((2 * (i + 0.5)) / BARS - 1));
  const slopes = new Float32Array(BARS);
  twin.derivative(middles, slopes, BARS, parameters);
  const most = Math.max(...bars) || 1;
  const wide = toX(2 * reach * (1 / BARS)) - toX(0);
  bars.forEach((bar, i) => {
    const tall = (bar / most) * (foot - top);
    if (tall === 0) return;
    context.fillStyle = Math.abs(slopes[i]!) < FLAT ? css(palette.unknown) : css(colour);
    context.fillRect(
      toX(middles[i]!) - wide / 2,
      foot - Math.max(1, tall),
      Math.max(1, wide - 0.75),
      Math.max(1, tall),
    );
  });
  line(context, palette.ink3, toX(-reach), foot, toX(reach), foot);
}

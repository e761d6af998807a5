/** uPlot in the page's look: thin lines, quiet axes, whole powers of ten on a log axis, one cursor for all charts. */
import uPlot from 'uplot';
import { superscript } from './format';
import type { Palette } from './palette';

export interface CurveStyle {
  readonly label: string;
  readonly colour: string;
  readonly width?: number;
  readonly dash?: readonly number[];
  /** Not drawn itself: the edge of a band. */
  readonly edge?: boolean;
}

export interface ChartStyle {
  readonly palette: Palette;
  readonly curves: readonly CurveStyle[];
  /** Filled between two curves, counted from 0. */
  readonly bands: readonly { readonly from: number; readonly to: number; readonly fill: string }[];
  readonly logarithmic: boolean;
  /** A linear axis begins at 0. */
  readonly fromZero: boolean;
  /** A linear axis reaches at least this far. */
  readonly reach?: readonly [number, number];
  /** A stretch of the y axis that is drawn softly behind the curves. */
  readonly stretch?: readonly [number, number];
  /** The cursor is at this row, or nowhere. */
  readonly oncursor: (row: number | null) => void;
}

const SYNC = 'dynamics';
const FEWEST_STEPS = 10;
/** Distances between ticks. Steps and epochs are counted; a diverging loss goes to the end of float32. */
const STEPS = roundSizes(0, 12);
const SIZES = roundSizes(-12, 39);

function roundSizes(from: number, to: number): number[] {
  const powers = Array.from({ length: to - from }, (_, i) => from + i);
  return powers.flatMap((power) => [1, 2, 5].map((factor) => Number(`${factor}e${power}`)));
}

export function createChart(host: HTMLElement, style: ChartStyle, width: number, height: number): uPlot {
  const { palette } = style;
  const axis: uPlot.Axis = {
    stroke: palette.ink3,
    font: `10.5px ${palette.font}`,
    ticks: { show: false },
    border: { show: false },
  };
  return new uPlot(
    {
      width,
      height,
      legend: { show: false },
      padding: [8, 16, 0, 0],
      cursor: {
        sync: { key: SYNC },
        drag: { x: false, y: false },
        points: { size: 6 },
        y: false,
      },
      scales: {
        x: { time: false, range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(FEWEST_STEPS, high ?? 0)] },
        y: style.logarithmic
          ? { distr: 3, log: 10, range: (_, low, high) => decades(low, high) }
          : { range: (_, low, high) => linearRange(style, low, high) },
      },
      axes: [
        {
          ...axis,
          incrs: STEPS,
          size: 22,
          gap: 4,
          space: 64,
          grid: { show: false },
          values: (_, ticks) => ticks.map(formatTick),
        },
        {
          ...axis,
          size: 42,
          gap: 5,
          space: 20,
          grid: { stroke: palette.line, width: 1 },
          ...(style.logarithmic
            ? {
                splits: (chart) => powers(chart.scales['y']!),
                filter: (_, ticks) => ticks,
                values: (_, ticks) => ticks.map(formatPower),
              }
            : { incrs: SIZES, values: (_, ticks) => ticks.map(formatTick) }),
        },
      ],
      series: [
        {},
        ...style.curves.map((curve): uPlot.Series => ({
          label: curve.label,
          stroke: curve.edge ? 'transparent' : curve.colour,
          width: curve.edge ? 0 : (curve.width ?? 1.8),
          ...(curve.dash ? { dash: [...curve.dash] } : {}),
          points: { show: false },
          spanGaps: false,
        })),
      ],
      bands: style.bands.map(({ from, to, fill }) => ({ series: [from + 1, to + 1], fill, dir: -1 })),
      hooks: {
        drawClear: [(chart) => drawStretch(chart, style)],
        setCursor: [(chart) => style.oncursor(chart.cursor.idx ?? null)],
      },
    },
    [[], ...style.curves.map(() => [])],
    host,
  );
}

/** Whole decades around the values; one at least. */
export function decades(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !(low > 0)) return [0.1, 1];
  const from = Math.floor(Math.log10(low) + 1e-9);
  const to = Math.ceil(Math.log10(high) - 1e-9);
  return [10 ** from, 10 ** Math.max(from + 1, to)];
}

function powers(scale: uPlot.Scale): number[] {
  const from = Math.round(Math.log10(scale.min ?? 0.1));
  const to = Math.round(Math.log10(scale.max ?? 1));
  const stride = Math.ceil((to - from) / 5) || 1;
  return Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, i) => 10 ** (from + i * stride));
}

/** Whole steps of a round size around the values, so that the axis stands still and its ends have numbers. */
export function linearRange(
  { fromZero, reach }: Pick<ChartStyle, 'fromZero' | 'reach'>,
  low: number | null,
  high: number | null,
): [number, number] {
  const from = Math.min(low ?? 0, reach?.[0] ?? Infinity, fromZero ? 0 : Infinity);
  const to = Math.max(high ?? 1, reach?.[1] ?? -Infinity);
  const step = roundStep((to - from || Math.abs(to) || 1) / 8);
  const bottom = Math.floor(from / step + 1e-9) * step;
  const top = Math.ceil(to / step - 1e-9) * step;
  return [bottom, top > bottom ? top : bottom + step];
}

/** 1, 2 or 5 times a power of ten, at least `size`. */
function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * ([1, 2, 5].find((factor) => factor * power >= size * 0.999) ?? 10);
}

function drawStretch(chart: uPlot, { stretch, palette }: ChartStyle): void {
  if (!stretch) return;
  const { left, top, width, height } = chart.bbox;
  const above = Math.max(top, chart.valToPos(stretch[1], 'y', true));
  const below = Math.min(top + height, chart.valToPos(stretch[0], 'y', true));
  if (below <= above) return;
  chart.ctx.fillStyle = palette.soft;
  chart.ctx.fillRect(left, above, width, below - above);
}

function formatTick(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9 || (magnitude > 0 && magnitude < 1e-4)) return scientific(value);
  if (magnitude >= 1e6) return `${trim(value / 1e6)} M`;
  if (magnitude >= 1e4) return `${trim(value / 1e3)} k`;
  return trim(value);
}

/** "2·10¹³": as short as the axis needs it. */
function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(0).split('e') as [string, string];
  return `${mantissa.replace('-', '−')}·10${superscript(Number(exponent))}`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(5))).replace('-', '−');
}

function formatPower(value: number): string {
  const exponent = Math.round(Math.log10(value));
  return exponent === 0 ? '1' : `10${superscript(exponent)}`;
}

/** From a chart's plan and its data to the figure that is drawn: over time, or by depth. Pure. */
import { decades, formatTick, linearRange, type Range } from '../../draw/axes';
import type { CurveData, Values } from '../../draw/curves';
import type { Figure, FigureAxis, FigureCurve } from '../../draw/figure';
import { css, parseColour, type Palette } from '../../draw/palette';
import type { ChartPlan } from './plan';

const FEWEST_STEPS = 10;
/** How many earlier profiles lie behind the present one. */
const PAST = 9;
/** More lines than these are thinner. */
const FEW_LINES = 8;
const FADED = 0.16;
/** How strongly the band between a line's edges shows; bands of more lines than these would hide one another. */
const BAND = 0.14;
const LINES_WITH_BANDS = 6;
/** Of more layers than these only the first, the last and every fifth have their numbers below a profile. */
const MANY_LAYERS = 12;

/** How it is drawn, beside its plan. */
export interface Drawn {
  readonly palette: Palette;
  readonly logarithmic: boolean;
  readonly epochs: boolean;
  /** The layer that stands out. */
  readonly layer: number | null;
  readonly xUnit: string;
  /** Up to where the x axis reaches at least: all charts over time end at the same step. */
  readonly until: number;
}

const valuesOf = (data: CurveData, line: number, edge: 0 | 1 | 2): Values => data[3 * line + 1 + edge] as Values;

/** Which of a plan's quantities are drawn: a line's edges only where there is a band between them. */
export function drawnOf(
  { lines }: Pick<ChartPlan, 'lines'>,
  byDepth: boolean,
  standsOut: number | null,
): (index: number) => boolean {
  const all = byDepth || lines.length <= LINES_WITH_BANDS;
  return (index) => all || index % 3 === 2 || (standsOut !== null && lines[Math.floor(index / 3)]!.layer === standsOut);
}

/** The curve itself of a plan's line. */
export function curveOf(data: CurveData, line: number): Values {
  return valuesOf(data, line, 2);
}

/** What the y axis of a plan reaches, with these values. */
export function yAxis(plan: ChartPlan, logarithmic: boolean, values: Iterable<Values>): FigureAxis {
  let low: number | null = null;
  let high: number | null = null;
  for (const each of values) {
    for (const value of each) {
      if (value === null || value === undefined) continue;
      if (low === null || value < low) low = value;
      if (high === null || value > high) high = value;
    }
  }
  const range: Range = logarithmic ? decades(low, high) : linearRange(plan, low, high);
  return { range, logarithmic, unit: plan.unit, ...(plan.share ? { format: percent } : {}) };
}

function percent(share: number): string {
  return formatTick(Number((100 * share).toPrecision(12)));
}

/** From the first step to the last; what is measured only while someone looks begins where it was first looked at. */
function timeRange({ source }: ChartPlan, x: readonly number[], { epochs, until }: Drawn): Range {
  const least = epochs ? 1 : FEWEST_STEPS;
  const last = Math.max(least, until, x.at(-1) ?? 0);
  return [source === undefined ? Math.min(0, x[0] ?? 0) : Math.max(0, Math.min(x[0] ?? 0, last - least)), last];
}

/** Every line over steps or epochs. */
export function timeFigure(plan: ChartPlan, data: CurveData, drawn: Drawn): Figure {
  const { logarithmic, epochs, layer, xUnit } = drawn;
  const banded = plan.lines.length <= LINES_WITH_BANDS;
  const some = plan.lines.some((line) => line.layer !== null && line.layer === layer);
  const curves = plan.lines.map((line, i): FigureCurve => {
    const standsOut = some && line.layer === layer;
    const faded = some && !standsOut;
    const width = standsOut ? 2.4 : plan.lines.length > FEW_LINES ? 1 : 1.7;
    const band = standsOut || (banded && !faded);
    return {
      values: curveOf(data, i),
      colour: css(line.colour),
      width,
      ...(line.dashed ? { dash: [5, 3] } : {}),
      ...(faded ? { alpha: FADED } : {}),
      ...(band
        ? { band: { high: valuesOf(data, i, 0), low: valuesOf(data, i, 1), fill: css(line.colour, BAND) } }
        : {}),
    };
  });
  const x = data[0];
  return {
    x,
    curves: some ? [...curves].sort((a, b) => a.width - b.width) : curves,
    xAxis: {
      range: timeRange(plan, x, drawn),
      logarithmic: false,
      unit: xUnit,
      whole: !epochs,
    },
    yAxis: yAxis(plan, logarithmic, banded ? (data.slice(1) as Values[]) : plan.lines.map((_, i) => curveOf(data, i))),
    ...(plan.stretch ? { stretch: plan.stretch } : {}),
  };
}

/** The profile over the layers at a row, and fainter the profiles before it. */
export function depthFigure(plan: ChartPlan, data: CurveData, row: number, drawn: Drawn): Figure {
  const { palette, logarithmic, xUnit } = drawn;
  const lines = plan.lines.flatMap((line, i) => (line.layer === null ? [] : [{ ...line, i }]));
  const along = (at: number, edge: 0 | 1 | 2): Values => lines.map(({ i }) => valuesOf(data, i, edge)[at]);
  const profile = (at: number): Values => along(at, 2);
  const colours = lines.map(({ colour }) => css(colour));
  const past = [...new Set(Array.from({ length: PAST }, (_, i) => Math.floor((i * row) / PAST)))].filter(
    (at) => at < row,
  );
  const curves: FigureCurve[] = past.map((at, i) => ({
    values: profile(at),
    colour: palette.ink3,
    width: 1,
    alpha: 0.12 + (0.4 * (i + 1)) / past.length,
  }));
  if (row >= 0) {
    const band = { high: along(row, 0), low: along(row, 1), fill: css(parseColour(palette.ink2), BAND) };
    curves.push({ values: profile(row), colour: palette.ink2, width: 1.6, dots: colours, band });
  }
  const count = lines.length;
  const apart = count > MANY_LAYERS ? 5 : 1;
  return {
    x: lines.map((_, place) => place + 1),
    curves,
    xAxis: {
      range: [0.5, count + 0.5],
      logarithmic: false,
      unit: xUnit,
      ticks: lines.flatMap(({ short, layer }, place) => {
        const last = place === count - 1;
        if (!last && place > 0 && layer! % apart !== 0) return [];
        return [{ at: place + 1, text: last ? short : String(layer) }];
      }),
    },
    yAxis: yAxis(
      plan,
      logarithmic,
      lines.flatMap(({ i }) => ([0, 1, 2] as const).map((edge) => valuesOf(data, i, edge))),
    ),
    ...(plan.stretch ? { stretch: plan.stretch } : {}),
  };
}

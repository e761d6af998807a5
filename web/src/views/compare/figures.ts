/** The charts of a comparison as figures: one curve a run, in its colour. Pure. */

import { decades, linearRange, type Range } from '../../draw/axes';
import type { Figure, FigureAxis, FigureCurve } from '../../draw/figure';
import { overlay, type Aligned, type Track } from '../../draw/overlay';
import type { Band } from '../../protocol/studies';
import { table } from '../charts/exports';
import type { ChartChoice } from './charts';

/** What is drawn of one run. */
export interface Line {
  readonly track: Track;
  readonly colour: string;
  /** Told by its mean over seeds. */
  readonly band?: { readonly x: readonly number[]; readonly values: Pick<Band, 'mean' | 'low' | 'high'> } | undefined;
  /** Left the numbers: how far it went astray is not what the axis is for. */
  readonly astray: boolean;
  readonly faint: boolean;
}

export interface Drawn {
  readonly figure: Figure;
  /** The values of each line, aligned with the figure's x. */
  readonly values: readonly Aligned[];
}

const FEWEST = 10;

/** What curves stand over: `reach` is how far the axis goes at least; seconds are not counted as steps and samples are. */
interface TimeAxis {
  readonly unit: string;
  readonly reach: number;
  readonly counted: boolean;
}

/** Curves over steps, samples or seconds. */
export function curvesFigure(
  lines: readonly Line[],
  chart: ChartChoice,
  logarithmic: boolean,
  { unit, reach, counted }: TimeAxis,
): Drawn {
  const tracks = lines.map(({ track }) => track);
  const means = lines.map(({ band }): Track => ({ x: band?.x ?? [], y: band?.values.mean ?? [] }));
  const edges = (edge: 'low' | 'high') =>
    lines.map(({ band }): Track => ({ x: band?.x ?? [], y: band?.values[edge] ?? [] }));
  const [x, ...all] = overlay([...tracks, ...means, ...edges('low'), ...edges('high')]);
  const part = (i: number) => all.slice(i * lines.length, (i + 1) * lines.length);
  const [own, mean] = [part(0), part(1)].map((values) => values.map((each) => drawable(each, logarithmic))) as [
    Aligned[],
    Aligned[],
  ];
  // A deviation from the mean may reach beyond what a share can be.
  const [low, high] = [part(2), part(3)].map((values) =>
    chart.share ? values.map((each) => within(each, 0, 1)) : values,
  ) as [Aligned[], Aligned[]];
  const measured =
    lines.filter(({ astray }) => !astray).length > 0 ? lines.map(({ astray }) => !astray) : lines.map(() => true);
  const values = [...own, ...low, ...high].filter((_, i) => measured[i % lines.length]);
  const yAxis = valueAxis(values, chart, logarithmic);
  // Below zero, where a logarithmic axis has no place, it is still as far down as can be seen.
  const foot = (values: Aligned) => (logarithmic ? within(values, yAxis.range[0], Infinity) : values);
  const several = lines.some(({ band }) => band);
  const curves = lines.flatMap((line, i): FigureCurve[] => {
    const alpha = line.faint ? 0.3 : 1;
    const width = lines.length > 4 ? 1.8 : 2.2;
    const single: FigureCurve = {
      values: own[i]!,
      colour: line.colour,
      width: several ? 1 : width,
      alpha: several ? alpha * 0.45 : alpha,
    };
    if (!line.band) return [single];
    const fill = line.colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${line.faint ? 0.05 : 0.16})`);
    const band = { low: foot(low[i]!), high: drawable(high[i]!, logarithmic), fill };
    return [single, { values: mean[i]!, colour: line.colour, width: width + 0.4, alpha, band }];
  });
  return {
    figure: {
      x,
      curves,
      xAxis: {
        range: [0, Math.max(counted ? FEWEST : 0, reach, x.at(-1) ?? 0) || 1],
        logarithmic: false,
        unit,
        whole: counted,
      },
      yAxis,
    },
    values: own.map((values, i) => told(mean[i]!, values)),
  };
}

/** What has no logarithm is a gap on a logarithmic axis. */
function drawable(values: Aligned, logarithmic: boolean): Aligned {
  return logarithmic ? values.map((value) => (typeof value === 'number' && value <= 0 ? null : value)) : values;
}

function within(values: Aligned, least: number, most: number): Aligned {
  return values.map((value) => (typeof value === 'number' ? Math.min(most, Math.max(least, value)) : value));
}

/** The mean as far as it is known; what the run itself did after that, or where there is none. */
function told(mean: Aligned, own: Aligned): Aligned {
  const known = mean.findLastIndex((value) => value !== undefined);
  return own.map((value, row) => (row <= known ? mean[row] : value));
}

/** A statistic by depth, or the spread of the weights. */
export function profileFigure(lines: readonly Line[], chart: ChartChoice, logarithmic: boolean, unit: string): Drawn {
  const [x, ...all] = overlay(lines.map(({ track }) => track));
  const values = all.map((each) => drawable(each, logarithmic));
  const layers = chart.kind !== 'weights';
  const last = x.at(-1) ?? 1;
  const range: Range = layers ? [1, Math.max(2, last)] : [-(last || 1), last || 1];
  const dots = (line: Line) => (layers && x.length <= 12 ? { dots: x.map(() => line.colour) } : {});
  return {
    figure: {
      x,
      curves: lines.map((line, i) => ({
        values: values[i]!,
        colour: line.colour,
        width: lines.length > 4 ? 1.8 : 2.2,
        alpha: line.faint ? 0.3 : 1,
        ...dots(line),
      })),
      xAxis: { range, logarithmic: false, unit, whole: layers },
      yAxis: valueAxis(values, chart, logarithmic),
    },
    values,
  };
}

/** Numbers of several runs as CSV: a row for every place of any of them, and a column for each. */
export function csvOfTracks(axis: string, columns: readonly { name: string; track: Track }[]): string {
  const [x, ...values] = overlay(columns.map(({ track }) => track));
  return table(
    [axis, ...columns.map(({ name }) => name)],
    x.map((at, row) => [at, ...values.map((column) => column[row])]),
  );
}

function valueAxis(all: readonly Aligned[], { share, symbol }: ChartChoice, logarithmic: boolean): FigureAxis {
  let [low, high] = [Infinity, -Infinity];
  for (const values of all) {
    for (const value of values) {
      if (typeof value !== 'number' || (logarithmic && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const [from, to] = low > high ? [null, null] : [low, high];
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  return {
    range: logarithmic
      ? decades(from, to)
      : linearRange({ fromZero: !share, ...(share ? { reach: [0.5, 1] as const } : {}) }, from, to),
    logarithmic,
    unit: symbol,
    ...(share ? { format: percent } : {}),
  };
}

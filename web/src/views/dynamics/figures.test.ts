import { describe, expect, it } from 'vitest';
import type { CurveData } from '../../draw/curves';
import type { Palette } from '../../draw/palette';
import { csvOf } from '../charts/exports';
import { depthFigure, drawnOf, timeFigure } from './figures';
import type { ChartPlan } from './plan';
import { rowAt } from './rows';

const palette = { ink2: '#445566', ink3: 'grey' } as Palette;
const line = (layer: number) => ({
  label: `layer ${layer}`,
  short: String(layer),
  colour: [layer, 0, 0] as const,
  layer,
});
const plan: ChartPlan = {
  id: 'one',
  title: '',
  short: '',
  how: '',
  help: '',
  unit: 'u',
  lines: [line(1), line(2), line(3)],
  quantities: [],
  logarithmic: true,
  fromZero: false,
};
/** Three lines of 20 rows: 1 … 20, ten and a hundred times as much. */
const values = Array.from({ length: 20 }, (_, i) => i + 1);
const data: CurveData = [
  values,
  ...[1, 10, 100].flatMap((factor) => [1.1, 0.9, 1].map((edge) => values.map((value) => value * factor * edge))),
];
const drawn = { palette, logarithmic: true, epochs: false, layer: null, xUnit: 'step', until: 0 };

describe('a chart over time', () => {
  it('has a curve and a band for every line, and reaches over all of them', () => {
    const figure = timeFigure(plan, data, drawn);
    expect(figure.curves.map(({ values: [first] }) => first)).toEqual([1, 10, 100]);
    expect(figure.curves.every(({ band, alpha }) => band && alpha === undefined)).toBe(true);
    expect(figure.yAxis.range).toEqual([0.1, 10_000]);
    expect(figure.xAxis.range).toEqual([0, 20]);
    expect(timeFigure(plan, data, { ...drawn, until: 33 }).xAxis.range).toEqual([0, 33]);
  });

  it('begins where it was first measured, and is never shorter than a few steps', () => {
    const probed = { ...plan, source: 'one' };
    const since = (first: number): CurveData => [values.map((value) => value + first - 1), ...data.slice(1)];
    expect(timeFigure(probed, since(900), drawn).xAxis.range).toEqual([900, 919]);
    expect(timeFigure(probed, [[917], ...data.slice(1)], { ...drawn, until: 920 }).xAxis.range).toEqual([910, 920]);
    expect(timeFigure(probed, [[], ...data.slice(1)], drawn).xAxis.range).toEqual([0, 10]);
    expect(timeFigure(plan, since(900), drawn).xAxis.range).toEqual([0, 919]);
  });

  it('fades all but the layer that stands out, which is drawn last', () => {
    const { curves } = timeFigure(plan, data, { ...drawn, layer: 2 });
    expect(curves.map(({ alpha }) => alpha !== undefined)).toEqual([true, true, false]);
    expect(curves[2]!.values[0]).toBe(10);
  });

  it('of many lines has a band only for the layer that stands out, by which the axis does not move', () => {
    const lines = Array.from({ length: 7 }, (_, i) => line(i + 1));
    const many: CurveData = [
      values,
      ...lines.flatMap(({ layer }) =>
        [3, 1, 2].map((edge) => (edge === 2 || layer === 5 ? values.map(() => edge) : [])),
      ),
    ];
    const of = (layer: number | null) => timeFigure({ ...plan, lines }, many, { ...drawn, layer });
    expect(of(null).curves.some(({ band }) => band)).toBe(false);
    expect(of(5).curves.map(({ band }) => band !== undefined)).toEqual([...lines.slice(1).map(() => false), true]);
    expect(of(5).curves.at(-1)!.band!.high[0]).toBe(3);
    expect(of(5).yAxis).toEqual(of(null).yAxis);
  });
});

describe('the edges of a line', () => {
  const edges = (count: number, byDepth: boolean, layer: number | null) => {
    const lines = Array.from({ length: count }, (_, i) => line(i + 1));
    return Array.from({ length: 3 * count }, (_, i) => i).filter(
      (i) => i % 3 < 2 && drawnOf({ lines }, byDepth, layer)(i),
    );
  };

  it('are read where they are drawn', () => {
    expect(edges(6, false, null)).toHaveLength(12);
    expect(edges(7, false, null)).toEqual([]);
    expect(edges(7, false, 3)).toEqual([6, 7]);
    expect(edges(7, true, null)).toHaveLength(14);
  });
});

describe('a chart by depth', () => {
  it('has the profile at a row, in the layers’ colours, over fainter ones from before', () => {
    const { curves, xAxis } = depthFigure(plan, data, 9, drawn);
    expect(curves.at(-1)!.values).toEqual([10, 100, 1000]);
    expect(curves.at(-1)!.dots).toEqual(['rgb(1, 0, 0)', 'rgb(2, 0, 0)', 'rgb(3, 0, 0)']);
    const past = curves.slice(0, -1);
    expect(past[0]!.values).toEqual([1, 10, 100]);
    expect(past.map(({ alpha }) => alpha)).toEqual(past.map(({ alpha }) => alpha).sort());
    expect(past.every(({ values: [first], band }) => (first as number) < 10 && !band)).toBe(true);
    expect(curves.at(-1)!.band!.high.map((high) => Math.round(high as number))).toEqual([11, 110, 1100]);
    expect(curves.at(-1)!.band!.low).toEqual([9, 90, 900]);
    expect(xAxis.ticks!.map(({ text }) => text)).toEqual(['1', '2', '3']);
  });

  it('numbers every fifth of many layers', () => {
    const lines = Array.from({ length: 17 }, (_, i) => line(i + 1));
    const none: CurveData = [[], ...lines.flatMap(() => [[], [], []])];
    const { xAxis } = depthFigure({ ...plan, lines }, none, -1, drawn);
    expect(xAxis.ticks!.map(({ at, text }) => [at, text])).toEqual([1, 5, 10, 15, 17].map((n) => [n, String(n)]));
  });

  it('keeps its axis while the rows go by', () => {
    expect(depthFigure(plan, data, 0, drawn).yAxis).toEqual(depthFigure(plan, data, 19, drawn).yAxis);
  });
});

describe('a chart as numbers', () => {
  it('has every row, with names for what is in it and nothing where nothing was measured', () => {
    const read = (column: number) => (row: (column: number) => number) => row(column);
    const [value, low, high] = [read(0), read(1), read(2)];
    const series = {
      rewrites: 0,
      length: 2,
      columnCount: 3,
      steps: () => Float64Array.of(5, 6),
      column: (index: number) => Float32Array.of([1, 0.5, 2][index]!, NaN),
    };
    const text = csvOf(
      {
        lines: [{ ...line(1), label: 'a, "b"' }],
        quantities: [
          { read: high, reduce: 'high' },
          { read: low, reduce: 'low' },
          { read: value, reduce: 'mean' },
        ],
      },
      { series, live: { step: 8, stats: Float32Array.of(4, 3, 5) } },
    );
    expect(text.split('\n')).toEqual(['step,"a, ""b""","a, ""b"" −","a, ""b"" +"', '5,1,0.5,2', '6,,,', '8,4,3,5', '']);
  });
});

describe('the row under the cursor', () => {
  it('is the next one, the earlier of two', () => {
    expect([-1, 0, 4, 5, 6, 99].map((at) => rowAt([0, 10, 20], at))).toEqual([0, 0, 0, 0, 1, 2]);
  });
});

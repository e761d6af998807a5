import { describe, expect, it } from 'vitest';
import { drawFigure } from '../../draw/figure';
import type { Palette } from '../../draw/palette';
import { SvgSurface } from '../../draw/surface';
import type { ChartChoice } from './charts';
import { curvesFigure, profileFigure, type Line } from './figures';

const text = { en: 'loss', zh: '损失' };
const loss: ChartChoice = {
  id: 'loss',
  kind: 'curves',
  label: text,
  help: text,
  logarithmic: true,
  share: false,
  symbol: 'L',
};
const line = (x: number[], y: (number | null)[], more: Partial<Line> = {}): Line => ({
  track: { x, y },
  colour: 'rgb(1, 2, 3)',
  astray: false,
  faint: false,
  ...more,
});

const steps = { unit: 'step', reach: 0, counted: true };

describe('curves of several runs', () => {
  it('fill the axis of seconds however few there are', () => {
    const over = (axis: typeof steps) => curvesFigure([line([0, 0.02], [1, 0.5])], loss, true, axis).figure.xAxis;
    expect(over(steps)).toMatchObject({ range: [0, 10], whole: true });
    expect(over({ unit: 'second', reach: 0, counted: false })).toMatchObject({ range: [0, 0.02], whole: false });
  });

  it('share both axes', () => {
    const { figure, values } = curvesFigure([line([0, 10], [1, 0.5]), line([0, 40], [2, 0.02])], loss, true, steps);
    expect(figure.xAxis.range).toEqual([0, 40]);
    expect(figure.yAxis.range).toEqual([0.01, 10]);
    expect(figure.yAxis.unit).toBe('L');
    expect(values).toEqual([
      [1, 0.5, undefined],
      [2, undefined, 0.02],
    ]);
  });

  it('are not made small by a run that went astray, unless all did', () => {
    const wild = line([0, 10], [1, 1e30], { astray: true });
    const range = (...lines: Line[]) => curvesFigure(lines, loss, true, steps).figure.yAxis.range;
    expect(range(line([0, 10], [1, 0.5]), wild)).toEqual([0.1, 1]);
    expect(range(wild)[1]).toBe(1e30);
  });

  it('reach as far as was asked for, and show shares from a half to one', () => {
    const share = { ...loss, share: true, logarithmic: false };
    const { figure } = curvesFigure([line([0, 10], [0.6, 0.9])], share, false, { ...steps, reach: 500 });
    expect(figure.xAxis.range).toEqual([0, 500]);
    expect(figure.yAxis.range).toEqual([0.5, 1]);
    expect(figure.yAxis.format!(0.75)).toBe('75 %');
  });

  it('step back behind the mean over seeds, which has a band of their spread', () => {
    const band = {
      x: [0, 20],
      values: { mean: [2, 2], low: [1, 2], high: [3.4, 2] },
    };
    const { figure, values } = curvesFigure([line([0, 10], [1, 1], { band })], loss, false, steps);
    const [single, mean] = figure.curves;
    expect(single!.alpha).toBeLessThan(mean!.alpha!);
    expect(mean!.band!.fill).toBe('rgba(1, 2, 3, 0.16)');
    expect(values).toEqual([[2, undefined, 2]]);
    const longer = [line([0, 30], [1, 0.5], { band }), line([0, 30], [1, 0.7])];
    expect(curvesFigure(longer, loss, false, steps).values).toEqual([
      [2, 2, 0.5],
      [1, undefined, 0.7],
    ]);
    expect(figure.yAxis.range[1]).toBeGreaterThan(3);
  });
});

describe('a band on a logarithmic axis', () => {
  it('ends at the foot of the axis where the deviation is larger than the mean', () => {
    const band = { x: [0, 20, 40], values: { mean: [2, 2, 0], low: [1, -3, 0], high: [3, 7, 0] } };
    const { figure } = curvesFigure([line([0, 20], [1, 0], { band })], loss, true, steps);
    const [own, mean] = figure.curves;
    const foot = figure.yAxis.range[0];
    expect(foot).toBeGreaterThan(0);
    expect(mean!.band).toMatchObject({ low: [1, foot, foot], high: [3, 7, null] });
    expect(mean!.values).toEqual([2, 2, null]);
    expect(own!.values).toEqual([1, null, undefined]);
    const surface = new SvgSurface(400, 300);
    drawFigure(surface, { font: 'serif', line: '#ccc', ink3: '#777' } as Palette, figure, 400, 300);
    expect(surface.toString()).not.toMatch(/NaN|Infinity/);
  });
});

describe('a band of shares', () => {
  it('ends where shares do', () => {
    const band = { x: [0, 20], values: { mean: [0.9, 0.5], low: [-0.2, 0.1], high: [1.4, 0.9] } };
    const { figure } = curvesFigure([line([0, 10], [1, 1], { band })], { ...loss, share: true }, false, steps);
    expect(figure.curves[1]!.band).toMatchObject({ low: [0, undefined, 0.1], high: [1, undefined, 0.9] });
    expect(figure.yAxis.range).toEqual([0, 1]);
  });
});

describe('profiles of several runs', () => {
  it('reach over the deepest', () => {
    const { figure } = profileFigure([line([1, 2], [1, 2]), line([1, 2, 3], [1, null, 1])], loss, true, 'layer');
    expect(figure.xAxis).toMatchObject({ range: [1, 3], whole: true });
    expect(figure.curves[1]!.values).toEqual([1, null, 1]);
    expect(figure.curves[0]!.dots).toHaveLength(3);
  });

  it('have gaps where a logarithm would need more than zero', () => {
    const tracks = [line([1, 2, 3], [1, 0, 2])];
    expect(profileFigure(tracks, loss, true, 'layer').figure.curves[0]!.values).toEqual([1, null, 2]);
    expect(profileFigure(tracks, loss, false, 'layer').figure.curves[0]!.values).toEqual([1, 0, 2]);
  });

  it('of weights lie about zero', () => {
    const weights = { ...loss, kind: 'weights' as const };
    const { figure } = profileFigure([line([-1, 0, 1], [0.1, 0.8, 0.1])], weights, true, 'weight');
    expect(figure.xAxis.range).toEqual([-1, 1]);
    expect(figure.curves[0]!.dots).toBeUndefined();
  });
});

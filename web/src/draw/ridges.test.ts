import { describe, expect, it } from 'vitest';
import type { Palette } from './palette';
import { drawRidges, momentsAt, outlineOf, type RidgePanel } from './ridges';
import { SvgSurface } from './surface';

const palette = { ink: '#000', ink3: '#333', line: '#ccc', card: '#fff', soft: '#eee', font: 'Inter' } as Palette;

describe('the moments of ridges', () => {
  it('are all while they are few', () => {
    expect(momentsAt([0, 5, 7], 5)).toEqual([0, 1, 2]);
  });

  it('stay where they are while new ones come, and end with the last', () => {
    const steps = (until: number) => Array.from({ length: until }, (_, i) => 3 * i);
    const before = momentsAt(steps(100), 12).map((at) => 3 * at);
    const after = momentsAt(steps(104), 12).map((at) => 3 * at);
    expect(before.length).toBeLessThanOrEqual(12);
    expect(before.at(-1)).toBe(297);
    expect(after.at(-1)).toBe(309);
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  });
});

describe('ridges', () => {
  const ridge = (at: number, low: number, high: number, counts: number[]) => ({
    at,
    low,
    high,
    counts: Float32Array.from(counts),
  });
  const panel: RidgePanel = {
    label: 'layer 1',
    colour: [10, 20, 30],
    unit: 'w',
    ridges: [ridge(0, -1, 1, [1, 2, 1]), ridge(50, -2, 2, [1, 2, 1]), ridge(100, 0, 0, [4, 0, 0])],
    chosen: 1,
    logarithmic: false,
  };
  const surface = new SvgSurface(400, 200);
  const frames = drawRidges(surface, palette, [panel, panel], { unit: 'step', whole: true }, 400, 200);

  it('stand beside each other, older ones above, over one axis for all moments of a layer', () => {
    expect(frames).toHaveLength(2);
    expect(frames[1]!.left).toBeGreaterThan(frames[0]!.left + frames[0]!.width);
    expect(frames[0]!.y(0)).toBeLessThan(frames[0]!.y(100));
    const { left, width, x } = frames[0]!;
    expect(x(-2)).toBeGreaterThan(left);
    expect(x(2)).toBeLessThan(left + width);
    expect(x(0)).toBeCloseTo(left + width / 2, 0);
    expect(surface.toString().match(/>w</g)).toHaveLength(1);
  });

  it('stand at epochs as well as at steps', () => {
    const epochs = { ...panel, ridges: [ridge(0.2, -1, 1, [1, 2, 1]), ridge(0.7, -1, 1, [1, 2, 1])] };
    const drawn = new SvgSurface(400, 200);
    const [frame] = drawRidges(drawn, palette, [epochs], { unit: 'epoch', whole: false }, 400, 200);
    expect(frame!.y(0.2)).toBeCloseTo(frame!.top);
    expect(frame!.y(0.7)).toBeCloseTo(frame!.top + frame!.height);
    expect(drawn.toString()).toContain('>epoch<');
    expect(drawn.toString()).toContain('>0.5<');
  });

  it('have no numbers before anything was measured', () => {
    const drawn = new SvgSurface(400, 200);
    drawRidges(drawn, palette, [{ ...panel, ridges: [], chosen: null }], { unit: 'step', whole: true }, 400, 200);
    expect(drawn.toString()).toContain('>layer 1<');
    expect(drawn.toString()).not.toMatch(/>−?\d/);
  });

  it('have numbers below them that do not touch', () => {
    const numbers = (wide: number) => {
      const drawn = new SvgSurface(wide, 200);
      const far = { ...panel, ridges: [ridge(0, 0.0031, 0.0042, Array<number>(48).fill(1))] };
      drawRidges(drawn, palette, [far], { unit: 'step', whole: true }, wide, 200);
      return drawn.toString().match(/>−?0\.\d+</g)?.length ?? 0;
    };
    expect(numbers(150)).toBeLessThan(numbers(400));
    expect(numbers(400)).toBeGreaterThan(2);
  });

  it('on a logarithmic axis shows few values far away, and of nothing nothing', () => {
    const counts = [1000, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    const heights = (logarithmic: boolean) => outlineOf(ridge(0, 0, 20, counts), logarithmic).height;
    const far = (heights: Float64Array) => heights.slice(-8).reduce((most, value) => Math.max(most, value), 0);
    expect(far(heights(false))).toBeLessThan(0.01);
    expect(far(heights(true))).toBeGreaterThan(0.1);
    for (const logarithmic of [false, true]) {
      expect(Math.max(...heights(logarithmic))).toBe(1);
      expect(Math.min(...heights(logarithmic))).toBeLessThan(0.01);
    }
  });

  it('are smooth, symmetric where what was counted is, and highest where most was', () => {
    const { x, height } = outlineOf(ridge(0, -1, 1, [1, 2, 6, 2, 1]), false);
    expect(Math.max(...height)).toBe(1);
    expect(x[height.indexOf(1)]).toBeCloseTo(0, 9);
    height.forEach((value, place) => expect(value).toBeCloseTo(height[height.length - 1 - place]!, 9));
    // More of the same values are spread less.
    const many = outlineOf(ridge(0, -1, 1, [200, 0, 0, 0, 0, 0, 0, 200]), false);
    const few = outlineOf(ridge(0, -1, 1, [2, 0, 0, 0, 0, 0, 0, 2]), false);
    expect(many.x.length).toBeLessThan(few.x.length);
  });

  it('are drawn also where all values are one, and the chosen one stands out', () => {
    const text = surface.toString();
    expect(text).not.toMatch(/NaN|Infinity/);
    expect(text.match(/stroke="rgba\(10, 20, 30/g)).toHaveLength(4);
    expect(text.match(/stroke="#000"/g)).toHaveLength(2);
  });
});

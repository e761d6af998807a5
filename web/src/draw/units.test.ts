import { expect, it } from 'vitest';
import type { Palette } from './palette';
import { SvgSurface } from './surface';
import { drawUnits, unitAt } from './units';

const palette = { ink2: '#222', ink3: '#333', line: '#ccc', font: 'Inter' } as Palette;
const axis = (range: [number, number], logarithmic = false) => ({ range, logarithmic, unit: '' });

function drawn(values: number[], against: number[] | null, logarithmic = false) {
  const surface = new SvgSurface(400, 200);
  const yAxis = axis(logarithmic ? [0.1, 10] : [-2, 2], logarithmic);
  const frame = drawUnits(
    surface,
    palette,
    { values, against, colour: '#f00', xAxis: axis([0.5, 3.5]), yAxis },
    400,
    200,
  );
  const text = surface.toString();
  return {
    frame,
    dots: text.match(/fill="#f00"/g)?.length ?? 0,
    bars: text.match(/stroke="#222"/g)?.length ?? 0,
    text,
  };
}

it('draws a dot for every number, and a bar for what it is read against', () => {
  const both = drawn([1, -1, 0.5], [0, 0, 2]);
  expect([both.dots, both.bars]).toEqual([3, 3]);
  expect(both.text).toContain(`${Math.round(both.frame.y(2) * 100) / 100}`);
  expect([drawn([1, -1, 0.5], null).dots, drawn([1, -1, 0.5], null).bars]).toEqual([3, 0]);
});

it('leaves out what is not a number, or not above zero on a logarithmic axis', () => {
  const some = drawn([1, NaN, -1], [NaN, 1, 1]);
  expect([some.dots, some.bars]).toEqual([2, 2]);
  expect(drawn([1, 0, -1], null, true).dots).toBe(1);
});

it('finds the unit under a pointer', () => {
  const { frame } = drawn([1, 2, 3], null);
  expect([1, 2, 3].map((unit) => unitAt(frame, 3, frame.x(unit)))).toEqual([0, 1, 2]);
  expect([unitAt(frame, 3, -50), unitAt(frame, 3, 999)]).toEqual([0, 2]);
});

import { describe, expect, it } from 'vitest';
import { Series } from '../model/series';
import type { Column } from '../protocol/messages';
import {
  Curves,
  gradientQuantities,
  lossQuantities,
  ratioQuantities,
  weightQuantities,
  type Parts,
  type Quantity,
} from './curves';

const quantity = (column: number, reduce: Quantity['reduce']): Quantity => ({ read: (read) => read(column), reduce });
const same = (step: number) => step;
const three = [quantity(0, 'high'), quantity(0, 'low'), quantity(0, 'mean')];

function record(values: number[], start = 0, series = new Series()): Series {
  series.append(
    { start, steps: Float64Array.from(values, (_, i) => start + i), values: Float32Array.from(values) },
    1,
    1,
  );
  return series;
}

describe('curves', () => {
  it('follow the record when it fits, and end with the live row', () => {
    const live = { step: 9, stats: Float32Array.of(7) };
    const data = new Curves(three, false).data({ series: record([1, 2, 4]), live }, 10, (step) => step / 2);
    expect(data).toEqual([
      [0, 0.5, 1, 4.5],
      [1, 2, 4, 7],
      [1, 2, 4, 7],
      [1, 2, 4, 7],
    ]);
  });

  it('lose no spike when many records share a pixel', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 90 : i === 700 ? -90 : 1));
    const [x, high, low, mean] = new Curves(three, false).data({ series: record(values), live: null }, 20, same);
    expect(x).toHaveLength(20);
    expect(x.at(-1)).toBe(999);
    expect(Math.max(...(high as number[]))).toBe(90);
    expect(Math.min(...(low as number[]))).toBe(-90);
    expect((mean as number[])[0]).toBe(1);
  });

  it('have no values where they are not drawn', () => {
    const live = { step: 9, stats: Float32Array.of(7) };
    const curves = new Curves(three, false);
    const rows = { series: record([1, 2, 4]), live };
    const one = (index: number) => index === 2;
    expect(curves.data(rows, 10, same, one)).toEqual([[0, 1, 2, 9], [], [], [1, 2, 4, 7]]);
    // What is drawn later has the rows that went by meanwhile.
    expect(curves.data(rows, 10, same)).toEqual(new Curves(three, false).data(rows, 10, same));
  });

  it('are geometric on a logarithmic axis, with gaps where there is no logarithm', () => {
    const data = new Curves([quantity(0, 'mean')], true).data(
      { series: record([1, 100, 0, -1, NaN, Infinity]), live: null },
      3,
      same,
    );
    expect(data[1]![0]).toBeCloseTo(10, 9);
    expect(data[1]!.slice(1)).toEqual([null, null]);
  });

  it('tell what was not measured from what cannot be drawn', () => {
    const data = (values: number[], buckets: number) =>
      new Curves([quantity(0, 'mean')], true).data({ series: record(values), live: null }, buckets, same)[1];
    expect(data([1, NaN, 0, 1], 4)).toEqual([1, undefined, null, 1]);
    expect(data([1, NaN, NaN, NaN, NaN, Infinity], 3)).toEqual([1, undefined, null]);
  });

  it('keep what they have read and take in what is new, also after a new beginning', () => {
    const series = record([1, 2]);
    const curves = new Curves([quantity(0, 'mean')], false);
    curves.data({ series, live: null }, 10, same);
    record([3], 2, series);
    expect(curves.data({ series, live: null }, 10, same)[1]).toEqual([1, 2, 3]);
    series.append({ start: 0, steps: Float64Array.of(0), values: Float32Array.of(8) }, 2, 1);
    expect(curves.data({ series, live: null }, 10, same)[1]).toEqual([8]);
  });
});

describe('quantities', () => {
  const column = (name: string, layer: number | null = null, tensor: string | null = null): Column => ({
    name,
    layer,
    tensor,
  });
  const tensor = (name: string, role: string) => ({ name, role, layer: 1, shape: [1], offset: 0, size: 1 });
  const layout: Parts = {
    tensors: [tensor('layer1.weight', 'weight'), tensor('layer1.bias', 'bias')],
    columns: [
      column('train_loss'),
      column('gradient_norm', 1, 'layer1.weight'),
      column('weight_norm', 1, 'layer1.weight'),
      column('update_norm', 1, 'layer1.weight'),
      column('gradient_norm', 1, 'layer1.bias'),
    ],
  };
  const row = [0.5, 3, 8, 2, 4];

  it('combine the gradients of a layer, and relate its update to its weights', () => {
    expect(gradientQuantities(layout, [1])[2]!.read((i) => row[i]!)).toBe(5);
    expect(ratioQuantities(layout, [1])[2]!.read((i) => row[i]!)).toBe(0.25);
  });

  it('are nothing, not zero, where a layer has no parameters', () => {
    expect(gradientQuantities(layout, [2])[2]!.read((i) => row[i]!)).toBeNaN();
  });

  it('say how large the gradient of one weight is', () => {
    const four = { ...layout, tensors: [{ ...layout.tensors[0]!, size: 4 }] };
    expect(weightQuantities(four, 'gradient_norm', [1])[2]!.read((i) => row[i]!)).toBe(3);
    expect(weightQuantities(four, 'gradient_norm', [1], true)[2]!.read((i) => row[i]!)).toBe(1.5);
  });

  it('are NaN where the record has no such column', () => {
    const [, , train, , , test] = lossQuantities(layout.columns);
    expect(train!.read((i) => row[i]!)).toBe(0.5);
    expect(test!.read((i) => row[i]!)).toBeNaN();
  });
});

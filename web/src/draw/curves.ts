/** Curves of the dynamics charts, computed from the run's record: plain numbers, null where there is none. */
import { columnIndex } from '../model/layout';
import { decimate, type Series } from '../model/series';
import type { Column, Frame, Layout } from '../protocol/messages';

/** A value, or null for a gap: what is not a number is never drawn as one. */
export type Values = (number | null)[];

/** What a chart draws: x first, then its curves in a fixed order. */
export type CurveData = [number[], ...Values[]];

/** Reads one quantity at a row of the record, or of the live row. */
export type Quantity = (read: (column: number) => number) => number;

/** The record with the live row behind it. */
export interface Record {
  readonly series: Series;
  readonly live: Pick<Frame, 'step' | 'stats'> | null;
}

/**
 * `quantities` over steps, decimated to `buckets` columns of pixels in a way that keeps every extreme. `logarithmic`
 * leaves out what is not positive; `stepScale` turns steps into what the x axis shows.
 */
export function curves(
  record: Record,
  quantities: readonly Quantity[],
  buckets: number,
  logarithmic: boolean,
  stepScale: number,
): CurveData {
  const { series, live } = record;
  const length = series.length;
  const steps = series.steps();
  const columns: Float32Array[] = [];
  const column = (index: number) => (columns[index] ??= series.column(index));
  let row = 0;
  const read = (index: number) => column(index)[row]!;
  const whole = quantities.map((quantity) => {
    const values = new Float32Array(length);
    for (row = 0; row < length; row++) values[row] = quantity(read);
    return values;
  });
  const rows = decimate(whole, length, buckets);
  const keep = (value: number): number | null => (Number.isFinite(value) && (!logarithmic || value > 0) ? value : null);
  const data: CurveData = [
    Array.from(rows, (at) => steps[at]! * stepScale),
    ...whole.map((values) => Array.from(rows, (at) => keep(values[at]!))),
  ];
  if (live && live.stats.length === series.columnCount && (length === 0 || live.step > steps[length - 1]!)) {
    data[0].push(live.step * stepScale);
    quantities.forEach((quantity, i) =>
      (data[i + 1] as Values).push(keep(quantity((index) => live.stats[index] ?? NaN))),
    );
  }
  return data;
}

function single(columns: readonly Column[], name: string, layer?: number): Quantity {
  const index = columnIndex(columns, name, layer === undefined ? {} : { layer });
  return (read) => (index < 0 ? NaN : read(index));
}

/** Train and test, and the range of the minibatches' objective: [train, test, low, high]. */
export function lossQuantities(columns: readonly Column[]): Quantity[] {
  return ['train_loss', 'test_loss', 'loss_min', 'loss_max'].map((name) => single(columns, name));
}

export function accuracyQuantities(columns: readonly Column[]): Quantity[] {
  return ['train_accuracy', 'test_accuracy'].map((name) => single(columns, name));
}

/** A layer each: mean + std, mean − std, mean. */
export function activationQuantities(columns: readonly Column[], layers: readonly number[]): Quantity[] {
  return layers.flatMap((layer) => {
    const mean = single(columns, 'activation_mean', layer);
    const deviation = single(columns, 'activation_std', layer);
    return [(read) => mean(read) + deviation(read), (read) => mean(read) - deviation(read), mean] satisfies Quantity[];
  });
}

/** A layer each: the Euclidean norm of all its tensors' gradients together. */
export function gradientQuantities(layout: Layout, layers: readonly number[]): Quantity[] {
  return layers.map((layer) => {
    const names = layout.tensors.filter((tensor) => tensor.layer === layer).map((tensor) => tensor.name);
    const indices = names.map((tensor) => columnIndex(layout.columns, 'gradient_norm', { tensor }));
    return (read) => Math.sqrt(indices.reduce((sum, index) => sum + read(index) ** 2, 0));
  });
}

/** A layer each: the norm of the last update of its weights ÷ the norm of the weights. */
export function ratioQuantities(layout: Layout, layers: readonly number[]): Quantity[] {
  return layers.map((layer) => {
    const tensor = layout.tensors.find((one) => one.layer === layer && one.role === 'weight')?.name ?? '';
    const update = columnIndex(layout.columns, 'update_norm', { tensor });
    const weight = columnIndex(layout.columns, 'weight_norm', { tensor });
    return (read) => read(update) / read(weight);
  });
}

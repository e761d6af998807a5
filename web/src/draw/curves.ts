/** Curves of the dynamics charts, computed from what is kept of a run over time: plain numbers, and gaps. */
import { columnIndex } from '../model/layout';
import { bucketStarts, type Series } from '../model/series';
import type { Column, Frame, Layout } from '../protocol/messages';

/**
 * A value; null for a gap, where what was measured cannot be drawn (it overflowed, or has no logarithm); undefined where
 * nothing was measured, which curves are drawn through. What is not a number is never drawn as one.
 */
export type Values = (number | null | undefined)[];

/** What a chart draws: x first, then its curves in a fixed order. */
export type CurveData = [number[], ...Values[]];

/** One quantity at a row of the record, or of the live row. */
type Read = (read: (column: number) => number) => number;

/** A quantity, and what becomes of it where several rows share a pixel: the extremes keep every spike. */
export interface Quantity {
  readonly read: Read;
  readonly reduce: 'mean' | 'low' | 'high';
}

/** The record with the live row behind it. */
export interface Record {
  readonly series: Pick<Series, 'steps' | 'column' | 'length' | 'rewrites' | 'columnCount'>;
  readonly live: Pick<Frame, 'step' | 'stats'> | null;
}

/** Quantities over the record. Rows that were read once are kept: a new record costs its own rows only. */
export class Curves {
  /** One a quantity, empty where it was never drawn: its value at every row, Infinity for a gap; natural logarithms on a logarithmic axis. */
  private values: Float64Array[];
  /** Of each, how many rows there are. */
  private lengths: number[];
  private rewrites = -1;

  constructor(
    private readonly quantities: readonly Quantity[],
    private readonly logarithmic: boolean,
  ) {
    this.values = quantities.map(() => new Float64Array(0));
    this.lengths = quantities.map(() => 0);
  }

  /**
   * What is drawn at `buckets` places at most, with the live row last. On a logarithmic axis means are geometric, and
   * what is not positive is a gap. `place` turns steps into what the x axis shows. `drawn` tells whether a quantity is;
   * one that is not has no values, and costs nothing.
   */
  data(
    { series, live }: Record,
    buckets: number,
    place: (step: number) => number,
    drawn: (index: number) => boolean = () => true,
  ): CurveData {
    this.catchUp(series, drawn);
    const steps = series.steps();
    const starts = bucketStarts(steps, buckets);
    // The last row's step of a bucket, so that the newest value stands where it belongs.
    const x = Array.from(starts, (_, bucket) => place(steps[(starts[bucket + 1] ?? steps.length) - 1]!));
    const data: CurveData = [
      x,
      ...this.quantities.map(({ reduce }, i) =>
        drawn(i) ? this.reduced(this.values[i]!, starts, steps.length, reduce) : [],
      ),
    ];
    if (live && live.stats.length === series.columnCount && live.step > (steps.at(-1) ?? -1)) {
      x.push(place(live.step));
      const read = (index: number) => live.stats[index] ?? NaN;
      this.quantities.forEach((quantity, i) => {
        if (drawn(i)) (data[i + 1] as Values).push(this.shown(this.kept(quantity.read(read))));
      });
    }
    return data;
  }

  private catchUp(series: Record['series'], drawn: (index: number) => boolean): void {
    if (series.rewrites !== this.rewrites) {
      this.rewrites = series.rewrites;
      this.lengths.fill(0);
    }
    const columns: Float32Array[] = [];
    let row = 0;
    const read = (index: number) => (columns[index] ??= series.column(index))[row]!;
    this.quantities.forEach((quantity, i) => {
      if (!drawn(i)) return;
      const from = this.lengths[i]!;
      if (this.values[i]!.length < series.length) {
        const longer = new Float64Array(2 * series.length);
        longer.set(this.values[i]!.subarray(0, from));
        this.values[i] = longer;
      }
      const values = this.values[i]!;
      for (row = from; row < series.length; row++) values[row] = this.kept(quantity.read(read));
      this.lengths[i] = series.length;
    });
  }

  private kept(value: number): number {
    if (Number.isNaN(value)) return NaN;
    if (!Number.isFinite(value) || (this.logarithmic && value <= 0)) return Infinity;
    return this.logarithmic ? Math.log(value) : value;
  }

  private shown(kept: number): number | null | undefined {
    if (Number.isNaN(kept)) return undefined;
    if (kept === Infinity) return null;
    return this.logarithmic ? Math.exp(kept) : kept;
  }

  private reduced(values: Float64Array, starts: Int32Array, length: number, reduce: Quantity['reduce']): Values {
    const out: Values = [];
    for (let bucket = 0; bucket < starts.length; bucket++) {
      const end = starts[bucket + 1] ?? length;
      let low = Infinity;
      let high = -Infinity;
      let sum = 0;
      let count = 0;
      let gap = false;
      for (let row = starts[bucket]!; row < end; row++) {
        const value = values[row]!;
        if (value !== value) continue;
        if (value === Infinity) {
          gap = true;
          continue;
        }
        if (value < low) low = value;
        if (value > high) high = value;
        sum += value;
        count++;
      }
      if (count === 0) out.push(gap ? null : undefined);
      else out.push(this.shown(reduce === 'mean' ? sum / count : reduce === 'low' ? low : high));
    }
    return out;
  }
}

/** A column of the record; NaN where there is none. */
export function single(columns: readonly Column[], name: string, layer?: number): Read {
  const index = columnIndex(columns, name, layer === undefined ? {} : { layer });
  return (read) => (index < 0 ? NaN : read(index));
}

/** High edge, low edge and mean. */
export function withSpread(read: Read, low = read, high = read): Quantity[] {
  return [
    { read: high, reduce: 'high' },
    { read: low, reduce: 'low' },
    { read, reduce: 'mean' },
  ];
}

/** Train with the range of the minibatches' objective, then test with its own: high, low, mean each. */
export function lossQuantities(columns: readonly Column[]): Quantity[] {
  const [train, low, high, test] = ['train_loss', 'loss_min', 'loss_max', 'test_loss'].map((name) =>
    single(columns, name),
  );
  return [...withSpread(train!, low, high), ...withSpread(test!)];
}

export function accuracyQuantities(columns: readonly Column[]): Quantity[] {
  return ['train_accuracy', 'test_accuracy'].flatMap((name) => withSpread(single(columns, name)));
}

/** A layer each: mean + std, mean − std, mean. */
export function activationQuantities(columns: readonly Column[], layers: readonly number[]): Quantity[] {
  return layers.flatMap((layer): Quantity[] => {
    const mean = single(columns, 'activation_mean', layer);
    const deviation = single(columns, 'activation_std', layer);
    return [
      { read: (read) => mean(read) + deviation(read), reduce: 'mean' },
      { read: (read) => mean(read) - deviation(read), reduce: 'mean' },
      { read: mean, reduce: 'mean' },
    ];
  });
}

/** A layer each: one column of the record. */
export function layerQuantities(columns: readonly Column[], name: string, layers: readonly number[]): Quantity[] {
  return layers.flatMap((layer) => withSpread(single(columns, name, layer)));
}

/** What is needed of a layout. */
export type Parts = Pick<Layout, 'tensors' | 'columns'>;

/** A layer each: the Euclidean norm of all its tensors' gradients together. */
export function gradientQuantities(layout: Parts, layers: readonly number[]): Quantity[] {
  return layers.flatMap((layer) => {
    const names = layout.tensors.filter((tensor) => tensor.layer === layer).map((tensor) => tensor.name);
    const indices = names.map((tensor) => columnIndex(layout.columns, 'gradient_norm', { tensor }));
    // A layer without parameters has no gradient: nothing, not zero.
    return withSpread((read) =>
      indices.length > 0 ? Math.sqrt(indices.reduce((sum, index) => sum + read(index) ** 2, 0)) : NaN,
    );
  });
}

/** A layer each: the norm of its weights, ÷ the root of their number where `each`, which is the weights' own size. */
export function weightQuantities(
  layout: Parts,
  name: 'gradient_norm' | 'weight_norm' | 'update_norm',
  layers: readonly number[],
  each = false,
): Quantity[] {
  return layers.flatMap((layer) => {
    const tensor = weightOf(layout, layer);
    const index = columnIndex(layout.columns, name, { tensor: tensor?.name ?? '' });
    const size = each ? Math.sqrt(tensor?.size ?? 1) : 1;
    return withSpread((read) => (index < 0 ? NaN : read(index) / size));
  });
}

/** A layer each: the norm of the last update of its weights ÷ the norm of the weights. */
export function ratioQuantities(layout: Parts, layers: readonly number[]): Quantity[] {
  return layers.flatMap((layer) => {
    const tensor = weightOf(layout, layer)?.name ?? '';
    const update = columnIndex(layout.columns, 'update_norm', { tensor });
    const weight = columnIndex(layout.columns, 'weight_norm', { tensor });
    return withSpread((read) => (update < 0 ? NaN : read(update) / read(weight)));
  });
}

function weightOf(layout: Parts, layer: number): Parts['tensors'][number] | undefined {
  return layout.tensors.find((one) => one.layer === layer && one.role === 'weight');
}

/**
 * The run's record, one typed column a quantity, grown from the frames' `series` parts.
 *
 * The server's records never change, so what is already here is ignored. Memory is bounded: beyond `capacity` rows
 * the older half is thinned to every second row (extremes of the objective have columns of their own and survive in
 * the neighbours' min and max).
 */

import type { SeriesChunk } from '../protocol/messages';

const INITIAL_ROWS = 256;

export class Series {
  /** Grows with every change; whoever draws compares it. */
  version = 0;
  /** Rows kept. */
  length = 0;
  /** Index of the next record that is wanted: what `since` means in a `hello`. */
  next = 0;
  generation = -1;
  columnCount = 0;
  private rows = 0;
  private stepColumn = new Float64Array(0);
  private columns: Float32Array[] = [];

  constructor(private readonly capacity = 1 << 15) {}

  /** Forgets everything; the next part starts at record 0 of `generation`. */
  reset(generation: number, columnCount: number): void {
    this.generation = generation;
    this.columnCount = columnCount;
    this.length = this.next = this.rows = 0;
    this.stepColumn = new Float64Array(0);
    this.columns = Array.from({ length: columnCount }, () => new Float32Array(0));
    this.version++;
  }

  /** Takes what is new in `part`; returns false when records are missing before it (then nothing is taken). */
  append(part: SeriesChunk, generation: number, columnCount: number): boolean {
    if (generation !== this.generation || columnCount !== this.columnCount) this.reset(generation, columnCount);
    const count = part.steps.length;
    if (part.start > this.next) return false;
    const skip = this.next - part.start;
    if (skip >= count) return true;
    for (let row = skip; row < count; row++) {
      if (this.length === this.rows) this.grow();
      this.stepColumn[this.length] = part.steps[row]!;
      const base = row * columnCount;
      for (let column = 0; column < columnCount; column++) {
        this.columns[column]![this.length] = part.values[base + column]!;
      }
      this.length++;
    }
    this.next = part.start + count;
    this.version++;
    return true;
  }

  /** [length] steps, a view that is valid until the next `append`. */
  steps(): Float64Array {
    return this.stepColumn.subarray(0, this.length);
  }

  /** [length] one column, a view that is valid until the next `append`. */
  column(index: number): Float32Array {
    return this.columns[index]?.subarray(0, this.length) ?? new Float32Array(0);
  }

  private grow(): void {
    if (this.rows >= this.capacity) {
      this.thin();
      return;
    }
    this.rows = Math.min(this.capacity, Math.max(INITIAL_ROWS, this.rows * 2));
    const steps = new Float64Array(this.rows);
    steps.set(this.stepColumn);
    this.stepColumn = steps;
    this.columns = this.columns.map((old) => {
      const column = new Float32Array(this.rows);
      column.set(old);
      return column;
    });
  }

  private thin(): void {
    const half = this.length >> 1;
    const kept = half >> 1;
    for (const column of [this.stepColumn, ...this.columns]) {
      for (let row = 0; row < kept; row++) column[row] = column[2 * row]!;
      column.copyWithin(kept, 2 * kept, this.length);
    }
    this.length -= kept;
  }
}

/**
 * Rows to draw when there are more than `2 * buckets` of them: for every bucket of consecutive rows the rows that hold
 * a minimum or a maximum of one of the curves, so that no spike is lost. Returns ascending row indices, always with the
 * first and the last row; NaN is never an extreme.
 */
export function decimate(curves: readonly Float32Array[], length: number, buckets: number): Int32Array {
  if (length <= 2 * buckets || curves.length === 0) return Int32Array.from({ length }, (_, row) => row);
  const keep = new Set<number>([0, length - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * length) / buckets);
    const to = Math.floor(((bucket + 1) * length) / buckets);
    for (const curve of curves) {
      let low = -1;
      let high = -1;
      for (let row = from; row < to; row++) {
        const value = curve[row]!;
        if (Number.isNaN(value)) continue;
        if (low < 0 || value < curve[low]!) low = row;
        if (high < 0 || value > curve[high]!) high = row;
      }
      if (low >= 0) keep.add(low).add(high);
    }
  }
  return Int32Array.from(keep).sort();
}

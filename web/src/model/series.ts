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
  /** Grows when rows that were there before are gone or have moved. */
  rewrites = 0;
  private rows = 0;
  private stepColumn = new Float64Array(0);
  private columns: Float32Array[] = [];

  constructor(private readonly capacity = 1 << 15) {}

  /** Forgets everything; the next part starts at record 0 of `generation`. */
  reset(generation: number, columnCount: number): void {
    this.generation = generation;
    this.columnCount = columnCount;
    this.length = this.next = this.rows = 0;
    this.rewrites++;
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
    this.rewrites++;
  }
}

/**
 * First rows of consecutive buckets of equal width in steps, at most `buckets` of them, empty ones left out. Whoever
 * draws a bucket's minimum and maximum loses no spike.
 */
export function bucketStarts(steps: Float64Array, buckets: number): Int32Array {
  const length = steps.length;
  if (length <= buckets) return Int32Array.from({ length }, (_, row) => row);
  const width = (steps[length - 1]! - steps[0]!) / buckets || 1;
  const starts: number[] = [];
  let bucket = -1;
  for (let row = 0; row < length; row++) {
    const at = Math.min(buckets - 1, Math.floor((steps[row]! - steps[0]!) / width));
    if (at === bucket) continue;
    bucket = at;
    starts.push(row);
  }
  return Int32Array.from(starts);
}

/**
 * The run's record, one typed column a quantity, grown from the frames' `series` parts.
 *
 * The server's records never change, so what is already here is ignored. Memory is bounded: beyond `capacity` rows
 * older rows are thinned, four to two. Each column keeps the least and the greatest of its four values, in the order in
 * which they came, so that no spike of any of them is ever lost; they then stand at the first and the last of the four
 * steps.
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

  /**
   * Makes room: of the older three quarters, four rows become two where they lie closer together than most, so that in
   * the end all times are kept about equally well. At most a quarter of the rows can lie farther apart than `limit`,
   * so at least a quarter of the room becomes free.
   */
  private thin(): void {
    const { length, stepColumn } = this;
    const fours = (length - (length >> 2)) >> 2;
    const limit = (16 * (stepColumn[length - 1]! - stepColumn[0]!)) / length;
    const close = Uint8Array.from({ length: fours }, (_, four) =>
      stepColumn[4 * four + 3]! - stepColumn[4 * four]! <= limit ? 1 : 0,
    );
    const kept = this.join(stepColumn, close, (column, from, to) => {
      [column[to], column[to + 1]] = [column[from]!, column[from + 3]!];
    });
    for (const column of this.columns) this.join(column, close, keepExtremes);
    this.length = kept;
    this.rewrites++;
  }

  /** Joins the fours of a column that are `close`, and moves up what is behind. Returns how many rows there are then. */
  private join<T extends Float32Array | Float64Array>(
    column: T,
    close: Uint8Array,
    two: (column: T, from: number, to: number) => void,
  ): number {
    let to = 0;
    close.forEach((joined, four) => {
      if (joined) two(column, 4 * four, to);
      else column.copyWithin(to, 4 * four, 4 * four + 4);
      to += joined ? 2 : 4;
    });
    column.copyWithin(to, 4 * close.length, this.length);
    return to + this.length - 4 * close.length;
  }
}

/** Writes the least and the greatest of four values at `from` to two places at `to`, which come before or at them. */
function keepExtremes(column: Float32Array, from: number, to: number): void {
  let least = -1;
  let greatest = -1;
  for (let at = from; at < from + 4; at++) {
    const value = column[at]!;
    // Not measured at this row; nothing is said by that.
    if (Number.isNaN(value)) continue;
    if (least < 0 || value < column[least]!) least = at;
    // The last of equals, so that a column that stands still keeps its last row too.
    if (greatest < 0 || value >= column[greatest]!) greatest = at;
  }
  if (least < 0) {
    column[to] = column[to + 1] = NaN;
  } else if (least === greatest) {
    const [value, early] = [column[least]!, least < from + 2];
    column[to] = early ? value : NaN;
    column[to + 1] = early ? NaN : value;
  } else {
    const [first, second] = [column[Math.min(least, greatest)]!, column[Math.max(least, greatest)]!];
    column[to] = first;
    column[to + 1] = second;
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

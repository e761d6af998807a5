/**
 * What was measured of a run, probe by probe, as far as this tab has watched. Pure: no clock, no drawing.
 *
 * Memory is bounded: beyond `capacity` moments every two are merged, and so are those to come. A merged moment has the
 * numbers of its last measurement, and the lowest and highest of all of them, so that no spike is lost.
 */

import type { Frame, Measurement, ProbeId, ProbeLayout } from '../protocol/messages';

/** Moments that are kept of a probe; an even number. Of large ones fewer: so many numbers a side. */
const CAPACITY = 512;
const NUMBERS = 2 ** 21;

/** Which numbers of a moment: as they were measured last, or the extremes. */
export type Side = 'value' | 'low' | 'high';

export class ProbeHistory {
  /** Grows with every change; whoever draws compares it. */
  version = 0;
  /** Moments kept. */
  length = 0;
  /** Grows when moments that were there before are gone or have moved; the last one may change without that. */
  rewrites = 0;
  /** The last measurement as it came. */
  newest: Measurement | null = null;
  /** Numbers of a row. */
  readonly width: number;
  /** Numbers of a moment. */
  readonly size: number;
  /** Measurements that a moment stands for, and those that the last one has so far. */
  private inEach = 1;
  private inLast = Infinity;
  private readonly capacity: number;
  private readonly stepColumn: Float64Array;
  private readonly sides: Record<Side, Float32Array[]> = { value: [], low: [], high: [] };

  constructor(
    readonly layout: ProbeLayout,
    capacity = CAPACITY,
  ) {
    this.width = layout.quantities.length + layout.arrays.length * layout.length;
    this.size = layout.rows.length * this.width;
    this.capacity = Math.min(capacity, 2 * Math.max(1, Math.floor(NUMBERS / 2 / this.size)));
    this.stepColumn = new Float64Array(this.capacity);
  }

  /** Where a quantity of a row stands in a moment's numbers; those of an array are counted from 0. Without it -1. */
  place(row: number, quantity: string, index = 0): number {
    const { quantities, arrays, length } = this.layout;
    const array = index < length ? arrays.indexOf(quantity) : -1;
    const at = array < 0 ? quantities.indexOf(quantity) : quantities.length + array * length + index;
    return at < 0 ? -1 : row * this.width + at;
  }

  /** The numbers of an array in a row of a moment. */
  arrayOf(values: Float32Array, row: number, array: string): Float32Array {
    const from = this.place(row, array);
    return from < 0 ? values.subarray(0, 0) : values.subarray(from, from + this.layout.length);
  }

  /** Takes a measurement; one of the last step takes its place, older ones are known already. */
  take(measurement: Measurement): void {
    if (measurement.values.length !== this.size) return;
    const last = this.length - 1;
    const step = this.stepColumn[last] ?? -Infinity;
    if (measurement.step < step) return;
    this.newest = measurement;
    this.version++;
    const { values } = measurement;
    const { value, low, high } = this.sides;
    if (measurement.step === step || this.inLast < this.inEach) {
      if (measurement.step > step) this.inLast++;
      this.stepColumn[last] = measurement.step;
      low[last] = this.inLast > 1 ? merged(low[last]!, values, Math.min) : values;
      high[last] = this.inLast > 1 ? merged(high[last]!, values, Math.max) : values;
      value[last] = values;
      return;
    }
    if (this.length === this.capacity) this.halve();
    this.stepColumn[this.length] = measurement.step;
    // One array for all three until others are merged with it.
    for (const side of Object.values(this.sides)) side.push(values);
    this.length++;
    this.inLast = 1;
  }

  /** [length] steps, a view that is valid until the next `take`. */
  steps(): Float64Array {
    return this.stepColumn.subarray(0, this.length);
  }

  /** All numbers of a moment: [rows, width]. */
  moment(index: number, side: Side = 'value'): Float32Array {
    return this.sides[side][index]!;
  }

  /** [length] one number over time, by its place. */
  column(place: number, side: Side = 'value'): Float32Array {
    return Float32Array.from({ length: this.length }, (_, index) => this.sides[side][index]![place] ?? NaN);
  }

  private halve(): void {
    const { value, low, high } = this.sides;
    for (let first = 0; first < this.length; first += 2) {
      const [index, second] = [first >> 1, first + 1];
      this.stepColumn[index] = this.stepColumn[second]!;
      value[index] = value[second]!;
      low[index] = merged(low[first]!, low[second]!, Math.min);
      high[index] = merged(high[first]!, high[second]!, Math.max);
    }
    this.length >>= 1;
    for (const side of Object.values(this.sides)) side.length = this.length;
    this.inEach *= 2;
    this.rewrites++;
  }
}

/** The extremes of each number; what is not a number has none. */
function merged(one: Float32Array, other: Float32Array, extreme: (a: number, b: number) => number): Float32Array {
  return one.map((value, i) => {
    const beside = other[i]!;
    return value !== value ? beside : beside !== beside ? value : extreme(value, beside);
  });
}

/** The histories of all probes of the present weights. */
export class Probes {
  generation = -1;
  private layouts: Record<ProbeId, ProbeLayout> = {};
  private readonly histories = new Map<ProbeId, ProbeHistory>();

  /** Another network, or other weights: what was measured before says nothing of it. */
  begin(layouts: Record<ProbeId, ProbeLayout>, generation: number): void {
    const same = generation === this.generation && JSON.stringify(layouts) === JSON.stringify(this.layouts);
    this.generation = generation;
    this.layouts = layouts;
    if (!same) this.histories.clear();
  }

  /** Another run: its generations are others. */
  forget(): void {
    this.generation = -1;
    this.histories.clear();
  }

  /** What a frame brings. */
  take(frame: Pick<Frame, 'generation' | 'probes'>): void {
    if (frame.generation !== this.generation) this.begin(this.layouts, frame.generation);
    for (const [id, measurement] of Object.entries(frame.probes ?? {})) this.of(id)?.take(measurement);
  }

  /** What was measured by a probe so far; null for one that this run does not know. */
  of(id: ProbeId): ProbeHistory | null {
    const layout = this.layouts[id];
    if (!layout) return null;
    const known = this.histories.get(id) ?? new ProbeHistory(layout);
    this.histories.set(id, known);
    return known;
  }
}

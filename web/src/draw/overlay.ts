/** Curves of several runs over one axis. Pure. */
import type { Values } from './curves';

/** One run's own places on the axis, rising, and its values there: null is a gap. */
export interface Track {
  readonly x: readonly number[];
  readonly y: Values;
}

/** A gap that is drawn, or a place at which a run has nothing to say: lines go through those. */
export type Aligned = (number | null | undefined)[];

/** All tracks over the places of any of them. */
export function overlay(tracks: readonly Track[]): [number[], ...Aligned[]] {
  const x = [...new Set(tracks.flatMap((track) => track.x))].sort((a, b) => a - b);
  const place = new Map(x.map((value, index) => [value, index]));
  const aligned = tracks.map((track) => {
    const values: Aligned = Array<undefined>(x.length).fill(undefined);
    track.x.forEach((value, i) => (values[place.get(value)!] = track.y[i]));
    return values;
  });
  return [x, ...aligned];
}

/** The value of a curve at a place, or the last one before it; undefined where there is none. */
export function valueAt(values: Aligned, place: number): number | undefined {
  for (let i = Math.min(place, values.length - 1); i >= 0; i--) {
    const value = values[i];
    if (typeof value === 'number') return value;
  }
  return undefined;
}

/**
 * Heights for labels that would like to have their middles at `wanted`, within [low, high], and take `room` each: each
 * moves as little as it can, in the order in which they want to stand.
 */
export function spread(wanted: readonly number[], room: readonly number[], low: number, high: number): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = order.map((i) => Math.min(high, Math.max(low, wanted[i]!)));
  const apart = (i: number) => (room[order[i - 1]!]! + room[order[i]!]!) / 2;
  for (let i = 1; i < placed.length; i++) placed[i] = Math.max(placed[i]!, placed[i - 1]! + apart(i));
  for (let i = placed.length - 1; i >= 0; i--) {
    const ceiling = i === placed.length - 1 ? high : placed[i + 1]! - apart(i + 1);
    placed[i] = Math.min(placed[i]!, ceiling);
  }
  const heights = Array<number>(wanted.length).fill(0);
  order.forEach((label, i) => (heights[label] = placed[i]!));
  return heights;
}

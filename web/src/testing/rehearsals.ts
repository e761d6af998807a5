/** Arrays of a rehearsed step for tests. */
import type { Block, Rehearsal } from '../protocol/rehearsal';

export function blocks(entries: Readonly<Record<string, readonly number[]>>): Map<string, Block> {
  return new Map(
    Object.entries(entries).map(([name, data]) => [name, { shape: [data.length], data: Float32Array.from(data) }]),
  );
}

/** Of a batch whose samples all have their numbers in the arrays: what these add up to. */
export function sumsOf(arrays: Rehearsal['arrays'], samples: number): Rehearsal['sums'] {
  return new Map(
    [...arrays].map(([name, { data }]) => [
      name,
      Float32Array.from({ length: data.length / samples }, (_, unit) =>
        data.subarray(unit * samples, (unit + 1) * samples).reduce((sum, value) => sum + value, 0),
      ),
    ]),
  );
}

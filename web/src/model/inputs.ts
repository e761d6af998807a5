/** From points of the plane, or images, to what the network's first layer sees: feature-major, preprocessed. */
import { features } from '../generated/formulas';

/** x' = (x - offset) @ matrix, fitted by the server on the training set. */
export interface Preprocessing {
  /** [d] */
  readonly offset: Float32Array;
  /** [d, d], row-major, or [d], its diagonal */
  readonly matrix: Float32Array;
}

/** The plane data live in [-PLANE, PLANE] on both axes. */
export const PLANE = 6;

/** [n, d] samples (row-major) to [d][n] preprocessed inputs, written into `out`. */
export function preprocess(
  samples: Float32Array,
  count: number,
  { offset, matrix }: Preprocessing,
  out: Float32Array = new Float32Array(offset.length * count),
): Float32Array {
  const width = offset.length;
  const diagonal = matrix.length === width;
  if (!diagonal) out.fill(0);
  for (let s = 0; s < count; s++) {
    for (let i = 0; i < width; i++) {
      const value = samples[s * width + i]! - offset[i]!;
      if (diagonal) out[i * count + s] = value * matrix[i]!;
      else for (let j = 0; j < width; j++) out[j * count + s]! += value * matrix[i * width + j]!;
    }
  }
  return out;
}

/** [n, 2] points to the chosen features, [n, d] row-major. Throws on a feature without a formula. */
export function featureMatrix(points: Float32Array, ids: readonly string[]): Float32Array {
  const formulas = ids.map((id) => {
    const formula = features[id];
    if (!formula) throw new Error(`No formula for the feature ${id}`);
    return formula;
  });
  const count = points.length / 2;
  const out = new Float32Array(count * ids.length);
  for (let s = 0; s < count; s++) {
    formulas.forEach((formula, i) => (out[s * ids.length + i] = formula(points[2 * s]!, points[2 * s + 1]!)));
  }
  return out;
}

/** Which two columns of a table are the axes of its picture: across and up; -1 for none. */
export type PlaneColumns = readonly [across: number, up: number];

/** [n, 2] places to rows of a table, [n, d] row-major: the two columns move, the others stay at their mean. */
export function sliceRows(points: Float32Array, means: Float32Array, [across, up]: PlaneColumns): Float32Array {
  const count = points.length / 2;
  const width = means.length;
  const rows = new Float32Array(count * width);
  for (let s = 0; s < count; s++) {
    rows.set(means, s * width);
    if (up >= 0) rows[s * width + up] = points[2 * s + 1]!;
    rows[s * width + across] = points[2 * s]!;
  }
  return rows;
}

/** Rows of a table to places in its picture, [n, 2]; where nothing goes up, all lie on the middle line. */
export function placeRows(rows: Float32Array, width: number, [across, up]: PlaneColumns): Float32Array {
  const count = rows.length / width;
  const points = new Float32Array(2 * count);
  for (let s = 0; s < count; s++) {
    points[2 * s] = rows[s * width + across]!;
    if (up >= 0) points[2 * s + 1] = rows[s * width + up]!;
  }
  return points;
}

/** [d] means of the columns of rows, [n, d] row-major. */
export function columnMeans(rows: Float32Array, width: number): Float32Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) sums[i % width]! += rows[i]!;
  return Float32Array.from(sums, (sum) => (sum * width) / Math.max(1, rows.length));
}

/** [side * side, 2] centres of the pixels of a square picture of the plane, row by row from the top left. */
export function gridPoints(side: number): Float32Array {
  const points = new Float32Array(2 * side * side);
  const step = (2 * PLANE) / side;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      points[2 * (row * side + column)] = -PLANE + step * (column + 0.5);
      points[2 * (row * side + column) + 1] = PLANE - step * (row + 0.5);
    }
  }
  return points;
}

/** The side of the picture that a network of this size can be evaluated on for every drawn frame. */
export function gridSide(multiplications: number, units: number): number {
  // About 2 ms: a multiply-add takes near 1 ns in a hot loop, an activation with its colour near 20.
  const nanosecondsASample = multiplications + 20 * units;
  const side = Math.floor(Math.sqrt(2e6 / nanosecondsASample) / 4) * 4;
  return Math.min(64, Math.max(16, side));
}

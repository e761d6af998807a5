/** Several small pictures as one: a filter's kernels, one an input map, or a unit's weights over all maps. Pure. */
import { writePixels } from './heatmap';

export interface Mosaic {
  /** Pictures beside each other, and all of it in pixels. */
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels between two pictures. */
const LINE = 1;

/** As square as can be: `count` pictures of `wide` by `tall` pixels with a line between them. */
export function mosaicOf(count: number, wide: number, tall: number): Mosaic {
  const columns = Math.max(1, Math.ceil(Math.sqrt((count * tall) / wide)));
  const rows = Math.ceil(count / columns);
  return { columns, width: columns * (wide + LINE) - LINE, height: rows * (tall + LINE) - LINE };
}

/** Which value a point shows, at the shares `across` and `down` of all of it; -1 between two pictures, and behind the last. */
export function placeIn(count: number, wide: number, tall: number, across: number, down: number): number {
  const { columns, width, height } = mosaicOf(count, wide, tall);
  const x = Math.min(width - 1, Math.floor(across * width));
  const y = Math.min(height - 1, Math.floor(down * height));
  const [column, row] = [Math.floor(x / (wide + LINE)), Math.floor(y / (tall + LINE))];
  const [inX, inY] = [x - column * (wide + LINE), y - row * (tall + LINE)];
  const picture = row * columns + column;
  return inX >= wide || inY >= tall || picture >= count ? -1 : (picture * tall + inY) * wide + inX;
}

/**
 * Writes `count` pictures, `values[from …]` one after the other, into a tile at `start` of `pixels`. Lines, and places
 * for which there is no picture, get `ground`. Returns whether every value was a number.
 */
export function writeMosaic(
  values: Float32Array,
  from: number,
  count: number,
  wide: number,
  tall: number,
  scale: number,
  table: Uint32Array,
  ground: number,
  pixels: Uint32Array,
  start: number,
  stride: number,
): boolean {
  const { columns, width, height } = mosaicOf(count, wide, tall);
  if (count > 1) for (let y = 0; y < height; y++) pixels.fill(ground, start + y * stride, start + y * stride + width);
  let numbers = true;
  for (let i = 0; i < count; i++) {
    const at = start + Math.floor(i / columns) * (tall + LINE) * stride + (i % columns) * (wide + LINE);
    const each = writePixels(values, from + i * wide * tall, wide * tall, wide, scale, table, pixels, at, stride);
    numbers &&= each;
  }
  return numbers;
}

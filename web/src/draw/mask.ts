/** A number for every unit of every layer: a square each, full where it is 1, empty where it is 0. Pure. */
import { SIZES } from './figure';
import { textWidth } from './shorten';
import { css, type Palette, type Rgb } from './palette';
import type { Surface } from './surface';

export interface MaskRow {
  readonly label: string;
  readonly colour: Rgb;
  /** In 0 … 1. */
  readonly values: ArrayLike<number>;
}

const GAP = 0.22;
/** A square with the room to the next, in sizes of the text. */
const LARGEST = 5;

/** Sizes at which `rows` of squares fit into a box: how many stand in a line, and how far apart. */
export function squaresFit(
  counts: readonly number[],
  width: number,
  height: number,
  size: number,
): { readonly across: number; readonly pitch: number } {
  for (let pitch = LARGEST * size; pitch > 2; pitch -= 0.5) {
    const across = Math.max(1, Math.floor(width / pitch));
    const lines = counts.reduce((sum, count) => sum + Math.ceil(count / across) + 0.5, 0);
    if (lines * pitch <= height) return { across, pitch };
  }
  return { across: Math.max(1, Math.floor(width / 2)), pitch: 2 };
}

/** Where the squares of layers one below the other are: the first of each layer, and how the others follow it. */
interface Squares {
  readonly left: number;
  readonly tops: readonly number[];
  readonly across: number;
  readonly pitch: number;
}

function squaresOf(rows: readonly MaskRow[], width: number, height: number, size: number): Squares {
  const left = Math.max(0, ...rows.map(({ label }) => textWidth(label, size))) + size;
  const { across, pitch } = squaresFit(
    rows.map(({ values }) => values.length),
    width - left - size,
    height - size,
    size,
  );
  let y = size / 2;
  const tops = rows.map(({ values }) => {
    const top = y;
    y += (Math.ceil(values.length / across) + 0.5) * pitch;
    return top;
  });
  return { left, tops, across, pitch };
}

/** A unit of a layer, both counted from 0. */
export interface MaskUnit {
  readonly row: number;
  readonly unit: number;
}

/** The square of a unit: its left and upper edge, and how long they are. */
export function squareOf(
  rows: readonly MaskRow[],
  { row, unit }: MaskUnit,
  width: number,
  height: number,
  size: number,
): { readonly x: number; readonly y: number; readonly side: number } {
  const { left, tops, across, pitch } = squaresOf(rows, width, height, size);
  const line = Math.floor(unit / across);
  return { x: left + (unit % across) * pitch, y: tops[row]! + line * pitch, side: pitch * (1 - GAP) };
}

/** The unit whose square is under a point; null beside them. */
export function maskUnitAt(
  rows: readonly MaskRow[],
  x: number,
  y: number,
  width: number,
  height: number,
  size: number,
): MaskUnit | null {
  const { left, tops, across, pitch } = squaresOf(rows, width, height, size);
  const column = Math.floor((x - left) / pitch);
  const row = tops.findLastIndex((top) => top <= y);
  if (row < 0 || column < 0 || column >= across) return null;
  const unit = Math.floor((y - tops[row]!) / pitch) * across + column;
  return unit < rows[row]!.values.length ? { row, unit } : null;
}

/** Draws the layers one below the other. */
export function drawMask(
  surface: Surface,
  palette: Palette,
  rows: readonly MaskRow[],
  width: number,
  height: number,
  size: number = SIZES.small,
): void {
  const { left, tops, across, pitch } = squaresOf(rows, width, height, size);
  surface.font = `${size}px ${palette.font}`;
  surface.textBaseline = 'middle';
  surface.textAlign = 'left';
  const side = pitch * (1 - GAP);
  rows.forEach(({ label, colour, values }, row) => {
    surface.fillStyle = css(colour);
    surface.fillText(label, 0, tops[row]! + side / 2);
    for (let unit = 0; unit < values.length; unit++) {
      const x = left + (unit % across) * pitch;
      const top = tops[row]! + Math.floor(unit / across) * pitch;
      surface.fillStyle = palette.soft;
      surface.fillRect(x, top, side, side);
      const value = values[unit]!;
      if (!(value > 0)) continue;
      surface.fillStyle = css(colour, 0.15 + 0.85 * Math.min(1, value));
      surface.fillRect(x, top, side, side);
    }
  });
}

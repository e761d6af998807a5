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

/** Draws the layers one below the other. */
export function drawMask(
  surface: Surface,
  palette: Palette,
  rows: readonly MaskRow[],
  width: number,
  height: number,
  size: number = SIZES.small,
): void {
  const left = Math.max(0, ...rows.map(({ label }) => textWidth(label, size))) + size;
  const { across, pitch } = squaresFit(
    rows.map(({ values }) => values.length),
    width - left - size,
    height - size,
    size,
  );
  surface.font = `${size}px ${palette.font}`;
  surface.textBaseline = 'middle';
  surface.textAlign = 'left';
  const side = pitch * (1 - GAP);
  let y = size / 2;
  for (const { label, colour, values } of rows) {
    surface.fillStyle = css(colour);
    surface.fillText(label, 0, y + side / 2);
    for (let unit = 0; unit < values.length; unit++) {
      const x = left + (unit % across) * pitch;
      const top = y + Math.floor(unit / across) * pitch;
      surface.fillStyle = palette.soft;
      surface.fillRect(x, top, side, side);
      const value = values[unit]!;
      if (!(value > 0)) continue;
      surface.fillStyle = css(colour, 0.15 + 0.85 * Math.min(1, value));
      surface.fillRect(x, top, side, side);
    }
    y += (Math.ceil(values.length / across) + 0.5) * pitch;
  }
}

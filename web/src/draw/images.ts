/** Images, grey or in colour: one alone, and a page of samples with what the network takes each for. */
import { Atlas, writePixels, type Context } from './heatmap';
import type { Palette } from './palette';
import { shorten } from './shorten';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 3 are red, green and blue. */
  readonly channels: number;
}

/**
 * Paints the image that starts at `values[from]`, [channels][height][width] in 0..1, into `pixels` from `start` on,
 * with `stride` pixels a row: colour as it is, grey by a palette's table. False where a value is not a number.
 */
export function imagePixels(
  values: Float32Array,
  from: number,
  { width, height, channels }: ImageSize,
  greys: Uint32Array,
  pixels: Uint32Array,
  start: number,
  stride: number,
): boolean {
  const size = width * height;
  if (channels === 1) return writePixels(values, from, size, width, 1, greys, pixels, start, stride);
  let numbers = true;
  const byte = (at: number) => {
    const value = values[at]!;
    numbers &&= value === value;
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  };
  for (let i = 0; i < size; i++) {
    const [red, green, blue] = [byte(from + i), byte(from + size + i), byte(from + 2 * size + i)];
    const place = start + Math.floor(i / width) * stride + (i % width);
    pixels[place] = ((0xff << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return numbers;
}

export interface SampleCell {
  readonly sample: number;
  /** Name of the predicted class; empty while there is no prediction. */
  readonly label: string;
  readonly right: boolean;
}

export interface SamplePage {
  /** [n, channels * height * width] in 0..1 */
  readonly images: Float32Array;
  readonly size: ImageSize;
  readonly cells: readonly SampleCell[];
  readonly columns: number;
  readonly selected: number;
}

export const LABEL_HEIGHT = 15;

/** Paints a sample of `images`, [n, channels * height * width] in 0..1, into a tile of its size. */
export function paintSample(
  atlas: Atlas,
  tile: number,
  images: Float32Array,
  sample: number,
  size: ImageSize,
  palette: Palette,
): void {
  const from = sample * size.channels * size.height * size.width;
  atlas.paint(tile, (pixels, start, stride) => imagePixels(images, from, size, palette.greys, pixels, start, stride));
}

export class SampleGrid {
  private readonly atlas = new Atlas();

  /** Cells are `cell` points wide, and higher by the label. */
  draw(context: Context, page: SamplePage, palette: Palette, cell: number): void {
    const { cells, columns, size } = page;
    this.atlas.resize(Math.max(1, cells.length), size.width, size.height);
    cells.forEach(({ sample }, i) => paintSample(this.atlas, i, page.images, sample, size, palette));
    this.atlas.commit();
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    cells.forEach(({ sample, label, right }, i) => {
      const x = (i % columns) * cell;
      const y = Math.floor(i / columns) * (cell + LABEL_HEIGHT);
      const side = cell - 6;
      this.atlas.draw(context, i, { x: x + 3, y: y + 3, width: side, height: side }, palette, false);
      context.lineWidth = sample === page.selected ? 2 : 1;
      context.strokeStyle = sample === page.selected ? palette.accent : palette.line;
      context.strokeRect(x + 2.5, y + 2.5, side + 1, side + 1);
      if (!label) return;
      context.font = `${right ? 400 : 600} 11px ${palette.font}`;
      context.fillStyle = right ? palette.good : palette.warn;
      const text = shorten(context, `${right ? '✓' : '✗'} ${label}`, cell - 2);
      context.fillText(text, x + cell / 2, y + cell + LABEL_HEIGHT / 2 - 1);
    });
  }
}

/** One image as large as `side` points, its pixels kept apart. */
export class SingleImage {
  private readonly atlas = new Atlas();

  draw(context: Context, palette: Palette, images: Float32Array, sample: number, size: ImageSize, side: number): void {
    this.atlas.resize(1, size.width, size.height);
    paintSample(this.atlas, 0, images, sample, size, palette);
    this.atlas.commit();
    this.atlas.draw(context, 0, { x: 0, y: 0, width: side, height: side }, palette, false);
  }
}

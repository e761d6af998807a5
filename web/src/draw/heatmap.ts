/** Values to pixels through a lookup table, and pictures kept in one reused canvas (an atlas of tiles). */
import { LEVELS, NOT_A_NUMBER, ZERO, type Palette } from './palette';

/** What may be drawn onto: a canvas on the page, or one that is never shown. */
export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** A place in points of the page, relative to the canvas. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Writes `count` values as pixels of `table`, in rows of `width` pixels, `stride` pixels apart. `scale` is what the ends
 * of the table stand for. Returns whether every value was a number.
 */
export function writePixels(
  values: Float32Array,
  from: number,
  count: number,
  width: number,
  scale: number,
  table: Uint32Array,
  out: Uint32Array,
  start: number,
  stride: number,
): boolean {
  const half = (LEVELS - 1) / 2;
  const gain = half / scale;
  let numbers = true;
  let at = start;
  let column = 0;
  for (let i = from; i < from + count; i++) {
    const level = half + gain * values[i]! + 0.5;
    if (level >= LEVELS) out[at + column] = table[LEVELS - 1]!;
    else if (level >= 0) out[at + column] = table[level | 0]!;
    else if (level < 0) out[at + column] = table[0]!;
    else {
      out[at + column] = table[NOT_A_NUMBER]!;
      numbers = false;
    }
    if (++column === width) {
      column = 0;
      at += stride;
    }
  }
  return numbers;
}

/** Square or oblong tiles of one size in a canvas that is not shown; grows when more are needed, never shrinks. */
export class Atlas {
  private canvas: OffscreenCanvas | null = null;
  private context: OffscreenCanvasRenderingContext2D | null = null;
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);
  private columns = 1;
  private tileWidth = 0;
  private tileHeight = 0;
  private broken = new Uint8Array(0);

  /** Makes room for `tiles` tiles of the given size in pixels. */
  resize(tiles: number, width: number, height: number): void {
    const columns = Math.max(1, Math.ceil(Math.sqrt((tiles * height) / width)));
    const rows = Math.max(1, Math.ceil(tiles / columns));
    const fits = this.canvas && this.canvas.width >= columns * width && this.canvas.height >= rows * height;
    if (fits && width === this.tileWidth && height === this.tileHeight && columns === this.columns) return;
    this.tileWidth = width;
    this.tileHeight = height;
    this.columns = columns;
    this.canvas = new OffscreenCanvas(columns * width, rows * height);
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
    this.image = new ImageData(columns * width, rows * height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.broken = new Uint8Array(columns * rows);
  }

  /** Fills a tile with `count` values from `values[from]` on, row by row; what is left over of it shows zero. */
  write(tile: number, values: Float32Array, from: number, count: number, scale: number, table: Uint32Array): void {
    const { start, stride } = this.place(tile);
    if (count < this.tileWidth * this.tileHeight) {
      for (let row = 0; row < this.tileHeight; row++) {
        this.pixels.fill(table[ZERO]!, start + row * stride, start + row * stride + this.tileWidth);
      }
    }
    const numbers = writePixels(values, from, count, this.tileWidth, scale, table, this.pixels, start, stride);
    this.broken[tile] = numbers ? 0 : 1;
  }

  /** Fills a tile through `paint`, which gets the pixels, where the tile starts, and the pixels in a row of the canvas. */
  paint(tile: number, paint: (pixels: Uint32Array, start: number, stride: number) => boolean): void {
    const { start, stride } = this.place(tile);
    this.broken[tile] = paint(this.pixels, start, stride) ? 0 : 1;
  }

  /** Takes all that was written over to the canvas: once, before drawing from it. */
  commit(): void {
    if (this.image) this.context?.putImageData(this.image, 0, 0);
  }

  /** Draws a tile; what held something that is not a number is hatched. */
  draw(context: Context, tile: number, box: Box, palette: Palette, smooth = true): void {
    if (!this.canvas) return;
    const left = (tile % this.columns) * this.tileWidth;
    const top = Math.floor(tile / this.columns) * this.tileHeight;
    if (this.broken[tile]) {
      hatch(context, box, palette);
      return;
    }
    context.imageSmoothingEnabled = smooth;
    // Half a pixel inside, or smoothing would mix in the neighbouring tile.
    const inset = smooth ? 0.5 : 0;
    context.drawImage(
      this.canvas,
      left + inset,
      top + inset,
      this.tileWidth - 2 * inset,
      this.tileHeight - 2 * inset,
      box.x,
      box.y,
      box.width,
      box.height,
    );
  }

  private place(tile: number): { start: number; stride: number } {
    const stride = this.columns * this.tileWidth;
    const start = Math.floor(tile / this.columns) * this.tileHeight * stride + (tile % this.columns) * this.tileWidth;
    return { start, stride };
  }
}

/** Grey with diagonal lines: what is shown where a value is not a number. */
export function hatch(context: Context, { x, y, width, height }: Box, palette: Palette): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = palette.soft;
  context.fillRect(x, y, width, height);
  context.beginPath();
  const gap = Math.max(5, Math.min(12, width / 5));
  for (let offset = -height; offset < width; offset += gap) {
    context.moveTo(x + offset, y + height);
    context.lineTo(x + offset + height, y);
  }
  context.strokeStyle = palette.ink3;
  context.lineWidth = 1;
  context.globalAlpha *= 0.6;
  context.stroke();
  context.restore();
}

/** Largest finite magnitude of `values[from … from + count)`, 0 when there is none. */
export function largestMagnitude(values: Float32Array, from = 0, count = values.length): number {
  // Two bounds instead of Math.abs: a quarter of the time, and every neuron's picture is read like this in every frame.
  let low = 0;
  let high = 0;
  for (let i = from; i < from + count; i++) {
    const value = values[i]!;
    if (value > high) {
      if (value < Infinity) high = value;
    } else if (value < low && value > -Infinity) low = value;
  }
  return Math.max(high, -low);
}

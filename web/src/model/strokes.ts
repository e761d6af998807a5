/**
 * Strokes of a pen as pixels. A stroke is a line through points; a pixel's ink is the share of its area that a round pen
 * covers, as where a scanned digit is counted in blocks. All buffers are made once: drawing on allocates nothing.
 */

/** Points of all strokes together; with the least distance between two, more than thirty times across the paper. */
export const MOST_POINTS = 4096;
/** Points nearer to the one before than this share of the paper's width are left out. */
const LEAST_DISTANCE = 0.008;

/** Strokes on a paper that is one wide; y grows downwards. */
export class Strokes {
  /** x, y of every point. */
  readonly points = new Float32Array(2 * MOST_POINTS);
  /** Points in all. */
  count = 0;
  /** Where each stroke begins. */
  readonly starts: number[] = [];

  get full(): boolean {
    return this.count === MOST_POINTS;
  }

  begin(x: number, y: number): void {
    if (this.full) return;
    this.starts.push(this.count);
    this.put(x, y);
  }

  /** Goes on with the stroke that was begun last; returns whether anything was added. */
  extend(x: number, y: number): boolean {
    if (this.starts.length === 0 || this.full) return false;
    const last = 2 * (this.count - 1);
    if (Math.hypot(x - this.points[last]!, y - this.points[last + 1]!) < LEAST_DISTANCE) return false;
    this.put(x, y);
    return true;
  }

  undo(): void {
    this.count = this.starts.pop() ?? 0;
  }

  clear(): void {
    this.count = 0;
    this.starts.length = 0;
  }

  /** Calls `line` with every piece of every stroke; a stroke of one point is a piece without length. */
  eachLine(line: (x0: number, y0: number, x1: number, y1: number) => void): void {
    for (let stroke = 0; stroke < this.starts.length; stroke++) {
      const from = this.starts[stroke]!;
      const to = this.starts[stroke + 1] ?? this.count;
      for (let i = from; i < Math.max(from + 1, to - 1); i++) {
        const next = Math.min(i + 1, to - 1);
        line(this.points[2 * i]!, this.points[2 * i + 1]!, this.points[2 * next]!, this.points[2 * next + 1]!);
      }
    }
  }

  private put(x: number, y: number): void {
    this.points[2 * this.count] = x;
    this.points[2 * this.count + 1] = y;
    this.count++;
  }
}

/** From the paper to pixels: x' = scale x + right, y' = scale y + down. */
export interface Placement {
  scale: number;
  right: number;
  down: number;
}

/** Fine cells across a picture at least, so that a pen's edge has some ten shades. */
const FINE = 64;

export class Raster {
  /** [height * width] from 0 to 1: the share of each pixel that is inked. */
  readonly ink: Float32Array;
  private readonly fine: Float32Array;
  /** Fine cells along a pixel. */
  private readonly cells: number;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.cells = Math.max(4, Math.ceil(FINE / Math.max(width, height)));
    this.ink = new Float32Array(width * height);
    this.fine = new Float32Array(this.ink.length * this.cells ** 2);
  }

  /** Draws all strokes anew with a pen of that radius in pixels. */
  draw(strokes: Strokes, { scale, right, down }: Placement, radius: number): void {
    this.fine.fill(0);
    const { cells } = this;
    strokes.eachLine((x0, y0, x1, y1) =>
      this.stamp(
        cells * (scale * x0 + right),
        cells * (scale * y0 + down),
        cells * (scale * x1 + right),
        cells * (scale * y1 + down),
        cells * radius,
      ),
    );
    this.count();
  }

  /** One piece of a line, all in fine cells. */
  private stamp(x0: number, y0: number, x1: number, y1: number, radius: number): void {
    const wide = this.width * this.cells;
    const high = this.height * this.cells;
    const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius - 1));
    const end = Math.min(wide, Math.ceil(Math.max(x0, x1) + radius + 1));
    const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius - 1));
    const bottom = Math.min(high, Math.ceil(Math.max(y0, y1) + radius + 1));
    const dx = x1 - x0;
    const dy = y1 - y0;
    const square = dx * dx + dy * dy;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < end; column++) {
        const px = column + 0.5 - x0;
        const py = row + 0.5 - y0;
        const along = square > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / square)) : 0;
        const cover = radius + 0.5 - Math.hypot(px - along * dx, py - along * dy);
        const at = row * wide + column;
        if (cover > this.fine[at]!) this.fine[at] = Math.min(1, cover);
      }
    }
  }

  private count(): void {
    const { cells, width, height } = this;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        let sum = 0;
        for (let i = 0; i < cells; i++) {
          const from = ((row * cells + i) * width + column) * cells;
          for (let j = from; j < from + cells; j++) sum += this.fine[j]!;
        }
        this.ink[row * width + column] = sum / cells ** 2;
      }
    }
  }
}

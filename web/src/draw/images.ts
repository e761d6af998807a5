/** A page of samples: every image with what the network takes it for, and whether that is right. */
import { Atlas, type Context } from './heatmap';
import type { Palette } from './palette';

export interface SampleCell {
  readonly sample: number;
  /** Name of the predicted class; empty while there is no prediction. */
  readonly label: string;
  readonly right: boolean;
}

export interface SamplePage {
  /** [n, height * width] in 0..1 */
  readonly images: Float32Array;
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly cells: readonly SampleCell[];
  readonly columns: number;
  readonly selected: number;
}

export const LABEL_HEIGHT = 15;

export class SampleGrid {
  private readonly atlas = new Atlas();

  /** Cells are `cell` points wide, and higher by the label. */
  draw(context: Context, page: SamplePage, palette: Palette, cell: number): void {
    const { cells, columns, imageWidth, imageHeight } = page;
    this.atlas.resize(Math.max(1, cells.length), imageWidth, imageHeight);
    const pixels = imageWidth * imageHeight;
    cells.forEach(({ sample }, i) => this.atlas.write(i, page.images, sample * pixels, pixels, 1, palette.greys));
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
      context.fillText(`${right ? '✓' : '✗'} ${label}`, x + cell / 2, y + cell + LABEL_HEIGHT / 2 - 1);
    });
  }
}

/** One image as large as `size` points, its pixels kept apart. */
export class SingleImage {
  private readonly atlas = new Atlas();

  draw(
    context: Context,
    palette: Palette,
    images: Float32Array,
    sample: number,
    width: number,
    height: number,
    size: number,
  ): void {
    this.atlas.resize(1, width, height);
    this.atlas.write(0, images, sample * width * height, width * height, 1, palette.greys);
    this.atlas.commit();
    this.atlas.draw(context, 0, { x: 0, y: 0, width: size, height: size }, palette, false);
  }
}

/** The whole network in a strip, for when it is wider than its card: a bar a layer, and the part that is in view. */
import type { Geometry } from './geometry';
import type { Context } from './heatmap';
import { css, type Palette, type Rgb } from './palette';
import { fitCanvas } from './theme';

export interface MiniMapPicture {
  readonly geometry: Geometry;
  readonly palette: Palette;
  readonly colours: readonly Rgb[];
  /** The part in view, in points of the network's content. */
  readonly left: number;
  readonly right: number;
}

/** Draws the strip only when something of it is another: it does not change with the weights. */
export class MiniMap {
  private kept: readonly unknown[] = [];

  draw(canvas: HTMLCanvasElement, picture: MiniMapPicture, width: number, height: number): void {
    const { geometry, palette, colours, left, right } = picture;
    const what = [canvas, geometry, palette, colours, left, right, width, height, window.devicePixelRatio];
    if (what.length === this.kept.length && what.every((part, i) => part === this.kept[i])) return;
    const context = fitCanvas(canvas, width, height);
    if (!context) return;
    this.kept = what;
    drawMiniMap(context, picture, width, height);
  }
}

function drawMiniMap(context: Context, picture: MiniMapPicture, width: number, height: number): void {
  const { geometry, palette, colours, left, right } = picture;
  const scale = width / geometry.width;
  context.clearRect(0, 0, width, height);
  context.fillStyle = palette.soft;
  context.beginPath();
  context.roundRect(left * scale, 0, Math.max(8, (right - left) * scale), height, 5);
  context.fill();
  const most = Math.log2(1 + Math.max(...geometry.columns.map((column) => column.units)));
  for (const column of geometry.columns) {
    const tall = Math.max(3, ((height - 8) * Math.log2(1 + column.units)) / most);
    context.beginPath();
    context.roundRect(column.x * scale - 2.5, (height - tall) / 2, 5, tall, 2);
    context.fillStyle = css(colours[column.index]!);
    context.fill();
  }
  context.beginPath();
  context.roundRect(left * scale + 0.75, 0.75, Math.max(8, (right - left) * scale) - 1.5, height - 1.5, 5);
  context.lineWidth = 1.5;
  context.strokeStyle = palette.ink3;
  context.stroke();
}

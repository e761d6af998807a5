/** The samples over a map of the plane, and its corners: drawn once, and laid over every drawing of the map in one piece. */
import type { Context } from './heatmap';
import type { Palette } from './palette';
import { drawPoints, type Points } from './points';
import { roundCorners } from './rounded';
import { fitCanvas } from './theme';

/** Corners of a map. */
const RADIUS = 8;

export class Dots {
  private readonly canvas = document.createElement('canvas');

  /** No dots until some are added. `size` is the map's side in points. */
  clear(palette: Palette, size: number): void {
    const context = fitCanvas(this.canvas, size, size);
    context?.clearRect(0, 0, size, size);
    if (context) roundMap(context, palette, size);
  }

  /** The dots are those of a map that is `smaller` times as large, made smaller with it. */
  add(
    points: Points,
    palette: Palette,
    size: number,
    task: string,
    classes: number,
    hollow = false,
    smaller = 1,
  ): void {
    const context = fitCanvas(this.canvas, size, size);
    if (!context) return;
    context.scale(1 / smaller, 1 / smaller);
    drawPoints(context, points, palette, size * smaller, task, classes, hollow);
    context.scale(smaller, smaller);
    roundMap(context, palette, size);
  }

  /** Lays the dots over a map, rounded. On the page a layer or a mask of its own would cost a copy a frame. */
  lay(context: Context, size: number): void {
    if (this.canvas.width > 0 && size > 0) context.drawImage(this.canvas, 0, 0, size, size);
  }
}

function roundMap(context: Context, palette: Palette, size: number): void {
  roundCorners(context, [{ x: 0, y: 0, width: size, height: size }], RADIUS, palette.card);
}

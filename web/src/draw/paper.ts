/** The paper that a person draws on: strokes as smooth as the screen allows, over the sample they began from. */
import type { Ink } from '../model/ink';
import type { Strokes } from '../model/strokes';
import type { Context } from './heatmap';
import type { ImageSize, SingleImage } from './images';
import { css, type Palette } from './palette';

/** Sizes of the paper in points, beside the image's in pixels. */
export interface Paper extends ImageSize {
  readonly side: number;
  readonly high: number;
}

/** What the strokes lie on. */
export interface Underlay {
  readonly image: SingleImage;
  readonly images: Float32Array;
  readonly sample: number;
}

/** The pen is as thick as the training images' lines; the keyboard's is a ring, full while it is down. */
export function drawPaper(
  context: Context,
  palette: Palette,
  strokes: Strokes,
  size: Paper,
  ink: Ink,
  under: Underlay | null,
  pen: { readonly x: number; readonly y: number; readonly down: boolean } | null,
): void {
  const { side, high, width } = size;
  // The drawing's own ink is dark on light in the light theme, as the images are.
  const [paper, line] = ink.paper === 0 ? [css(palette.zero), palette.ink] : [palette.ink, css(palette.zero)];
  context.fillStyle = paper;
  context.fillRect(0, 0, side, high);
  under?.image.draw(context, palette, under.images, under.sample, size, side);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.lineWidth = Math.max(3, (ink.thickness * side) / width);
  context.strokeStyle = line;
  const { points, starts, count } = strokes;
  for (let stroke = 0; stroke < starts.length; stroke++) {
    const from = starts[stroke]!;
    const to = starts[stroke + 1] ?? count;
    context.beginPath();
    context.moveTo(points[2 * from]! * side, points[2 * from + 1]! * side);
    // A line to itself is a dot.
    for (let i = Math.min(from + 1, to - 1); i < to; i++) {
      context.lineTo(points[2 * i]! * side, points[2 * i + 1]! * side);
    }
    context.stroke();
  }
  if (!pen) return;
  context.beginPath();
  context.arc(pen.x * side, pen.y * side, 5, 0, 2 * Math.PI);
  context.lineWidth = 2;
  context.strokeStyle = palette.accent;
  context.stroke();
  if (!pen.down) return;
  context.fillStyle = palette.accent;
  context.fill();
}

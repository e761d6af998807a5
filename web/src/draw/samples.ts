/** A sample of the batch, small: an image as it is, a point among the others of its batch. */
import type { RunData } from '../protocol/messages';
import { css, rampColour, type Palette } from './palette';
import { fitCanvas } from './theme';

/** Paints sample `chosen` of the batch `indices`; all of the batch alike where it is null. `side`: of the square, in points. */
export function paintSample(
  canvas: HTMLCanvasElement,
  side: number,
  data: RunData,
  indices: readonly number[],
  chosen: number | null,
  palette: Palette,
): void {
  const context = fitCanvas(canvas, side, side);
  if (!context) return;
  context.clearRect(0, 0, side, side);
  if (data.kind === 'images') paintImage(context, side, data, indices[chosen ?? 0] ?? 0);
  else paintPoints(context, side, data, indices, chosen, palette);
}

function paintImage(context: CanvasRenderingContext2D, side: number, data: RunData, index: number): void {
  const { width, height, channels, train } = data;
  const size = width * height;
  const scale = side / Math.max(width, height);
  const level = (channel: number, pixel: number) =>
    Math.round(255 * (train.inputs[(index * channels + Math.min(channel, channels - 1)) * size + pixel] ?? 0));
  for (let pixel = 0; pixel < size; pixel++) {
    context.fillStyle = `rgb(${level(0, pixel)}, ${level(1, pixel)}, ${level(2, pixel)})`;
    context.fillRect((pixel % width) * scale, Math.floor(pixel / width) * scale, scale + 0.5, scale + 0.5);
  }
}

/** The radius of the point that is looked at, with its line around; and of the others. */
const LARGE = 4;
const SMALL = 1.6;
const LINE = 1.5;

/** Over the first two columns. */
function paintPoints(
  context: CanvasRenderingContext2D,
  side: number,
  data: RunData,
  indices: readonly number[],
  chosen: number | null,
  palette: Palette,
): void {
  const columns = data.kind === 'plane' ? 2 : data.width;
  const { inputs, targets } = data.train;
  const at = (index: number, column: number) => (column < columns ? (inputs[index * columns + column] ?? 0) : 0);
  const span = (column: number) => Math.max(1e-6, ...indices.map((index) => Math.abs(at(index, column))));
  const [across, up] = [span(0), span(1)];
  const reach = side / 2 - LARGE - LINE;
  indices.forEach((index, i) => {
    const own = chosen === null || i === chosen;
    const x = side / 2 + (reach * at(index, 0)) / across;
    const y = side / 2 - (reach * at(index, 1)) / up;
    context.beginPath();
    context.arc(x, y, own && chosen !== null ? LARGE : SMALL, 0, 2 * Math.PI);
    context.fillStyle = css(rampColour(palette, Math.sign(targets[index] ?? 0)), own ? 1 : 0.45);
    context.fill();
    if (!own || chosen === null) return;
    context.lineWidth = LINE;
    context.strokeStyle = palette.ink;
    context.stroke();
  });
}

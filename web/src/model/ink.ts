/**
 * How the training images are drawn on average, so that a drawing can be placed and be as thick as they are: measured, so
 * that no data set has to be known by name.
 */
import type { ImageSize } from '../draw/images';
import type { Placement, Strokes } from './strokes';

export interface Ink {
  /** Level of the paper and of what is drawn on it: 0 and 1, or the other way round. */
  readonly paper: 0 | 1;
  /** Of a line, in pixels. */
  readonly thickness: number;
  /** Of what is drawn, in pixels. */
  readonly height: number;
  /** Its centre of mass, in pixels from the top left corner. */
  readonly centre: readonly [x: number, y: number];
}

/** More images than these change the means by less than a pixel. */
const ENOUGH = 400;
/** What is darker than this share of the darkest pixel belongs to the drawing. */
const DRAWN = 0.25;
/** A drawing is enlarged or shrunk by at most this, so that a dot stays one. */
const MOST_ENLARGED = 2.5;

/** `images` is [n, channels * height * width] from 0 to 1. */
export function measureInk(images: Float32Array, shape: ImageSize): Ink {
  const { width, height, channels } = shape;
  const pixels = width * height;
  const count = Math.min(ENOUGH, Math.floor(images.length / (pixels * channels)));
  const grey = (sample: number, at: number): number => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += images[(sample * channels + channel) * pixels + at]!;
    return sum / channels;
  };
  const paper = meanOfBorder(grey, count, width, height) > 0.5 ? 1 : 0;
  const image = new Float32Array(pixels);
  let [mass, slope, tall, across, down, drawn] = [0, 0, 0, 0, 0, 0];
  for (let sample = 0; sample < count; sample++) {
    for (let at = 0; at < pixels; at++) image[at] = Math.abs(grey(sample, at) - paper);
    const one = measureOne(image, width, height);
    if (one.mass === 0) continue;
    drawn++;
    mass += one.mass;
    slope += one.slope;
    tall += one.tall;
    across += one.x;
    down += one.y;
  }
  if (drawn === 0) return { paper, thickness: 1, height, centre: [width / 2, height / 2] };
  // A line of length L and thickness w has an area of L w and two edges of length L.
  const thickness = Math.max(1, Math.min((2 * mass) / slope, Math.max(width, height) / 6));
  return { paper, thickness, height: tall / drawn, centre: [across / drawn, down / drawn] };
}

function meanOfBorder(
  grey: (sample: number, at: number) => number,
  count: number,
  width: number,
  height: number,
): number {
  let sum = 0;
  let seen = 0;
  for (let sample = 0; sample < count; sample++) {
    for (let row = 0; row < height; row++) {
      const step = row === 0 || row === height - 1 ? 1 : Math.max(1, width - 1);
      for (let column = 0; column < width; column += step) {
        sum += grey(sample, row * width + column);
        seen++;
      }
    }
  }
  return sum / Math.max(1, seen);
}

/** Ink, total variation, height of what is drawn, and centre of mass of one image with ink from 0 to 1. */
function measureOne(image: Float32Array, width: number, height: number) {
  let [mass, slope, x, y, most] = [0, 0, 0, 0, 0];
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= height || column >= width ? 0 : image[row * width + column]!;
  for (let row = -1; row < height; row++) {
    for (let column = -1; column < width; column++) {
      const ink = at(row, column);
      slope += Math.hypot(at(row, column + 1) - ink, at(row + 1, column) - ink);
      mass += ink;
      x += ink * (column + 0.5);
      y += ink * (row + 0.5);
      most = Math.max(most, ink);
    }
  }
  let [first, last] = [height, -1];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (at(row, column) <= DRAWN * most) continue;
      first = Math.min(first, row);
      last = row;
    }
  }
  return { mass, slope, tall: Math.max(0, last - first + 1), x: x / (mass || 1), y: y / (mass || 1) };
}

/** Where the paper lies when it is taken as it is: as wide as the image. */
export function asDrawn({ width }: ImageSize, out: Placement): Placement {
  out.scale = width;
  out.right = out.down = 0;
  return out;
}

/**
 * Where strokes lie when they are as high as the training images' and have their centre of mass, as those were made
 * (LeCun et al. 1998, section III.A). What is drawn stays within the image where it is small enough for that.
 */
export function asTrained(strokes: Strokes, shape: ImageSize, ink: Ink, out: Placement): Placement {
  asDrawn(shape, out);
  if (strokes.count === 0) return out;
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  let [length, x, y] = [0, 0, 0];
  strokes.eachLine((x0, y0, x1, y1) => {
    left = Math.min(left, x0, x1);
    right = Math.max(right, x0, x1);
    top = Math.min(top, y0, y1);
    bottom = Math.max(bottom, y0, y1);
    // A dot has a weight too.
    const weight = Math.hypot(x1 - x0, y1 - y0) + 1e-6;
    length += weight;
    x += (weight * (x0 + x1)) / 2;
    y += (weight * (y0 + y1)) / 2;
  });
  // The pen reaches out of the line by half its thickness on either side.
  const room = (size: number, drawn: number) => Math.max(0.5, size - ink.thickness) / Math.max(1e-3, drawn);
  const wanted = Math.min(room(ink.height, bottom - top), room(shape.width, right - left));
  out.scale = shape.width * Math.min(MOST_ENLARGED, Math.max(1 / MOST_ENLARGED, wanted / shape.width));
  const half = ink.thickness / 2;
  const within = (shift: number, from: number, to: number, size: number) => {
    const [least, most] = [half - out.scale * from, size - half - out.scale * to];
    return least > most ? (least + most) / 2 : Math.min(most, Math.max(least, shift));
  };
  out.right = within(ink.centre[0] - (out.scale * x) / length, left, right, shape.width);
  out.down = within(ink.centre[1] - (out.scale * y) / length, top, bottom, shape.height);
  return out;
}

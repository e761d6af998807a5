/** Pooling, feature-major: rows of `samples` numbers in the order [channel][y][x]. Pure. */
import type { Window } from './convolution';

/** The largest (`largest`) or the mean of every window of one channel; not a number where one in it is none. */
export function pool(
  { kernel, stride, inputShape, shape }: Window,
  largest: boolean,
  channel: number,
  source: Float32Array,
  samples: number,
  out: Float32Array,
): void {
  const [, height, width] = inputShape as [number, number, number];
  const [, outHeight, outWidth] = shape as [number, number, number];
  const size = kernel * kernel;
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const to = ((channel * outHeight + y) * outWidth + x) * samples;
      const from = ((channel * height + y * stride) * width + x * stride) * samples;
      for (let s = 0; s < samples; s++) {
        let result = largest ? -Infinity : 0;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) {
            const value = source[from + (ky * width + kx) * samples + s]!;
            if (!largest) result += value / size;
            else if (value > result || Number.isNaN(value)) result = value;
          }
        }
        out[to + s] = result;
      }
    }
  }
}

/** The mean of all pixels of one channel. */
export function poolAll(
  pixels: number,
  channel: number,
  source: Float32Array,
  samples: number,
  out: Float32Array,
): void {
  for (let s = 0; s < samples; s++) {
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += source[(channel * pixels + i) * samples + s]!;
    out[channel * samples + s] = sum / pixels;
  }
}

/**
 * Which pixel of a window has won, for one sample: its place in [channel][y][x]. Of equal ones the first, row by row, as
 * in the kernels.
 */
export function winner(
  { kernel, stride, inputShape }: Window,
  source: Float32Array,
  channel: number,
  y: number,
  x: number,
): number {
  const [, height, width] = inputShape as [number, number, number];
  const from = (channel * height + y * stride) * width + x * stride;
  let best = from;
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++) {
      const at = from + ky * width + kx;
      if (source[at]! > source[best]! || (Number.isNaN(source[at]) && !Number.isNaN(source[best]))) best = at;
    }
  }
  return best;
}

/** The way back, for one sample: the winner gets all of a pixel's gradient, or everyone in the window an equal share. */
export function poolBack(
  window: Window,
  largest: boolean,
  source: Float32Array,
  outer: Float32Array,
  gradient: Float32Array,
): void {
  const { kernel, stride, inputShape, shape } = window;
  const [, height, width] = inputShape as [number, number, number];
  const [channels, outHeight, outWidth] = shape as [number, number, number];
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const g = outer[(channel * outHeight + y) * outWidth + x]!;
        if (largest) {
          gradient[winner(window, source, channel, y, x)]! += g;
          continue;
        }
        const from = (channel * height + y * stride) * width + x * stride;
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++) gradient[from + ky * width + kx]! += g / (kernel * kernel);
        }
      }
    }
  }
}

/** The way back from the mean of all pixels. */
export function poolAllBack(pixels: number, outer: Float32Array, gradient: Float32Array): void {
  for (let i = 0; i < gradient.length; i++) gradient[i]! += outer[Math.floor(i / pixels)]! / pixels;
}

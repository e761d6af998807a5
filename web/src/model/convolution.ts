/**
 * Convolution as the field means it (cross-correlation: the kernel is not turned round), feature-major: rows of
 * `samples` numbers in the order [channel][y][x]. Pure.
 */

/** Where the window of a convolution or a pool goes. */
export interface Window {
  /** Side of the window, from one to the next, and zeros before the image; in pixels. */
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  /** [channels, height, width] of what enters and of what comes out. */
  readonly inputShape: readonly number[];
  readonly shape: readonly number[];
}

/** An image with zeros around it, as far as the windows reach: rows of a row's pitch, planes of a plane's, in floats. */
export interface Padded {
  readonly values: Float32Array;
  readonly pitch: number;
  readonly plane: number;
}

/** Rows and columns that the windows reach over, zeros included. */
function reach({ kernel, stride, shape }: Window): { high: number; wide: number } {
  return { high: (shape[1]! - 1) * stride + kernel, wide: (shape[2]! - 1) * stride + kernel };
}

/** Floats that `padInput` needs; 0 where nothing is padded. */
export function paddedSize(window: Window, samples: number): number {
  if (window.padding === 0 && !overhangs(window)) return 0;
  const { high, wide } = reach(window);
  return window.inputShape[0]! * high * wide * samples;
}

/** Whether windows end beyond the image, as they may when a stride does not divide it. */
function overhangs(window: Window): boolean {
  const { high, wide } = reach(window);
  return high > window.padding + window.inputShape[1]! || wide > window.padding + window.inputShape[2]!;
}

/** Copies an image between zeros into `scratch`; without padding it is taken as it is. */
export function padInput(window: Window, source: Float32Array, samples: number, scratch: Float32Array): Padded {
  const [channels, height, width] = window.inputShape as [number, number, number];
  const size = paddedSize(window, samples);
  if (size === 0) return { values: source, pitch: width * samples, plane: height * width * samples };
  const { high, wide } = reach(window);
  const values = scratch.subarray(0, size);
  values.fill(0);
  const pitch = wide * samples;
  const before = window.padding;
  const rows = Math.min(height, high - before);
  const columns = Math.min(width, wide - before) * samples;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < rows; y++) {
      const from = (channel * height + y) * width * samples;
      const to = (channel * high + y + before) * pitch + before * samples;
      // A copy by hand: rows are short, and subarray with set costs more.
      for (let i = 0; i < columns; i++) values[to + i] = source[from + i]!;
    }
  }
  return { values, pitch, plane: high * pitch };
}

/**
 * Adds to `out`, [pixels][samples] of one weighted sum, the convolution of a padded image with the kernels
 * `params[row …]`, [channels][kernel][kernel], times `scale`.
 */
export function convolve(
  { kernel, stride, inputShape, shape }: Window,
  { values, pitch, plane }: Padded,
  samples: number,
  params: Float32Array,
  row: number,
  scale: number,
  out: Float32Array,
  start: number,
): void {
  const [, outHeight, outWidth] = shape as [number, number, number];
  const channels = inputShape[0]!;
  const count = outWidth * samples;
  for (let channel = 0; channel < channels; channel++) {
    for (let ky = 0; ky < kernel; ky++) {
      const taps = row + (channel * kernel + ky) * kernel;
      for (let y = 0; y < outHeight; y++) {
        const from = channel * plane + (y * stride + ky) * pitch;
        const to = start + y * count;
        if (stride === 1) addTaps(values, from, samples, params, taps, kernel, scale, out, to, count);
        else addApart(values, from, samples, stride, params, taps, kernel, scale, out, to, outWidth);
      }
    }
  }
}

/** One row of the kernel along one row of the image, three taps at a time: a third of the traffic through `out`. */
function addTaps(
  values: Float32Array,
  from: number,
  samples: number,
  params: Float32Array,
  taps: number,
  kernel: number,
  scale: number,
  out: Float32Array,
  to: number,
  count: number,
): void {
  let tap = 0;
  for (; tap + 3 <= kernel; tap += 3) {
    const w0 = scale * params[taps + tap]!;
    const w1 = scale * params[taps + tap + 1]!;
    const w2 = scale * params[taps + tap + 2]!;
    const a = from + tap * samples;
    const b = a + samples;
    const c = b + samples;
    for (let i = 0; i < count; i++) out[to + i]! += w0 * values[a + i]! + w1 * values[b + i]! + w2 * values[c + i]!;
  }
  for (; tap < kernel; tap++) {
    const weight = scale * params[taps + tap]!;
    const a = from + tap * samples;
    for (let i = 0; i < count; i++) out[to + i]! += weight * values[a + i]!;
  }
}

/** The same where the window moves by more than a pixel. */
function addApart(
  values: Float32Array,
  from: number,
  samples: number,
  stride: number,
  params: Float32Array,
  taps: number,
  kernel: number,
  scale: number,
  out: Float32Array,
  to: number,
  width: number,
): void {
  for (let tap = 0; tap < kernel; tap++) {
    const weight = scale * params[taps + tap]!;
    for (let x = 0; x < width; x++) {
      const a = from + (x * stride + tap) * samples;
      const b = to + x * samples;
      for (let s = 0; s < samples; s++) out[b + s]! += weight * values[a + s]!;
    }
  }
}

/**
 * The way back, for one sample: adds to `gradient`, [channels][height][width], what the gradient of one weighted sum,
 * [pixels], brings through its kernels. It is the full convolution with the kernel turned by 180°.
 */
export function convolveBack(
  { kernel, stride, padding, inputShape, shape }: Window,
  sums: Float32Array,
  start: number,
  params: Float32Array,
  row: number,
  scale: number,
  gradient: Float32Array,
): void {
  const [channels, height, width] = inputShape as [number, number, number];
  const [, outHeight, outWidth] = shape as [number, number, number];
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const g = scale * sums[start + y * outWidth + x]!;
      if (g === 0) continue;
      const top = y * stride - padding;
      const left = x * stride - padding;
      const [firstRow, lastRow] = [Math.max(0, -top), Math.min(kernel, height - top)];
      const [firstTap, lastTap] = [Math.max(0, -left), Math.min(kernel, width - left)];
      for (let channel = 0; channel < channels; channel++) {
        for (let ky = firstRow; ky < lastRow; ky++) {
          const to = (channel * height + top + ky) * width + left;
          const taps = row + (channel * kernel + ky) * kernel;
          for (let kx = firstTap; kx < lastTap; kx++) gradient[to + kx]! += g * params[taps + kx]!;
        }
      }
    }
  }
}

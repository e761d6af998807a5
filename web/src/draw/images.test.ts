import { describe, expect, it } from 'vitest';
import { imagePixels } from './images';
import { lookupTable } from './palette';

const greys = lookupTable((value) => [255 * Math.max(0, value), 0, 0], [1, 2, 3]);
const hex = (pixels: Uint32Array) => [...pixels].map((pixel) => pixel.toString(16));

describe('an image as pixels', () => {
  it('is red, green and blue where it has three channels, with rows where the canvas has them', () => {
    const image = Float32Array.of(9, /* red */ 1, 0, 0, 2, /* green */ 0, 1, 0, -1, /* blue */ 0, 0, 0.2, 1);
    const pixels = new Uint32Array(6);
    const numbers = imagePixels(image, 1, { width: 2, height: 2, channels: 3 }, greys, pixels, 0, 3);
    expect(numbers).toBe(true);
    expect(hex(pixels)).toEqual(['ff0000ff', 'ff00ff00', '0', 'ff330000', 'ffff00ff', '0']);
  });

  it('takes the colours of grey from the palette', () => {
    const pixels = new Uint32Array(3);
    imagePixels(Float32Array.of(0, 1), 0, { width: 2, height: 1, channels: 1 }, greys, pixels, 1, 2);
    expect(hex(pixels)).toEqual(['0', 'ff000000', 'ff0000ff']);
  });

  it.each([1, 3])('with %i channels says when a value is not a number', (channels) => {
    const image = new Float32Array(channels).fill(0.5);
    image[channels - 1] = NaN;
    expect(imagePixels(image, 0, { width: 1, height: 1, channels }, greys, new Uint32Array(1), 0, 1)).toBe(false);
  });
});

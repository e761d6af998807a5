import { describe, expect, it } from 'vitest';
import { writePixels } from './heatmap';
import {
  buildPalette,
  classColour,
  labelsColour,
  layerColour,
  LEVELS,
  NOT_A_NUMBER,
  parseColour,
  pixel,
  rampColour,
  type Rgb,
  ZERO,
} from './palette';

const tokens: Record<string, string> = {
  '--neg': '#e8590c',
  '--zero': '#fff',
  '--pos': 'rgb(25, 113, 194)',
  '--ink': '#111111',
  '--ink-3': '#888888',
  '--card': '#ffffff',
  '--l0': '#000000',
  '--l1': '#100000',
  '--l2': '#200000',
  '--l3': '#300000',
  '--l4': '#400000',
};
const palette = buildPalette((name) => tokens[name] ?? '#abcdef');

describe('the palette', () => {
  it('reads the notations of CSS', () => {
    expect(parseColour(' #e8590c')).toEqual([232, 89, 12]);
    expect(parseColour('#fff')).toEqual([255, 255, 255]);
    expect(parseColour('rgb(25, 113, 194)')).toEqual([25, 113, 194]);
  });

  it('goes from negative over zero to positive, and clips', () => {
    expect(rampColour(palette, -5)).toEqual([232, 89, 12]);
    expect(rampColour(palette, 0)).toEqual([255, 255, 255]);
    expect(rampColour(palette, 1)).toEqual([25, 113, 194]);
    expect(palette.ramp[0]).toBe(pixel([232, 89, 12]));
    expect(palette.ramp[ZERO]).toBe(pixel([255, 255, 255]));
    expect(palette.ramp[LEVELS - 1]).toBe(pixel([25, 113, 194]));
  });

  it('has a colour of its own for what is not a number', () => {
    expect(rampColour(palette, NaN)).toEqual(palette.unknown);
    expect(palette.ramp[NOT_A_NUMBER]).toBe(pixel(palette.unknown));
  });

  it('stores pixels as ImageData does', () => {
    const bytes = new Uint8ClampedArray(Uint32Array.of(pixel([1, 2, 3])).buffer);
    expect([...bytes]).toEqual([1, 2, 3, 255]);
  });

  it('takes the tokens for up to three hidden layers and spreads more along them', () => {
    const reds = (hidden: number) =>
      Array.from({ length: hidden + 2 }, (_, index) => layerColour(palette, index, hidden)[0] / 16);
    expect(reds(0)).toEqual([0, 4]);
    expect(reds(3)).toEqual([0, 1, 2, 3, 4]);
    expect(reds(6)).toEqual([0, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
    expect(new Set(reds(32)).size).toBe(34);
  });

  it('tells ten classes apart, in both themes', () => {
    for (const card of ['#ffffff', '#1a1f28']) {
      const colours = Array.from({ length: 10 }, (_, k) => classColour({ card }, k));
      const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
      colours.forEach((a, i) => colours.slice(i + 1).forEach((b) => expect(distance(a, b)).toBeGreaterThan(40)));
    }
  });
});

describe('labels that may come together', () => {
  const [background, a, b]: Rgb[] = [
    [200, 200, 200],
    [100, 0, 0],
    [0, 100, 0],
  ];
  const mixed = (...shares: number[]) => labelsColour(background!, [a!, b!], (k) => shares[k]!);

  it('mix their colours, and leave the background where none is carried', () => {
    expect(mixed(0, 0)).toEqual(background);
    expect(mixed(1, 0)).toEqual(a);
    expect(mixed(1, 1)).toEqual([50, 50, 0]);
    expect(mixed(0.5, 0)).toEqual([150, 100, 100]);
    expect(mixed(NaN, 1).every(Number.isNaN)).toBe(true);
  });
});

describe('values as pixels', () => {
  it('are scaled, clipped, placed by rows, and marked where they are not numbers', () => {
    const out = new Uint32Array(10);
    const values = Float32Array.of(9, -2, 0, 2, 100, NaN);
    const write = (count: number) => writePixels(values, 1, count, 2, 2, palette.ramp, out, 1, 5);
    expect(write(4)).toBe(true);
    expect([out[1], out[2]]).toEqual([palette.ramp[0], palette.ramp[ZERO]]);
    expect([out[6], out[7]]).toEqual([palette.ramp[LEVELS - 1], palette.ramp[LEVELS - 1]]);
    expect([out[0], out[3], out[5], out[8]]).toEqual([0, 0, 0, 0]);
    expect(write(5)).toBe(false);
  });
});

/**
 * Colours from the page's CSS tokens: the ramp from negative over zero to positive as a lookup table for pixels, and
 * one colour a layer and a class. Rebuilt when the theme changes; drawers get it as data.
 */

export type Rgb = readonly [number, number, number];

/** 255 levels of [-1, 1] from index 0 to 254; 255 is for what is not a number. */
export const LEVELS = 255;
export const ZERO = 127;
export const NOT_A_NUMBER = 255;

export interface Palette {
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly line: string;
  readonly card: string;
  readonly soft: string;
  readonly accent: string;
  readonly good: string;
  readonly warn: string;
  readonly font: string;
  readonly negative: Rgb;
  readonly zero: Rgb;
  readonly positive: Rgb;
  /** Neutral grey of what is not a number. */
  readonly unknown: Rgb;
  /** [256] pixels as ImageData stores them. */
  readonly ramp: Uint32Array;
  /** From background to ink, for images with values in [0, 1]. */
  readonly greys: Uint32Array;
  /** The layer tokens: input, then the stops that layers are coloured along, output last. */
  readonly layers: readonly Rgb[];
}

/** Reads `#rgb`, `#rrggbb` or `rgb(…)`. Anything else is black, so that a missing token is seen. */
export function parseColour(text: string): Rgb {
  const hex = text.trim().replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
  const digits = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})/i.exec(hex);
  if (digits) return [parseInt(digits[1]!, 16), parseInt(digits[2]!, 16), parseInt(digits[3]!, 16)];
  const [red = 0, green = 0, blue = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (i: 0 | 1 | 2) => from[i] + (to[i] - from[i]) * share;
  return [channel(0), channel(1), channel(2)];
}

export function css([red, green, blue]: Rgb, alpha = 1): string {
  const channels = `${Math.round(red)}, ${Math.round(green)}, ${Math.round(blue)}`;
  return alpha === 1 ? `rgb(${channels})` : `rgba(${channels}, ${alpha})`;
}

/** One opaque pixel in the byte order of ImageData (little-endian: A B G R). */
export function pixel([red, green, blue]: Rgb): number {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

/** The colour of such a pixel. */
export function unpacked(colour: number): Rgb {
  return [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
}

/** Colour of a value in [-1, 1], which is clipped. */
export function rampColour(palette: Pick<Palette, 'negative' | 'zero' | 'positive' | 'unknown'>, value: number): Rgb {
  if (Number.isNaN(value)) return palette.unknown;
  const end = value < 0 ? palette.negative : palette.positive;
  // Slightly concave, so that small values show against the background.
  return mix(palette.zero, end, Math.min(1, Math.abs(value)) ** 0.8);
}

/** A lookup table over [-1, 1], with grey for what is not a number. */
export function lookupTable(colour: (value: number) => Rgb, unknown: Rgb): Uint32Array {
  const table = new Uint32Array(256);
  for (let level = 0; level < LEVELS; level++) table[level] = pixel(colour((2 * level) / (LEVELS - 1) - 1));
  table[NOT_A_NUMBER] = pixel(unknown);
  return table;
}

/** Reads the tokens of `token` (usually a computed style). */
export function buildPalette(token: (name: string) => string): Palette {
  const rgb = (name: string) => parseColour(token(name));
  const negative = rgb('--neg');
  const zero = rgb('--zero');
  const positive = rgb('--pos');
  const ink = rgb('--ink');
  const unknown = mix(rgb('--ink-3'), rgb('--card'), 0.6);
  const ends = { negative, zero, positive, unknown };
  return {
    ...ends,
    ink: token('--ink').trim(),
    ink2: token('--ink-2').trim(),
    ink3: token('--ink-3').trim(),
    line: token('--line').trim(),
    card: token('--card').trim(),
    soft: token('--soft').trim(),
    accent: token('--accent').trim(),
    good: token('--good').trim(),
    warn: token('--warn').trim(),
    font: token('--font').trim(),
    ramp: lookupTable((value) => rampColour(ends, value), unknown),
    greys: lookupTable((value) => mix(zero, ink, Math.max(0, value)), unknown),
    layers: ['--l0', '--l1', '--l2', '--l3', '--l4'].map(rgb),
  };
}

/**
 * The colour of a layer: 0 is the inputs, 1 … `hidden` the hidden layers, `hidden` + 1 the output. Up to three hidden
 * layers take the tokens as they are; more are spread evenly along them.
 */
export function layerColour(palette: Pick<Palette, 'layers'>, index: number, hidden: number): Rgb {
  const [input, ...stops] = palette.layers as [Rgb, ...Rgb[]];
  if (index === 0) return input;
  if (index > hidden) return stops[stops.length - 1]!;
  if (hidden < stops.length) return stops[index - 1]!;
  const position = ((index - 1) / hidden) * (stops.length - 1);
  const stop = Math.min(stops.length - 2, Math.floor(position));
  return mix(stops[stop]!, stops[stop + 1]!, position - stop);
}

/** Neighbours differ in hue and in lightness, so that they stay apart for every kind of colour vision. */
const CLASSES = [
  '#1971c2',
  '#e8590c',
  '#12a37c',
  '#6741d9',
  '#e0a100',
  '#c2255c',
  '#22b8cf',
  '#74911c',
  '#9c4a1a',
  '#41506b',
].map(parseColour);
const WHITE: Rgb = [255, 255, 255];

export function classColour(palette: Pick<Palette, 'card'>, index: number): Rgb {
  const [red, green, blue] = parseColour(palette.card);
  const colour = CLASSES[index % CLASSES.length]!;
  return red + green + blue < 384 ? mix(colour, WHITE, 0.25) : colour;
}

/**
 * The colour of labels that are carried with these probabilities: their own colours' mean by share, over a background
 * that shows as far as none is carried.
 */
export function labelsColour(background: Rgb, colours: readonly Rgb[], shareOf: (label: number) => number): Rgb {
  let none = 1;
  let sum = 0;
  const mean: [number, number, number] = [0, 0, 0];
  colours.forEach((colour, k) => {
    const share = shareOf(k);
    none *= 1 - share;
    sum += share;
    for (const i of [0, 1, 2] as const) mean[i] += share * colour[i];
  });
  if (sum === 0) return background;
  return mix([mean[0] / sum, mean[1] / sum, mean[2] / sum], background, none);
}

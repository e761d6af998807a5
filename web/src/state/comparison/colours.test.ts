import { describe, expect, it } from 'vitest';
import { parseColour, type Rgb } from '../../draw/palette';
import { MOST_RUNS } from './address';
import { runColour } from './colours';

const linear = (channel: number) =>
  channel / 255 <= 0.04045 ? channel / 3294.6 : ((channel / 255 + 0.055) / 1.055) ** 2.4;

/** Relative luminance (WCAG 2.2). */
function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** As an eye without the sensor for green sees it (Viénot, Brettel & Mollon 1999, in linear light). */
function deuteranope([red, green, blue]: Rgb): Rgb {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const yellow = 0.29275 * r + 0.70725 * g;
  return [yellow, yellow, -0.02234 * r + 0.02234 * g + b].map(
    (value) => 255 * Math.max(0, value) ** (1 / 2.2),
  ) as unknown as Rgb;
}

describe('the colours of runs', () => {
  for (const ground of ['#ffffff', '#1a1f28']) {
    const colours = Array.from({ length: MOST_RUNS }, (_, i) => parseColour(runColour(i, ground)));

    it(`stand out from ${ground} and from each other, for every kind of colour vision`, () => {
      for (const colour of colours) {
        const [dark, light] = [luminance(colour), luminance(parseColour(ground))].sort((a, b) => a - b) as [
          number,
          number,
        ];
        expect((light + 0.05) / (dark + 0.05)).toBeGreaterThan(4);
      }
      for (const seen of [(colour: Rgb) => colour, deuteranope]) {
        const all = colours.map(seen);
        const distances = all.flatMap((a, i) =>
          all.slice(i + 1).map((b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])),
        );
        expect(Math.min(...distances)).toBeGreaterThan(25);
      }
    });
  }
});

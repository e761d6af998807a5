import { describe, expect, it } from 'vitest';
import { asDrawn, asTrained, measureInk } from './ink';
import { Raster, Strokes } from './strokes';

/** Bars of three by ten pixels, upright, about the middle column, from the second row on. */
function bars(width: number, height: number, channels: number, paper: number): Float32Array {
  const one = Float32Array.from({ length: width * height }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    const inked = row >= 2 && row < 12 && Math.abs(column - width / 2 + 0.5) < 2;
    return inked ? 1 - paper : paper;
  });
  return Float32Array.from({ length: 3 * channels * one.length }, (_, i) => one[i % one.length]!);
}

describe('how training images are drawn', () => {
  it.each([
    [1, 0],
    [3, 0],
    [1, 1],
  ])('is measured with %i channels on paper of level %i', (channels, paper) => {
    const ink = measureInk(bars(15, 16, channels, paper), { width: 15, height: 16, channels });
    expect(ink.paper).toBe(paper);
    expect(ink.height).toBe(10);
    expect(ink.centre[0]).toBeCloseTo(7.5);
    expect(ink.centre[1]).toBeCloseTo(7);
    // Twice the area by the outline: a little less than the width, for the bar's ends count too.
    expect(ink.thickness).toBeGreaterThan(2);
    expect(ink.thickness).toBeLessThan(3);
  });

  it('is something to draw with where nothing is drawn, and where all is', () => {
    const shape = { width: 8, height: 8, channels: 1 };
    expect(measureInk(new Float32Array(64), shape)).toEqual({ paper: 0, thickness: 1, height: 8, centre: [4, 4] });
    expect(measureInk(new Float32Array(0), shape).thickness).toBe(1);
    expect(measureInk(new Float32Array(64).fill(0.4), shape).thickness).toBeLessThanOrEqual(8 / 6);
  });
});

describe('where a drawing lies', () => {
  const shape = { width: 16, height: 16, channels: 1 };
  const ink = { paper: 0, thickness: 2, height: 12, centre: [8, 9] } as const;
  const place = () => ({ scale: 0, right: 0, down: 0 });

  function upright(x: number, from: number, to: number): Strokes {
    const strokes = new Strokes();
    strokes.begin(x, from);
    strokes.extend(x, to);
    return strokes;
  }

  it('is where it was drawn, if it is taken as it is', () => {
    expect(asDrawn(shape, place())).toEqual({ scale: 16, right: 0, down: 0 });
  });

  it.each([
    [0.2, 0.1, 0.6],
    [0.8, 0.3, 0.7],
    [0.5, 0, 1],
  ])('becomes that of the training images, drawn at %f from %f to %f', (x, from, to) => {
    const strokes = upright(x, from, to);
    const raster = new Raster(16, 16);
    raster.draw(strokes, asTrained(strokes, shape, ink, place()), ink.thickness / 2);
    const drawn = measureInk(raster.ink, shape);
    expect(drawn.height).toBe(12);
    expect(drawn.centre[0]).toBeCloseTo(8, 1);
    expect(drawn.centre[1]).toBeCloseTo(9, 1);
  });

  it('stays within the image, and a dot does not become a blot', () => {
    const wide = new Strokes();
    wide.begin(0, 0.5);
    wide.extend(1, 0.5);
    const placed = asTrained(wide, shape, ink, place());
    expect(placed.scale).toBeCloseTo(14);
    expect(placed.right).toBeCloseTo(1);
    const dot = upright(0.5, 0.5, 0.51);
    expect(asTrained(dot, shape, ink, place()).scale).toBe(40);
    expect(asTrained(new Strokes(), shape, ink, place())).toEqual({ scale: 16, right: 0, down: 0 });
  });
});

import { describe, expect, it } from 'vitest';
import { MOST_POINTS, Raster, Strokes } from './strokes';

const AS_IS = { scale: 8, right: 0, down: 0 };

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('strokes', () => {
  it('keep points apart, and take back one stroke after another', () => {
    const strokes = new Strokes();
    strokes.begin(0.1, 0.1);
    expect(strokes.extend(0.1001, 0.1)).toBe(false);
    expect(strokes.extend(0.3, 0.1)).toBe(true);
    strokes.begin(0.5, 0.5);
    expect([strokes.count, strokes.starts.length]).toEqual([3, 2]);
    strokes.undo();
    expect([strokes.count, strokes.starts.length]).toEqual([2, 1]);
    strokes.undo();
    strokes.undo();
    expect([strokes.count, strokes.starts.length]).toEqual([0, 0]);
  });

  it('add nothing that was not begun, and nothing beyond their room', () => {
    const strokes = new Strokes();
    expect(strokes.extend(0.5, 0.5)).toBe(false);
    strokes.begin(0, 0);
    for (let i = 1; i < 2 * MOST_POINTS; i++) strokes.extend(i % 2, 0);
    expect([strokes.count, strokes.full]).toEqual([MOST_POINTS, true]);
    strokes.begin(0.5, 0.5);
    expect(strokes.starts).toEqual([0]);
  });

  it('are pieces of lines; a dot is one without length', () => {
    const strokes = new Strokes();
    strokes.begin(0.25, 0.5);
    strokes.begin(0, 0);
    strokes.extend(0.5, 0);
    strokes.extend(0.5, 0.5);
    const lines: number[][] = [];
    strokes.eachLine((...line) => lines.push(line));
    expect(lines).toEqual([
      [0.25, 0.5, 0.25, 0.5],
      [0, 0, 0.5, 0],
      [0.5, 0, 0.5, 0.5],
    ]);
  });
});

describe('their pixels', () => {
  it('have as much ink as the pen covers', () => {
    const strokes = new Strokes();
    const raster = new Raster(8, 8);
    strokes.begin(0.5, 0.5);
    raster.draw(strokes, AS_IS, 1.5);
    expect(sum(raster.ink)).toBeCloseTo(Math.PI * 1.5 ** 2, 1);
    expect(Math.max(...raster.ink)).toBe(1);
    strokes.clear();
    strokes.begin(0.25, 0.5);
    strokes.extend(0.75, 0.5);
    raster.draw(strokes, AS_IS, 1);
    // A line of four pixels, two high, with a half disc at either end.
    expect(sum(raster.ink)).toBeCloseTo(8 + Math.PI, 1);
  });

  it('fill a pixel that is covered and leave out one that is not', () => {
    const strokes = new Strokes();
    const raster = new Raster(8, 8);
    strokes.begin(0, 0.25);
    strokes.extend(1, 0.25);
    raster.draw(strokes, AS_IS, 1);
    const rows = Array.from({ length: 8 }, (_, row) => raster.ink[8 * row + 4]!);
    expect(rows.map((ink) => Math.round(100 * ink) / 100)).toEqual([0, 1, 1, 0, 0, 0, 0, 0].map(Number));
  });

  it('lie where they are placed, also where that is beside the picture', () => {
    const strokes = new Strokes();
    const raster = new Raster(8, 8);
    strokes.begin(0.5, 0.5);
    raster.draw(strokes, { scale: 8, right: 2, down: -3 }, 0.4);
    const brightest = raster.ink.indexOf(Math.max(...raster.ink));
    expect([Math.abs((brightest % 8) - 5.5), Math.abs(Math.floor(brightest / 8) - 0.5)]).toEqual([0.5, 0.5]);
    raster.draw(strokes, { scale: 8, right: 20, down: 20 }, 0.4);
    expect(sum(raster.ink)).toBe(0);
  });

  it.each([8, 16, 28, 32])('are written into the same buffers at %i pixels, however long one draws', (side) => {
    const strokes = new Strokes();
    const raster = new Raster(side, side);
    const buffers = [strokes.points, raster.ink];
    for (let stroke = 0; stroke < 5; stroke++) {
      strokes.begin(0.1, 0.1 + 0.2 * stroke);
      strokes.extend(0.9, 0.1 + 0.2 * stroke);
      raster.draw(strokes, { ...AS_IS, scale: side }, 1);
    }
    expect([strokes.points, raster.ink].map((buffer, i) => buffer === buffers[i])).toEqual([true, true]);
    expect(raster.ink.length).toBe(side * side);
  });
});

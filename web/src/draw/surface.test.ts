import { describe, expect, it } from 'vitest';
import { drawFigure, type Figure } from './figure';
import type { Palette } from './palette';
import { SvgSurface } from './surface';

const palette = { ink3: '#333', line: '#ccc', soft: '#eee', font: 'Inter, "A & B"' } as Palette;
const figure: Figure = {
  x: [0, 1, 2, 3, 4],
  curves: [
    { values: [1, undefined, 2, null, 3], colour: 'rgb(1, 2, 3)', width: 2, dash: [5, 3] },
    {
      values: [1, 1, 1, 1, 1],
      colour: 'red',
      width: 1,
      band: { low: [0, 0, null, 0, 0], high: [2, 2, 2, 2, 2], fill: 'pink' },
    },
  ],
  xAxis: { range: [0, 4], logarithmic: false, unit: 'step', whole: true },
  yAxis: { range: [0, 4], logarithmic: false, unit: 'a < b' },
  stretch: [1, 2],
};

function drawn(changed: Partial<Figure> = {}): string {
  const surface = new SvgSurface(300, 200);
  drawFigure(surface, palette, { ...figure, ...changed }, 300, 200);
  return surface.toString();
}

describe('a chart as SVG', () => {
  it('is a document of its own, with text as text', () => {
    const text = drawn();
    expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="300" height="200"/);
    expect(text).toContain('>a &lt; b</text>');
    expect(text).toContain('font-family="Inter, &quot;A &amp; B&quot;"');
    expect(text.match(/<g /g)).toHaveLength(text.match(/<\/g>/g)!.length);
    expect(text).not.toMatch(/NaN|undefined|null/);
  });

  it('draws through what was not measured, and leaves a gap where there is nothing to draw', () => {
    const [curve] = /<path d="[^"]*"[^>]*stroke="rgb\(1, 2, 3\)"[^>]*>/.exec(drawn())!;
    expect(curve).toContain('stroke-dasharray="5 3"');
    const path = /d="([^"]*)"/.exec(curve)![1]!;
    // One line from the first value to the third, and a dot for the last.
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/L/g)).toHaveLength(2);
  });

  it('fills a band on both sides of a gap', () => {
    expect(drawn().match(/<path [^>]*fill="pink"/g)).toHaveLength(2);
  });

  it('stands on a logarithmic axis at its powers', () => {
    const surface = new SvgSurface(300, 200);
    const yAxis = { range: [0.01, 100], logarithmic: true, unit: '' } as const;
    const frame = drawFigure(surface, palette, { ...figure, yAxis }, 300, 200);
    expect(frame.y(1)).toBeCloseTo(frame.top + frame.height / 2, 6);
    expect(frame.y(100)).toBeCloseTo(frame.top, 6);
    expect(surface.toString()).toContain('>10⁻²</text>');
  });
});

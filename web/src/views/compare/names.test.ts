import { describe, expect, it } from 'vitest';
import { drawFigure, SIZES } from '../../draw/figure';
import { textWidth } from '../../draw/shorten';
import type { Palette } from '../../draw/palette';
import { SvgSurface } from '../../draw/surface';
import type { ChartChoice } from './charts';
import { csvOfTracks, curvesFigure } from './figures';
import { drawNames, sizeOfNames, type Name } from './names';

const text = { en: 'loss', zh: '损失' };
const loss: ChartChoice = {
  id: 'loss',
  kind: 'curves',
  label: text,
  help: text,
  logarithmic: false,
  share: false,
  symbol: 'L',
};
const palette = { ink: '#000', ink2: '#222', ink3: '#444', line: '#ccc', card: '#fff', font: 'sans' } as Palette;
const size = { text: 10, room: 100 };
const [WIDTH, HEIGHT] = [400, 200];

/** A chart of two curves as a drawing, and where its names stand. */
function drawn(names: readonly Name[]) {
  const track = { x: [0, 10], y: [1, 0] };
  const { figure } = curvesFigure(
    names.map(({ colour }) => ({ track, colour, astray: false, faint: false })),
    loss,
    false,
    { unit: 'step', reach: 0, counted: true },
  );
  const surface = new SvgSurface(WIDTH, HEIGHT);
  const frame = drawFigure(surface, palette, figure, WIDTH - size.room, HEIGHT, SIZES.small);
  drawNames(surface, palette.font, frame, names, size.text, WIDTH);
  const svg = String(surface);
  const places = names.map(({ colour }) => {
    const label = new RegExp(`<text[^>]*fill="${colour}"[^>]*>`).exec(svg)![0];
    return { x: Number(/ x="([^"]+)"/.exec(label)![1]), y: Number(/ y="([^"]+)"/.exec(label)![1]) };
  });
  return { svg, frame, places };
}

describe('the room of names', () => {
  it('is there at every width, and leaves most of it to the curves', () => {
    for (const width of [240, 340, 420, 900]) {
      const { room } = sizeOfNames(['Momentum', 'SGD'], width, false);
      expect(room).toBeGreaterThan(70);
      expect(room).toBeLessThan(width / 3);
    }
  });

  it('is no more than the longest needs', () => {
    const [short, long] = ['SGD', 'batch normalization'].map((name) => sizeOfNames([name], 900, false).room);
    expect(short).toBeLessThan(long! - 30);
  });
});

describe('a chart of runs that is taken away', () => {
  const name = (text: string, colour: string): Name => ({ text, colour, value: 0, faint: false });

  it('has the names at the ends of the curves, in the room beside it and apart from each other', () => {
    const { frame, places, svg } = drawn([name('Adam', '#a00000'), name('SGD', '#00a000')]);
    for (const { x, y } of places) {
      expect(x).toBeGreaterThan(frame.left + frame.width);
      expect(y).toBeLessThan(HEIGHT);
    }
    expect(Math.abs(places[0]!.y - places[1]!.y)).toBeGreaterThanOrEqual(size.text);
    expect(svg).toContain('>Adam</text>');
  });

  it('has a long name in two lines, and shortens one that has no room there', () => {
    const { svg, places } = drawn([name('batch norm, batch size 8', '#a00000')]);
    expect(svg).toMatch(/>batch norm,<\/text>[^]*>batch size 8<\/text>/);
    const long = drawn([name('a very long name of a run that differs in much', '#a00000')]);
    const [, shortened] = />([^<]*…)<\/text>/.exec(long.svg)!;
    expect(places[0]!.x + textWidth(shortened!, size.text)).toBeLessThanOrEqual(WIDTH);
  });

  it('has one line a name where there is no room for more', () => {
    const many = Array.from({ length: 8 }, (_, i) => name('batch norm, batch size 8', `#a0000${i}`));
    const { svg, places } = drawn(many);
    expect(svg.match(/>batch norm[^<]*…<\/text>/g)).toHaveLength(8);
    expect(new Set(places.map(({ y }) => y)).size).toBe(8);
  });

  it('brings its numbers along: a row for every place of any run, a column for each', () => {
    const text = csvOfTracks('step', [
      { name: 'Adam, 0.1', track: { x: [0, 10], y: [1, 0.5] } },
      { name: 'SGD', track: { x: [0, 5, 10], y: [1, null, NaN] } },
    ]);
    expect(text.split('\n')).toEqual(['step,"Adam, 0.1",SGD', '0,1,1', '5,,', '10,0.5,', '']);
  });
});

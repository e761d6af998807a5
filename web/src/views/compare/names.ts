/** The names of curves at their ends. Pure: names in, strokes out. */

import type { Frame } from '../../draw/figure';
import { spread } from '../../draw/overlay';
import { inTwoLines, shorten, textWidth } from '../../draw/shorten';
import type { Surface } from '../../draw/surface';

/** A curve's name, and where the curve ends. */
export interface Name {
  readonly text: string;
  readonly colour: string;
  readonly value: number;
  readonly faint: boolean;
}

/** Of the text, and the room that it takes beside the chart. */
export interface NameSize {
  readonly text: number;
  readonly room: number;
}

/** The size of names, and the most room that they take: points, and a share of the chart's width. */
const SMALL = { text: 12, most: 150 };
const LARGE = { text: 15, most: 280 };
const SHARE = 0.3;
/** Beside a name: its tick, and air. */
const BESIDE = 30;
/** The browser's fonts may be wider than `textWidth` takes them to be. */
const WIDER = 1.1;

/** As much room as the longest name takes, while most of the chart is left to the curves. */
export function sizeOfNames(names: readonly string[], width: number, large: boolean): NameSize {
  const { text, most } = large ? LARGE : SMALL;
  const longest = Math.max(0, ...names.map((name) => textWidth(name, text)));
  return { text, room: Math.round(Math.min(most, SHARE * width, BESIDE + WIDER * longest)) };
}

/** How far a name stands from the chart's edge. */
const AWAY = 16;

/** Ticks from each curve's end to its name, apart from each other; names end before `right`, long ones in two lines. */
export function drawNames(
  surface: Surface,
  font: string,
  { left, top, width, height, y }: Frame,
  names: readonly Name[],
  text: number,
  right: number,
): void {
  const bottom = top + height;
  const ends = names.map(({ value }) => Math.min(bottom, Math.max(top, y(value))));
  const from = left + width;
  surface.textAlign = 'left';
  surface.textBaseline = 'middle';
  surface.font = `600 ${text}px ${font}`;
  const room = right - from - AWAY;
  const line = text + 2;
  const parted = names.map((name) => inTwoLines(surface, name.text, room));
  const fits = parted.flat().length * line <= height;
  const written = fits ? parted : names.map((name) => [shorten(surface, name.text, room)]);
  const heights = spread(
    ends,
    written.map(({ length }) => length * line),
    top + 2,
    bottom,
  );
  surface.lineWidth = 1;
  names.forEach(({ colour, faint }, i) => {
    surface.globalAlpha = faint ? 0.3 : 1;
    surface.strokeStyle = surface.fillStyle = colour;
    surface.beginPath();
    surface.moveTo(from + 3, ends[i]!);
    surface.lineTo(from + 13, heights[i]!);
    surface.stroke();
    const first = heights[i]! - ((written[i]!.length - 1) * line) / 2;
    written[i]!.forEach((part, at) => surface.fillText(part, from + AWAY, first + at * line));
  });
  surface.globalAlpha = 1;
}

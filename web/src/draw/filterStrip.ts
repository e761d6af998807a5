/** The filters of a layer through the run: all of them at one moment, and a strip of some of them, a column a moment. */
import { Atlas, largestMagnitude, type Box, type Context } from './heatmap';
import { mosaicOf, writeMosaic } from './mosaic';
import { css, parseColour, pixel, unpacked, type Palette } from './palette';
import { FULL_COLOUR, ownScale } from './scales';
import type { Surface } from './surface';

const GAP = 2;
/** Points between the moment's filters and the strip, and the strip's line beneath it. */
const BETWEEN = 14;
const FOOT = 5;
/** A filter is drawn no larger than this. */
const LARGEST = 56;
/** By so much rectangles reach over their neighbours, so that nothing shows between them. */
const SEAM = 0.3;
/** Points that a pixel of a filter needs in the strip, and the least and the most that a picture takes. */
const POINTS_A_PIXEL = 1.6;
const [SMALL, WIDE] = [15, 34];

export interface StripGeometry {
  /** The moment's filters: one box each, in rows. */
  readonly filters: readonly Box[];
  /** Columns of the strip: which moment, and where its first picture is. */
  readonly columns: readonly { readonly moment: number; readonly box: Box }[];
  /** Filters in each column of the strip. */
  readonly rows: number;
}

/** Where everything is: `count` filters of `wide` by `tall` pixels at `moments` moments, the last of which is now. */
export function stripGeometry(
  width: number,
  height: number,
  count: number,
  wide: number,
  tall: number,
  moments: number,
): StripGeometry {
  const share = Math.min(0.42 * width, 1.5 * height);
  const left = grid(share, height, count, tall / wide);
  const right = left.reduce((most, box) => Math.max(most, box.x + box.width), 0) + BETWEEN;
  const room = width - right;
  const cell = Math.min(WIDE, Math.max(SMALL, POINTS_A_PIXEL * wide), room);
  const high = (cell * tall) / wide;
  const rows = Math.max(1, Math.min(count, Math.floor((height - FOOT + GAP) / (high + GAP))));
  const most = Math.max(1, Math.floor((room + GAP) / (cell + GAP)));
  // What is left of the height makes the pictures larger, as far as there are enough columns.
  const fill = Math.min(((height - FOOT + GAP) / rows - GAP) / high, (room + GAP) / Math.min(most, 8) / (cell + GAP));
  const grown = Math.min(WIDE, cell * Math.max(1, fill));
  const columns = Math.max(1, Math.floor((room + GAP) / (grown + GAP)));
  // A full strip ends where its card does: what no further column fits into goes between them.
  const step = columns > 1 ? (room - grown) / (columns - 1) : grown;
  return {
    filters: left,
    columns: spread(moments, columns).map((moment, i) => ({
      moment,
      box: { x: right + i * step, y: 0, width: grown, height: (grown * tall) / wide },
    })),
    rows,
  };
}

/** At most `most` of `count` places, evenly, the first and the last among them; of one, the last. */
export function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  if (most < 2) return [count - 1];
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** The column of the strip that a moment belongs to: the nearest one. */
export function columnOf({ columns }: Pick<StripGeometry, 'columns'>, moment: number): number {
  let best = 0;
  columns.forEach((column, i) => {
    if (Math.abs(column.moment - moment) < Math.abs(columns[best]!.moment - moment)) best = i;
  });
  return best;
}

/** The column under a point, or -1. */
export function columnAt({ columns }: Pick<StripGeometry, 'columns'>, x: number): number {
  const between = columns.length > 1 ? columns[1]!.box.x - columns[0]!.box.x - columns[0]!.box.width : GAP;
  return columns.findIndex(({ box }) => x >= box.x - between / 2 && x < box.x + box.width + between / 2);
}

/** Rows of boxes as large as `count` of them can be. */
function grid(width: number, height: number, count: number, aspect: number): Box[] {
  let side = 0;
  let across = 1;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const fits = Math.min(
      (width - GAP * (columns - 1)) / columns,
      (height - GAP * (rows - 1)) / rows / aspect,
      LARGEST,
    );
    if (fits > side) [side, across] = [fits, columns];
  }
  return Array.from({ length: side > 0 ? count : 0 }, (_, i) => ({
    x: (i % across) * (side + GAP),
    y: Math.floor(i / across) * (side * aspect + GAP),
    width: side,
    height: side * aspect,
  }));
}

export interface Strip {
  /** One a moment, the last is now: [filters, fan-in]. */
  readonly moments: readonly Float32Array[];
  /** Of these, the one whose filters are all drawn. */
  readonly chosen: number;
  /** Pictures of a filter and their size: one an input channel. */
  readonly pictures: number;
  readonly width: number;
  readonly height: number;
  /** What full colour stands for; null: every filter at every moment has a scale of its own. */
  readonly scale: number | null;
}

/** The scale that all filters at all moments share. */
export function stripScale(layers: readonly (readonly Float32Array[])[]): number {
  let largest = 0;
  for (const moments of layers) {
    for (const values of moments) largest = Math.max(largest, largestMagnitude(values));
  }
  return FULL_COLOUR * largest || 1;
}

/** A filter at a moment, and where it is drawn. */
interface Picture {
  readonly filter: number;
  readonly moment: number;
  readonly box: Box;
}

function picturesOf({ chosen }: Strip, { filters, columns, rows }: StripGeometry): Picture[] {
  return [
    ...filters.map((box, filter) => ({ filter, moment: chosen, box })),
    ...columns.flatMap(({ moment, box }) =>
      Array.from({ length: rows }, (_, row) => ({
        filter: row,
        moment,
        box: { ...box, y: row * (box.height + GAP) },
      })),
    ),
  ];
}

/** Writes a filter's pixels from `start` on. */
function write(
  { moments, pictures, width, height, scale }: Strip,
  { filter, moment }: Picture,
  palette: Palette,
  pixels: Uint32Array,
  start: number,
  stride: number,
): boolean {
  const values = moments[moment]!;
  const size = pictures * width * height;
  const from = filter * size;
  const full = scale ?? ownScale(values, from, size);
  const ground = pixel(parseColour(palette.card));
  return writeMosaic(values, from, pictures, width, height, full, palette.ramp, ground, pixels, start, stride);
}

/** Draws strips, and keeps the pictures' canvas from one to the next. */
export class FilterStrip {
  private readonly atlas = new Atlas();

  draw(context: Context & Surface, strip: Strip, geometry: StripGeometry, palette: Palette): void {
    const all = picturesOf(strip, geometry);
    const size = mosaicOf(strip.pictures, strip.width, strip.height);
    this.atlas.resize(all.length, size.width, size.height);
    all.forEach((picture, tile) => this.atlas.paint(tile, (...place) => write(strip, picture, palette, ...place)));
    this.atlas.commit();
    all.forEach(({ box }, tile) => this.atlas.draw(context, tile, box, palette, false));
    drawLines(context, strip, geometry, all, palette);
  }
}

/** The same on paper: a rectangle for every weight, which stays sharp at any size. */
export function drawStrip(surface: Surface, strip: Strip, geometry: StripGeometry, palette: Palette): void {
  const all = picturesOf(strip, geometry);
  const { width, height } = mosaicOf(strip.pictures, strip.width, strip.height);
  const pixels = new Uint32Array(width * height);
  for (const picture of all) {
    const { box } = picture;
    write(strip, picture, palette, pixels, 0, width);
    const [across, down] = [box.width / width, box.height / height];
    pixels.forEach((colour, place) => {
      surface.fillStyle = css(unpacked(colour));
      const [column, row] = [place % width, Math.floor(place / width)];
      surface.fillRect(box.x + column * across, box.y + row * down, across + SEAM, down + SEAM);
    });
  }
  drawLines(surface, strip, geometry, all, palette);
}

/** Around every picture, and beneath the chosen moment's. */
function drawLines(
  surface: Surface,
  { moments, chosen }: Strip,
  geometry: StripGeometry,
  all: readonly Picture[],
  palette: Palette,
): void {
  surface.lineWidth = 1;
  surface.strokeStyle = palette.line;
  for (const { box } of all) {
    surface.beginPath();
    surface.rect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
    surface.stroke();
  }
  const { columns, rows } = geometry;
  const current = columns[columnOf(geometry, chosen)];
  if (!current || !moments[current.moment]) return;
  surface.fillStyle = palette.accent;
  surface.fillRect(current.box.x, rows * (current.box.height + GAP), current.box.width, FOOT - GAP);
}

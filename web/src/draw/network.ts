/** The network: links by value, a picture in every neuron. Pure: everything it draws comes in as data. */
import type { Geometry, Hit, NetworkColumn } from './geometry';
import { biasMark, MORE } from './geometry';
import type { Atlas, Context } from './heatmap';
import { css, mix, rampColour, type Palette, type Rgb } from './palette';
import { roundedBoxes } from './rounded';
import { stamping } from './stamps';
import { drawFocus, drawFlow, drawFoot, drawMaps, drawSkips, type StageParts } from './stages';

/** What the drawing needs of one layer behind the inputs. */
export interface LinkLayer {
  /** Values of the links into it: [pieces, units, inputs] row-major, from `offset` in `values`. */
  readonly values: Float32Array;
  readonly offset: number;
  readonly inputs: number;
  readonly units: number;
  /** Weighted sums a unit; of several, the strongest value is drawn. */
  readonly pieces: number;
  /** Values of the marks, [pieces, units], from `shiftOffset` in `values`; -1 without. */
  readonly shiftOffset: number;
  /** What is drawn at full strength. */
  readonly scale: number;
}

export interface NetworkPicture {
  readonly geometry: Geometry;
  readonly palette: Palette;
  /** One for every column; [0] is not used. */
  readonly links: readonly (LinkLayer | null)[];
  /** One for every column; a tile a shown unit. */
  readonly tiles: readonly (Atlas | null)[];
  /** Border of every column's neurons, or of one neuron. */
  readonly border: (column: number, unit: number) => Rgb;
  /** Pictures of pixels (weights of images) keep their edges. */
  readonly smooth: (column: number) => boolean;
  readonly picture: boolean;
  readonly hit: Hit | null;
  /** "+ 488 more" */
  readonly more: (column: NetworkColumn) => string;
  /** What a network with feature maps has besides. */
  readonly stages: StageParts | null;
}

const LEVELS = 12;
/** More links than this a gap are thinned to the strongest levels, so that a wide network draws in time. */
const LINKS_A_GAP = 700;

/** The value at `at` or, where a unit has several pieces `stride` apart, the one of the largest magnitude. */
function strongest({ values, pieces }: LinkLayer, at: number, stride: number): number {
  let value = values[at]!;
  for (let piece = 1; piece < pieces; piece++) {
    const other = values[at + piece * stride]!;
    if (Math.abs(other) > Math.abs(value) || Number.isNaN(other)) value = other;
  }
  return value;
}

/** What a link shows. */
export function linkValue(layer: LinkLayer, unit: number, from: number): number {
  return strongest(layer, layer.offset + unit * layer.inputs + from, layer.units * layer.inputs);
}

/** 0 (invisible) to 1 for a link's value. */
export function linkStrength(layer: LinkLayer, unit: number, from: number): number {
  const strength = Math.abs(linkValue(layer, unit, from)) / layer.scale;
  return strength >= 1 ? 1 : strength;
}

/**
 * Draws the part of the network from `left` to `right` (points of the content), shifted by `-left`. Links cost most, and
 * the eye follows the neurons: with `gaps`, the links of these only are drawn anew (0 is behind the inputs), and all
 * others are those of the time before.
 */
export function drawNetwork(
  context: Context,
  picture: NetworkPicture,
  left: number,
  right: number,
  gaps: readonly number[] | null = null,
): void {
  const { columns, height } = picture.geometry;
  const low = columns.some((column) => hasMore(picture, column)) ? height - MORE : height;
  context.save();
  if (!gaps) {
    context.fillStyle = picture.palette.card;
    context.fillRect(0, 0, right - left, height);
  }
  context.translate(-left, 0);
  const visible = (column: NetworkColumn) => isInView(picture.geometry, column, left, right);
  for (let index = 1; index < columns.length; index++) {
    if (!visible(columns[index]!) && !visible(columns[index - 1]!)) continue;
    if (gaps?.includes(index - 1) === false) continue;
    if (gaps) clearGap(context, picture, index, low);
    if (columns[index]!.maps || columns[index - 1]!.maps) drawFlow(context, picture, index);
    else if (index === 1 && picture.picture) drawFan(context, picture);
    else drawLinks(context, picture, index);
  }
  if (picture.hit?.kind === 'link') drawLit(context, picture, picture.hit);
  for (const column of columns) {
    if (!visible(column)) continue;
    if (column.maps) drawMaps(context, picture, column);
    else drawNeurons(context, picture, column);
    if (picture.links[column.index]) drawMarks(context, picture, column);
    if (!gaps && hasMore(picture, column)) drawMore(context, picture, column);
    drawFoot(context, picture, column);
  }
  drawSkips(context, picture);
  drawFocus(context, picture);
  context.restore();
}

function isInView({ spacing }: Geometry, column: NetworkColumn, left: number, right: number): boolean {
  return column.x + column.size > left - spacing && column.x - column.size < right + spacing;
}

/** About how many links are drawn between `left` and `right`, one number a gap. */
export function linksInView(geometry: Geometry, left: number, right: number): number[] {
  return geometry.columns.slice(1).map((column, gap) => {
    const links = isInView(geometry, column, left, right) ? geometry.columns[gap]!.shown * column.shown : 0;
    return Math.min(LINKS_A_GAP, links);
  });
}

/** Between two columns nothing is left of what was drawn before, down to `low`. */
function clearGap(context: Context, { geometry, palette }: NetworkPicture, index: number, low: number): void {
  const [from, to] = [geometry.columns[index - 1]!, geometry.columns[index]!];
  const left = from.x + from.size / 2;
  context.fillStyle = palette.card;
  context.fillRect(left, 0, to.x - to.size / 2 - left, low);
}

/** A link's way: it leaves and arrives level. */
export function curve(context: Context, x0: number, y0: number, x1: number, y1: number): void {
  const middle = (x0 + x1) / 2;
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}

// Links of one level and sign are one path: the number of strokes does not grow with the number of links.
const buckets: number[][] = Array.from({ length: 2 * LEVELS }, () => []);

function drawLinks(context: Context, picture: NetworkPicture, index: number): void {
  const layer = picture.links[index];
  const from = picture.geometry.columns[index - 1]!;
  const to = picture.geometry.columns[index]!;
  if (!layer) return;
  for (const bucket of buckets) bucket.length = 0;
  let unknown = false;
  for (let unit = 0; unit < to.shown; unit++) {
    for (let input = 0; input < from.shown; input++) {
      const value = linkValue(layer, unit, input) / layer.scale;
      if (Number.isNaN(value)) {
        unknown = true;
        continue;
      }
      const level = Math.min(LEVELS - 1, Math.floor(Math.abs(value) * LEVELS));
      buckets[2 * level + (value < 0 ? 0 : 1)]!.push(unit * from.shown + input);
    }
  }
  const focus = picture.hit && picture.hit.kind !== 'link' ? picture.hit : null;
  const first = firstLevel();
  const x0 = from.x + from.size / 2;
  const x1 = to.x - to.size / 2;
  const dimmed = focus !== null && focus.column !== index && focus.column !== index - 1;
  for (let slot = 2 * first; slot < 2 * LEVELS; slot++) {
    const bucket = buckets[slot]!;
    if (bucket.length === 0) continue;
    const strength = ((slot >> 1) + 0.5) / LEVELS;
    const colour = slot % 2 === 0 ? picture.palette.negative : picture.palette.positive;
    stroke(bucket, strength, colour, dimmed ? 0.45 : 1);
  }
  if (unknown) stroke(everyLink(from.shown * to.shown), 0, picture.palette.unknown, 1);

  function stroke(bucket: readonly number[], strength: number, colour: Rgb, fade: number): void {
    context.beginPath();
    for (const link of bucket) {
      curve(context, x0, from.y[link % from.shown]!, x1, to.y[Math.floor(link / from.shown)]!);
    }
    context.lineWidth = linkWidth(strength, to.size);
    context.strokeStyle = css(colour, fade * linkOpacity(strength));
    context.stroke();
  }
}

/** The weakest level that is still drawn. */
function firstLevel(): number {
  let links = 0;
  for (let level = LEVELS - 1; level >= 0; level--) {
    links += buckets[2 * level]!.length + buckets[2 * level + 1]!.length;
    if (links > LINKS_A_GAP && level < LEVELS - 1) return level + 1;
  }
  return 0;
}

function everyLink(count: number): number[] {
  return Array.from({ length: Math.min(count, LINKS_A_GAP) }, (_, link) => link);
}

/** Strong links stand out; the many weak ones are no wider than a pixel, which is drawn ten times as fast. */
function linkWidth(strength: number, size: number): number {
  return 0.5 + strength ** 1.5 * Math.min(5, 1 + size / 9);
}

function linkOpacity(strength: number): number {
  return Math.min(0.88, 0.12 + strength);
}

/** One bundle from the picture to every neuron of the first layer: their weights are the pictures in the neurons. */
function drawFan(context: Context, picture: NetworkPicture): void {
  const [from, to] = picture.geometry.columns as [NetworkColumn, NetworkColumn];
  context.beginPath();
  for (let unit = 0; unit < to.shown; unit++) {
    curve(context, from.x + from.size / 2, from.y[0]!, to.x - to.size / 2, to.y[unit]!);
  }
  context.lineWidth = 1;
  context.strokeStyle = picture.palette.line;
  context.stroke();
}

function drawLit(context: Context, picture: NetworkPicture, hit: Extract<Hit, { kind: 'link' }>): void {
  const layer = picture.links[hit.column];
  if (!layer) return;
  const from = picture.geometry.columns[hit.column - 1]!;
  const to = picture.geometry.columns[hit.column]!;
  const value = linkValue(layer, hit.unit, hit.from);
  const strength = linkStrength(layer, hit.unit, hit.from);
  context.beginPath();
  curve(context, from.x + from.size / 2, from.y[hit.from]!, to.x - to.size / 2, to.y[hit.unit]!);
  context.lineWidth = linkWidth(strength, to.size) + 5;
  context.strokeStyle = picture.palette.card;
  context.stroke();
  context.lineWidth = linkWidth(strength, to.size) + 2;
  context.strokeStyle = css(rampColour(picture.palette, value < 0 ? -1 : value >= 0 ? 1 : NaN));
  context.stroke();
}

function drawNeurons(context: Context, picture: NetworkPicture, column: NetworkColumn): void {
  const { palette, hit } = picture;
  const atlas = picture.tiles[column.index];
  const half = column.size / 2;
  const radius = Math.min(7, column.size / 6);
  const around = { x: -half, y: -half, width: column.size, height: column.size };
  for (let unit = 0; unit < column.shown; unit++) {
    const box = { x: column.x - half, y: column.y[unit]! - half, width: column.size, height: column.size };
    if (atlas) atlas.draw(context, unit, box, palette, picture.smooth(column.index));
    else {
      context.fillStyle = palette.soft;
      context.fillRect(box.x, box.y, box.width, box.height);
    }
  }
  stamping(context, (lay) => {
    for (let unit = 0; unit < column.shown; unit++) {
      const lit = hit?.column === column.index && hit.unit === unit && hit.kind !== 'link';
      const own = picture.border(column.index, unit);
      const colour = css(lit ? mix(own, [128, 128, 128], 0.1) : own);
      lay(`frame ${column.size} ${colour} ${lit} ${palette.card}`, column.x, column.y[unit]!, half + 2, (stamp) =>
        roundedBoxes(stamp, [around], radius, palette.card, colour, lit ? 3 : 1.6),
      );
    }
  });
}

function hasMore(picture: NetworkPicture, column: NetworkColumn): boolean {
  return column.shown < column.units && !(column.index === 0 && picture.picture);
}

/** How many units there is no room for. */
function drawMore(context: Context, picture: NetworkPicture, column: NetworkColumn): void {
  const { palette } = picture;
  context.fillStyle = palette.ink3;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.fillText(picture.more(column), column.x, picture.geometry.height - picture.geometry.foot - 3);
}

/** The marks' colours are so many on each side of zero: each is a stamp. */
const MARK_COLOURS = 32;

function drawMarks(context: Context, { links, palette, hit }: NetworkPicture, column: NetworkColumn): void {
  const layer = links[column.index]!;
  if (layer.shiftOffset < 0) return;
  stamping(context, (lay) => {
    for (let unit = 0; unit < column.shown; unit++) {
      const mark = biasMark(column, unit);
      const value = strongest(layer, layer.shiftOffset + unit, layer.units) / layer.scale;
      const lit = hit?.kind === 'bias' && hit.column === column.index && hit.unit === unit;
      const colour = css(rampColour(palette, Math.round(value * MARK_COLOURS) / MARK_COLOURS));
      const radius = mark.radius + (lit ? 1.5 : 0);
      lay(`mark ${radius} ${colour} ${lit} ${palette.ink}`, mark.x, mark.y, radius + 1, (stamp) => {
        stamp.beginPath();
        stamp.arc(0, 0, radius, 0, 2 * Math.PI);
        stamp.fillStyle = colour;
        stamp.fill();
        stamp.lineWidth = 1.4;
        stamp.strokeStyle = lit ? palette.ink : palette.ink3;
        stamp.stroke();
      });
    }
  });
}

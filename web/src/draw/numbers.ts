/** Numbers on the network: one on every neuron that a stage has reached, and on the links that it is about. Pure. */
import { formatCell, formatPrecise } from './format';
import { linkHeight, type Geometry, type NetworkColumn } from './geometry';
import type { Context } from './heatmap';
import { curve, type NetworkPicture } from './network';
import { css, parseColour, rampColour, type Palette } from './palette';

export interface ColumnNumbers {
  /** [shown] NaN where nothing is known yet. */
  readonly values: Float32Array;
  /** What full colour stands for. */
  readonly scale: number;
  /** Gradients may be very small. */
  readonly precise: boolean;
}

export interface LinkNumber {
  /** Where the link arrives. */
  readonly column: number;
  readonly unit: number;
  readonly from: number;
  readonly value: number;
}

export interface NetworkNumbers {
  /** One a column; null where the stage has not been yet, or where there are feature maps. */
  readonly columns: readonly (ColumnNumbers | null)[];
  readonly links: readonly LinkNumber[];
  readonly linkScale: number;
  /** Whether links carry gradients or changes. */
  readonly precise: boolean;
  /** The columns that the stage is about, and the unit that its formula is for. */
  readonly active: readonly number[];
  readonly focus: { readonly column: number; readonly unit: number } | null;
  readonly backward: boolean;
}

/** Of more links into a gap only the emphasized are drawn with a number. */
const LABELS = 14;
const SMALLEST = 8;
const LARGEST = 13;

/** Draws over a network that has been drawn; `left` as there. */
export function drawNumbers(context: Context, picture: NetworkPicture, numbers: NetworkNumbers, left: number): void {
  const { geometry, palette } = picture;
  context.save();
  context.translate(-left, 0);
  fade(context, geometry, palette, numbers);
  drawLinkNumbers(context, geometry, palette, numbers);
  for (const column of geometry.columns) {
    const own = numbers.columns[column.index];
    if (own) drawColumn(context, column, picture, own);
  }
  drawFocus(context, picture, numbers);
  context.restore();
}

/** Everything that the stage is not about steps back. */
function fade(context: Context, geometry: Geometry, palette: Palette, { active }: NetworkNumbers): void {
  const { columns } = geometry;
  context.fillStyle = css(parseColour(palette.card), 0.62);
  for (let index = 1; index < columns.length; index++) {
    const [from, to] = [columns[index - 1]!, columns[index]!];
    if (active.includes(index) && active.includes(index - 1)) continue;
    const x = rightEdge(from) + 1;
    context.fillRect(x, 0, leftEdge(to) - x - 1, geometry.height - geometry.foot);
  }
}

function rightEdge({ x, size, maps }: NetworkColumn): number {
  return x + (maps ? maps.width : size) / 2;
}

function leftEdge({ x, size, maps }: NetworkColumn): number {
  return x - (maps ? maps.width : size) / 2;
}

const textOf = (own: ColumnNumbers, unit: number): string =>
  own.precise ? formatPrecise(own.values[unit] ?? NaN) : formatCell(own.values[unit] ?? NaN);

/** All chips of a column are as wide as its widest number needs, and its neurons at least. */
export function chipWidth(
  context: Context,
  column: NetworkColumn,
  palette: Palette,
  own: ColumnNumbers | null,
): number {
  if (!own) return column.size;
  context.font = `600 ${Math.max(SMALLEST, Math.min(LARGEST, column.size * 0.36))}px ${palette.font}`;
  let width = column.size;
  for (let unit = 0; unit < column.shown; unit++) {
    width = Math.max(width, context.measureText(textOf(own, unit)).width + 9);
  }
  return width;
}

function drawColumn(context: Context, column: NetworkColumn, picture: NetworkPicture, own: ColumnNumbers): void {
  const { palette } = picture;
  const radius = Math.min(7, column.size / 6);
  const width = chipWidth(context, column, palette, own);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (let unit = 0; unit < column.shown; unit++) {
    const colour = rampColour(palette, (own.values[unit] ?? NaN) / (own.scale || 1));
    const y = column.y[unit]!;
    context.beginPath();
    context.roundRect(column.x - width / 2, y - column.size / 2, width, column.size, radius);
    context.fillStyle = css(colour);
    context.fill();
    context.lineWidth = 1.6;
    context.strokeStyle = css(picture.border(column.index, unit));
    context.stroke();
    const [red, green, blue] = colour;
    context.fillStyle = 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? '#1c2330' : '#ffffff';
    context.fillText(textOf(own, unit), column.x, y + 0.5);
  }
}

function drawLinkNumbers(context: Context, geometry: Geometry, palette: Palette, numbers: NetworkNumbers): void {
  const { links, linkScale, precise } = numbers;
  const labelled = links.length <= LABELS;
  for (const link of links) {
    const to = geometry.columns[link.column]!;
    const from = geometry.columns[link.column - 1]!;
    if (link.unit >= to.shown || link.from >= from.shown) continue;
    const [x0, x1] = [from.x + from.size / 2, to.x - to.size / 2];
    context.beginPath();
    curve(context, x0, from.y[link.from]!, x1, to.y[link.unit]!);
    context.lineWidth = 1.2 + 2.4 * Math.min(1, Math.abs(link.value) / (linkScale || 1));
    context.strokeStyle = css(rampColour(palette, link.value < 0 ? -1 : link.value > 0 ? 1 : 0));
    context.stroke();
  }
  if (!labelled) return;
  const widths = geometry.columns.map((column) => chipWidth(context, column, palette, numbers.columns[column.index]!));
  const size = Math.max(SMALLEST, Math.min(11, 0.36 * geometry.columns[1]!.size));
  context.font = `600 ${size}px ${palette.font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const link of links) {
    const to = geometry.columns[link.column]!;
    const from = geometry.columns[link.column - 1]!;
    if (link.unit >= to.shown || link.from >= from.shown) continue;
    const [x0, x1] = [from.x + from.size / 2, to.x - to.size / 2];
    const text = precise ? formatPrecise(link.value) : formatCell(link.value);
    const width = context.measureText(text).width + 0.7 * size;
    // Between the chips, which may be wider than the neurons.
    const first = from.x + widths[from.index]! / 2 + width / 2 + 3;
    const last = to.x - widths[to.index]! / 2 - width / 2 - 3;
    if (last < first) continue;
    // Links that cross in the middle are apart near their ends.
    const fanOut = links.filter(({ column, from: other }) => column === link.column && other === link.from).length;
    const fanIn = links.filter(({ column, unit }) => column === link.column && unit === link.unit).length;
    const share = fanOut > fanIn ? 0.85 : fanIn > fanOut ? 0.15 : link.unit === link.from ? 0.34 : 0.66;
    const x = first + share * (last - first);
    const y = linkHeight(from.y[link.from]!, to.y[link.unit]!, (x - x0) / (x1 - x0));
    context.beginPath();
    context.roundRect(x - width / 2, y - 0.75 * size, width, 1.5 * size, 0.45 * size);
    context.fillStyle = palette.card;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = css(rampColour(palette, link.value < 0 ? -1 : link.value > 0 ? 1 : 0), 0.6);
    context.stroke();
    context.fillStyle = palette.ink;
    context.fillText(text, x, y + 0.5);
  }
}

/** A frame round the unit that the formula is for. */
function drawFocus(context: Context, { geometry, palette }: NetworkPicture, numbers: NetworkNumbers): void {
  const { focus } = numbers;
  const column = focus && geometry.columns[focus.column];
  if (!column || column.maps || focus.unit >= column.shown) return;
  const [wide, high] = [chipWidth(context, column, palette, numbers.columns[column.index]!) + 6, column.size + 6];
  context.beginPath();
  context.roundRect(column.x - wide / 2, column.y[focus.unit]! - high / 2, wide, high, Math.min(9, high / 4));
  context.lineWidth = 2.5;
  context.strokeStyle = numbers.backward ? palette.warn : palette.accent;
  context.stroke();
}

/** What a network with feature maps draws besides neurons and links: maps with their kernels, and how one pixel comes about. */
import { kernelBox, type NetworkColumn } from './geometry';
import type { Atlas, Box, Context } from './heatmap';
import { curve, type NetworkPicture } from './network';
import { css, mix, parseColour } from './palette';
import { roundedBoxes } from './rounded';
import type { LayerShape } from '../model/layout';

/** A pixel of a feature map that is looked into. Between two pixels while it slides. */
export interface Focus {
  readonly column: number;
  readonly unit: number;
  readonly y: number;
  readonly x: number;
  /** Whether it stays; a fleeting one is drawn lighter. */
  readonly pinned: boolean;
  /** The input map whose numbers are shown. */
  readonly channel: number;
  /** Whether pixels that the window has not reached are veiled. */
  readonly sliding: boolean;
  /** Pixels of the input map that won, or that the gradient goes to: [y, x] of the chosen map. */
  readonly marked: readonly (readonly [y: number, x: number])[];
}

export interface StageParts {
  readonly layers: readonly LayerShape[];
  /** One a column that has filters: a picture of each one's kernels. */
  readonly kernels: readonly (Atlas | null)[];
  /** The kernels of the filter that is looked at, one an input map; null without one. */
  readonly slices: Atlas | null;
  readonly focus: Focus | null;
  /** One a column: shape, and what it has learned, as text. */
  readonly captions: readonly (readonly [string, string])[];
  /** The same of the row of all pixels before the first dense layer. */
  readonly flattened: readonly [string, string];
}

/** The feature maps of a stage, each with its kernels at its left. */
export function drawMaps(context: Context, picture: NetworkPicture, column: NetworkColumn): void {
  const { palette, hit, stages } = picture;
  const atlas = picture.tiles[column.index];
  const kernels = stages?.kernels[column.index];
  const maps: Box[] = [];
  const filters: Box[] = [];
  for (let unit = 0; unit < column.shown; unit++) {
    const { map, kernel } = kernelBox(column, unit);
    // The picture of the inputs is one for all of their channels.
    atlas?.draw(context, unit, map, palette, false);
    maps.push(map);
    if (!kernels || kernel.width === 0) continue;
    kernels.draw(context, unit, kernel, palette, false);
    filters.push(kernel);
  }
  const colour = column.index === 0 ? parseColour(palette.ink3) : picture.border(column.index, 0);
  roundedBoxes(context, maps, 4, palette.card, css(mix(colour, parseColour(palette.card), 0.45)), 1);
  if (filters.length) roundedBoxes(context, filters, 2, palette.card, css(colour), 1);
  const lit = hit && hit.column === column.index && hit.kind !== 'link' ? hit.unit : -1;
  if (lit >= 0 && lit < column.shown) {
    context.beginPath();
    const { x, y, width, height } = maps[lit]!;
    context.roundRect(x, y, width, height, 4);
    context.lineWidth = 2;
    context.strokeStyle = palette.accent;
    context.stroke();
  }
}

/** Where the numbers go that enter a stage: all maps to each filter, one map to its pool, all pixels to one row. */
export function drawFlow(context: Context, picture: NetworkPicture, index: number): void {
  const { geometry, palette, hit } = picture;
  const from = geometry.columns[index - 1]!;
  const to = geometry.columns[index]!;
  if (!to.maps && geometry.flatten?.from === index - 1) return drawFlatten(context, picture, from, to);
  const unit = hit?.column === index && hit.kind !== 'link' ? hit.unit : -1;
  const right = (column: NetworkColumn) => column.x + (column.maps ? column.maps.width : column.size) / 2;
  const left = (column: NetworkColumn) => column.x - (column.maps ? column.maps.width : column.size) / 2;
  const middle = (right(from) + left(to)) / 2;
  const height = geometry.height - geometry.foot;
  context.beginPath();
  context.moveTo(middle - 2.5, height / 2 - 5);
  context.lineTo(middle + 2.5, height / 2);
  context.lineTo(middle - 2.5, height / 2 + 5);
  context.lineWidth = 1.6;
  context.strokeStyle = palette.ink3;
  context.stroke();
  if (unit < 0 || unit >= to.shown) return;
  // The lines of the map that is looked at: from every map that it is made of.
  const single = picture.stages?.kernels[index] ? -1 : from.index === 0 ? 0 : unit;
  context.beginPath();
  for (let source = 0; source < from.shown; source++) {
    if (single >= 0 && source !== single) continue;
    const start = from.maps ? from.maps.x[source]! + from.size / 2 : right(from);
    const end = to.maps ? kernelBox(to, unit).kernel.x : left(to);
    curve(context, start, from.y[source]!, end, to.y[unit]!);
  }
  context.lineWidth = 1;
  context.strokeStyle = palette.accent;
  context.globalAlpha *= 0.4;
  context.stroke();
  context.globalAlpha = 1;
}

/** All pixels of all maps in one row, which is drawn upright, and from it to every neuron. */
function drawFlatten(context: Context, picture: NetworkPicture, from: NetworkColumn, to: NetworkColumn): void {
  const { geometry, palette } = picture;
  const { x, top, bottom } = geometry.flatten!;
  const atlas = picture.tiles[from.index];
  const right = from.x + from.maps!.width / 2;
  context.beginPath();
  context.moveTo(right + 3, (top + bottom) / 2);
  context.lineTo(x - 6, (top + bottom) / 2);
  for (let unit = 0; unit < to.shown; unit++) {
    curve(context, x + 4, (top + bottom) / 2, to.x - to.size / 2, to.y[unit]!);
  }
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.stroke();
  const each = (bottom - top) / from.shown;
  const box = { x: x - 4, width: 8 };
  for (let unit = 0; unit < from.shown; unit++) {
    atlas?.draw(context, unit, { ...box, y: top + unit * each, height: Math.max(1, each - 0.5) }, palette, false);
  }
  const whole = [{ ...box, y: top, height: bottom - top }];
  roundedBoxes(context, whole, 3, palette.card, palette.ink3, 1);
}

/** Beneath a stage: its shape and how many parameters it has. */
export function drawFoot(context: Context, picture: NetworkPicture, column: NetworkColumn): void {
  const { stages, geometry } = picture;
  if (!stages || geometry.foot === 0) return;
  caption(context, picture, stages.captions[column.index]!, column.x);
  const { flatten } = geometry;
  if (flatten?.from === column.index) caption(context, picture, stages.flattened, flatten.x);
}

function caption(
  context: Context,
  { palette, geometry }: NetworkPicture,
  [first, second]: readonly [string, string],
  x: number,
): void {
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  context.font = `500 11px ${palette.font}`;
  context.fillStyle = palette.ink2;
  context.fillText(first, x, geometry.height - 15);
  context.font = `11px ${palette.font}`;
  context.fillStyle = palette.ink3;
  context.fillText(second, x, geometry.height - 2);
}

/** Around a block of layers: what enters it is added behind. */
export function drawSkips(context: Context, picture: NetworkPicture): void {
  const { geometry, palette, stages } = picture;
  const bottom = geometry.height - geometry.foot - 1;
  let level = 0;
  for (const layer of stages?.layers ?? []) {
    if (layer.skip === 0) continue;
    const from = geometry.columns[layer.index - layer.skip]!;
    const to = geometry.columns[layer.index]!;
    const start = from.x + (from.maps?.width ?? from.size) / 2 - 6;
    const end = to.x - (to.maps?.width ?? to.size) / 2 + 6;
    const y = bottom - 4 * (level++ % 3);
    context.beginPath();
    context.moveTo(start, y - 7);
    context.arcTo(start, y, start + 7, y, 7);
    context.arcTo(end, y, end, y - 7, 7);
    context.lineTo(end, y - 9);
    context.lineWidth = 1.5;
    context.strokeStyle = css(picture.border(to.index, 0));
    context.stroke();
    context.beginPath();
    context.arc(end, y - 11, 6, 0, 2 * Math.PI);
    context.fillStyle = palette.card;
    context.fill();
    context.moveTo(end - 3, y - 11);
    context.lineTo(end + 3, y - 11);
    context.moveTo(end, y - 14);
    context.lineTo(end, y - 8);
    context.stroke();
  }
}

/** One pixel and the window that it is made of. */
export function drawFocus(context: Context, picture: NetworkPicture): void {
  const focus = picture.stages?.focus;
  if (!focus) return;
  const { palette, geometry } = picture;
  const layer = picture.stages!.layers[focus.column - 1];
  const to = geometry.columns[focus.column];
  const from = geometry.columns[focus.column - 1];
  if (!layer || !to?.maps || !from?.maps || focus.unit >= to.shown) return;
  const map = kernelBox(to, focus.unit).map;
  const pixel = map.width / to.maps.wide;
  if (focus.sliding) veil(context, map, focus, pixel, palette.card);

  const unitOf = (channel: number) => (from.index === 0 ? 0 : channel);
  const step = from.size / from.maps.wide;
  const side = layer.kernel * step;
  const windowOf = (channel: number): Box => {
    const source = kernelBox(from, unitOf(channel)).map;
    return {
      x: source.x + (focus.x * layer.stride - layer.padding) * step,
      y: source.y + (focus.y * layer.stride - layer.padding) * step,
      width: side,
      height: side,
    };
  };
  const weighted = layer.kind === 'conv';
  if (weighted) drawSlices(context, picture, from);
  if (weighted && from.index > 0) {
    for (let channel = 0; channel < from.shown; channel++) {
      if (channel !== focus.channel) outline(context, windowOf(channel), palette.accent, 1, palette.card);
    }
  }
  const channel = weighted ? focus.channel : focus.unit;
  if (unitOf(channel) >= from.shown) return;
  const source = windowOf(channel);
  const target = { x: map.x + focus.x * pixel, y: map.y + focus.y * pixel, width: pixel, height: pixel };
  drawRays(context, source, target, palette.accent);
  const image = kernelBox(from, unitOf(channel)).map;
  for (const [y, x] of focus.marked) {
    const box = { x: image.x + x * step, y: image.y + y * step, width: step, height: step };
    outline(context, box, palette.warn, 1.5, palette.card);
  }
  outline(context, source, palette.accent, 2, palette.card);
  outline(context, target, palette.accent, 2, palette.card);
}

/** The kernels of the filter that is looked at, in the corner of the map that each is for. */
function drawSlices(context: Context, picture: NetworkPicture, from: NetworkColumn): void {
  const slices = picture.stages?.slices;
  if (!slices || from.index === 0) return;
  const side = Math.max(8, Math.min(22, from.size * 0.34));
  const boxes: Box[] = [];
  for (let channel = 0; channel < from.shown; channel++) {
    const { map } = kernelBox(from, channel);
    const box = { x: map.x + map.width - side + 3, y: map.y + map.height - side + 3, width: side, height: side };
    slices.draw(context, channel, box, picture.palette, false);
    boxes.push(box);
  }
  roundedBoxes(context, boxes, 2, picture.palette.card, picture.palette.ink3, 1, false);
}

/** From the corners of the window to those of the pixel. */
function drawRays(context: Context, source: Box, target: Box, colour: string): void {
  context.beginPath();
  for (const down of [0, 1]) {
    context.moveTo(source.x + source.width, source.y + down * source.height);
    context.lineTo(target.x, target.y + down * target.height);
  }
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.globalAlpha = 0.7;
  context.stroke();
  context.globalAlpha = 1;
}

function outline(context: Context, { x, y, width, height }: Box, colour: string, line: number, halo: string): void {
  context.beginPath();
  context.rect(x, y, width, height);
  context.lineWidth = line + 1.5;
  context.strokeStyle = halo;
  context.globalAlpha = 0.8;
  context.stroke();
  context.globalAlpha = 1;
  context.lineWidth = line;
  context.strokeStyle = colour;
  context.stroke();
}

/** Covers the pixels that the window has not reached yet. */
function veil(context: Context, map: Box, { y, x }: Focus, pixel: number, colour: string): void {
  const row = Math.floor(y + 0.5);
  const right = map.x + (x + 1) * pixel;
  const top = map.y + row * pixel;
  context.globalAlpha = 0.82;
  context.fillStyle = colour;
  context.fillRect(right, top, Math.max(0, map.x + map.width - right), pixel);
  context.fillRect(map.x, top + pixel, map.width, Math.max(0, map.y + map.height - top - pixel));
  context.globalAlpha = 1;
}

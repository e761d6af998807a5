/** Where the network drawing puts its neurons, and what lies under the pointer. Pure numbers, in points of the page. */

import type { Box } from './heatmap';
import { placeIn } from './mosaic';

export interface NetworkColumn {
  /** 0 the inputs, then the hidden layers, last the output. */
  readonly index: number;
  /** Centre, measured from the content's left edge. */
  readonly x: number;
  /** All of the layer's units. */
  readonly units: number;
  /** Units that are drawn: the first `shown`. */
  readonly shown: number;
  /** [shown] centres. */
  readonly y: Float32Array;
  /** Side of a neuron's square; of a feature map, its width. */
  readonly size: number;
  /** What its header may be wide, and where the gap behind the column is. */
  readonly room: number;
  readonly gap: number;
  /** Feature maps in rows and columns instead of one column of neurons. */
  readonly maps: MapGrid | null;
}

/** Where the feature maps of a stage lie. */
export interface MapGrid {
  /** [shown] centres of the maps; their heights are the column's `y`. */
  readonly x: Float32Array;
  /** Height of a map; its width is the column's `size`. */
  readonly high: number;
  /** Pixels across and down. */
  readonly wide: number;
  readonly tall: number;
  /** Side of the picture of each map's kernels at its left; 0 where there are none. */
  readonly kernel: number;
  /** Of what that picture is: kernels of that side, one for each map that enters. */
  readonly filter: Filter | null;
  /** Width of all of it. */
  readonly width: number;
}

export interface Filter {
  readonly inputs: number;
  readonly side: number;
}

/** Between the last feature maps and the first dense layer: all pixels in one row. */
export interface Flatten {
  readonly x: number;
  readonly top: number;
  readonly bottom: number;
  /** The column whose maps it takes apart, and how many numbers they are. */
  readonly from: number;
  readonly units: number;
}

export interface Geometry {
  readonly columns: readonly NetworkColumn[];
  /** Width of everything; more than the card is wide when the network is deep. */
  readonly width: number;
  readonly height: number;
  /** From one column's centre to the next, on average. */
  readonly spacing: number;
  readonly flatten: Flatten | null;
  /** Height that shape and parameter count take beneath the columns of a network with feature maps. */
  readonly foot: number;
}

export interface GeometryRequest {
  /** Units of every column, inputs and output included. */
  readonly units: readonly number[];
  /** Whether the inputs are one picture instead of a neuron each. */
  readonly picture: boolean;
  readonly width: number;
  readonly height: number;
  /** Room at the right of the output's neurons, for its labels. */
  readonly labels: number;
}

/** The header of a column needs this much, so that texts never touch. */
const MINIMUM_SPACING = 76;
/** From one neuron's centre to the next, at least; neurons that show images need more, the output must show all classes. */
const MINIMUM_PITCH = 25;
const MINIMUM_PICTURE_PITCH = 34;
const MINIMUM_OUTPUT_PITCH = 16;
const MAXIMUM_PITCH = 62;
const FILL = 0.84;
/** Half a header, or half a picture: what the first and the last column keep to the card's edge. */
const EDGE = 36;
const PICTURE_EDGE = 54;
/** Between a feature map and its kernels. */
export const KERNEL_GAP = 3;
/** The line that says how many more units there are. */
export const MORE = 18;

export function layOutNetwork({ units, picture, width, height, labels }: GeometryRequest): Geometry {
  const gaps = Math.max(1, units.length - 1);
  const left = picture ? PICTURE_EDGE : EDGE;
  const margins = left + EDGE + labels;
  const spacing = Math.max(MINIMUM_SPACING, (width - margins) / gaps);
  const shown = units.map((count, index) => {
    if (index === 0 && picture) return 1;
    const least = index === units.length - 1 ? MINIMUM_OUTPUT_PITCH : picture ? MINIMUM_PICTURE_PITCH : MINIMUM_PITCH;
    if (count * least <= height) return count;
    return Math.min(count, Math.max(1, Math.floor((height - MORE) / least)));
  });
  const grouped = shown.some((count, index) => count < units[index]! && !(index === 0 && picture));
  const most = Math.max(...shown.slice(0, -1));
  const room = height - (grouped ? MORE : 0);
  const pitch = Math.min(MAXIMUM_PITCH, room / most);
  const size = Math.floor(Math.min(pitch * FILL, spacing * 0.55));
  const columns = units.map((count, index) => {
    const isPicture = index === 0 && picture;
    const n = shown[index]!;
    // Shorter layers breathe a little more than the longest one.
    const step = Math.min(pitch * 1.12, room / n);
    return {
      index,
      x: left + index * spacing,
      units: count,
      shown: n,
      y: Float32Array.from({ length: n }, (_, unit) => room / 2 + (unit - (n - 1) / 2) * step),
      size: isPicture
        ? Math.floor(Math.min(2 * PICTURE_EDGE - 8, spacing * 0.78, height * 0.45))
        : Math.floor(Math.min(size, step * FILL)),
      room: spacing - 8,
      gap: left + (index + 0.5) * spacing,
      maps: null,
    };
  });
  return { columns, width: margins + gaps * spacing, height, spacing, flatten: null, foot: 0 };
}

/** A link's curve leaves and arrives level. Its height at the share `across` of the way, 0 to 1. */
export function linkHeight(from: number, to: number, across: number): number {
  // The Bézier's horizontal part is 1.5 t (1 - t) + t³ with the controls half way; solved for t by bisection.
  let low = 0;
  let high = 1;
  for (let i = 0; i < 20; i++) {
    const t = (low + high) / 2;
    if (1.5 * t * (1 - t) + t ** 3 < across) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return from + (to - from) * t * t * (3 - 2 * t);
}

export type Hit =
  | { readonly kind: 'neuron'; readonly column: number; readonly unit: number }
  | { readonly kind: 'bias'; readonly column: number; readonly unit: number }
  /** Of a feature map, `y` down and `x` across. */
  | { readonly kind: 'pixel'; readonly column: number; readonly unit: number; readonly y: number; readonly x: number }
  /** One number of a filter, `from` counted through all of its kernels. */
  | { readonly kind: 'kernel'; readonly column: number; readonly from: number; readonly unit: number }
  /** `column` is where the link arrives. */
  | { readonly kind: 'link'; readonly column: number; readonly from: number; readonly unit: number };

export function sameHit(a: Hit | null, b: Hit | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.kind !== b.kind || a.column !== b.column || a.unit !== b.unit) return false;
  if (a.kind === 'pixel' && b.kind === 'pixel') return a.y === b.y && a.x === b.x;
  return !('from' in a) || !('from' in b) || a.from === b.from;
}

/** Where a neuron's bias mark sits: its lower left corner; a feature map's is beneath its kernels. */
export function biasMark(column: NetworkColumn, unit: number): { x: number; y: number; radius: number } {
  if (column.maps) {
    const { kernel } = kernelBox(column, unit);
    const radius = Math.max(2.4, column.maps.kernel / 8);
    return { x: kernel.x + kernel.width / 2, y: kernel.y + kernel.height + radius + 3, radius };
  }
  const half = column.size / 2;
  return { x: column.x - half + 1, y: column.y[unit]! + half - 1, radius: Math.max(3, Math.min(4.5, column.size / 9)) };
}

/** Where a feature map and its kernels are drawn. */
export function kernelBox(column: NetworkColumn, unit: number): { map: Box; kernel: Box } {
  const { x, high, kernel } = column.maps!;
  const map = { x: x[unit]! - column.size / 2, y: column.y[unit]! - high / 2, width: column.size, height: high };
  // Beside the map, flush with its top.
  return { map, kernel: { x: map.x - kernel - KERNEL_GAP, y: map.y, width: kernel, height: kernel } };
}

/** What lies at (x, y) in a column of feature maps. */
function hitMap(column: NetworkColumn, x: number, y: number): Hit | null {
  const { wide, tall, filter } = column.maps!;
  for (let unit = 0; unit < column.shown; unit++) {
    const { map, kernel } = kernelBox(column, unit);
    const at = { column: column.index, unit };
    if (inside(map, x, y)) {
      const row = Math.min(tall - 1, Math.floor(((y - map.y) / map.height) * tall));
      return { kind: 'pixel', ...at, y: row, x: Math.min(wide - 1, Math.floor(((x - map.x) / map.width) * wide)) };
    }
    if (!filter) continue;
    const mark = biasMark(column, unit);
    if (Math.hypot(x - mark.x, y - mark.y) <= mark.radius + 2) return { kind: 'bias', ...at };
    if (inside(kernel, x, y)) {
      const { inputs, side } = filter;
      const from = placeIn(inputs, side, side, (x - kernel.x) / kernel.width, (y - kernel.y) / kernel.height);
      return from < 0 ? { kind: 'neuron', ...at } : { kind: 'kernel', ...at, from };
    }
  }
  return null;
}

function inside(box: Box, x: number, y: number): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

/** What lies at (x, y) of the content. `weigh` says how strong a drawn link is, so that of two near ones the visible wins. */
export function hitTest(
  geometry: Geometry,
  x: number,
  y: number,
  weigh: (column: number, unit: number, from: number) => number,
  picture: boolean,
): Hit | null {
  for (const column of geometry.columns) {
    if (column.maps) {
      const hit = hitMap(column, x, y);
      if (hit) return hit;
      continue;
    }
    if (Math.abs(x - column.x) > column.size / 2 + 6) continue;
    for (let unit = 0; unit < column.shown; unit++) {
      const hidden = column.index > 0;
      const mark = biasMark(column, unit);
      if (hidden && Math.hypot(x - mark.x, y - mark.y) <= mark.radius + 3)
        return { kind: 'bias', column: column.index, unit };
      const within = Math.abs(x - column.x) <= column.size / 2 && Math.abs(y - column.y[unit]!) <= column.size / 2;
      if (within) return { kind: 'neuron', column: column.index, unit };
    }
  }
  return hitLink(geometry, x, y, weigh, picture);
}

function hitLink(
  { columns }: Geometry,
  x: number,
  y: number,
  weigh: (column: number, unit: number, from: number) => number,
  picture: boolean,
): Hit | null {
  const right = columns.findIndex((column, index) => {
    const left = columns[index - 1];
    return left && x > left.x + left.size / 2 && x < column.x - column.size / 2;
  });
  if (right < 1 || (right === 1 && picture) || columns[right]!.maps || columns[right - 1]!.maps) return null;
  const [left, target] = [columns[right - 1]!, columns[right]!];
  const start = left.x + left.size / 2;
  const across = (x - start) / (target.x - target.size / 2 - start);
  let best: Hit | null = null;
  let bestScore = 1;
  for (let unit = 0; unit < target.shown; unit++) {
    for (let from = 0; from < left.shown; from++) {
      const distance = Math.abs(linkHeight(left.y[from]!, target.y[unit]!, across) - y);
      if (distance > 5) continue;
      const score = -1 + distance / 5 - 0.8 * weigh(right, unit, from);
      if (score < bestScore) {
        bestScore = score;
        best = { kind: 'link', column: right, from, unit };
      }
    }
  }
  return best;
}

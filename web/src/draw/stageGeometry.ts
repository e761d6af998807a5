/** Where a network with feature maps is drawn: a row of stages, each a grid of maps or a column of neurons. Pure. */
import { isImage, type Stage } from '../model/layout';
import { KERNEL_GAP, type Filter, type Flatten, type Geometry, type MapGrid, type NetworkColumn } from './geometry';

export interface StageRequest {
  /** All layers, the output last. */
  readonly stages: readonly Stage[];
  readonly width: number;
  readonly height: number;
  /** Room at the right of the output's neurons, for its labels. */
  readonly labels: number;
}

/** Between two maps, two stages at least and at most, and what the flattened row takes between two of them. */
const GAP = 5;
const LEAST_BETWEEN = 22;
const MOST_BETWEEN = 64;
const FLATTEN = 58;
/** A header needs this much, so that texts never touch. */
const LEAST_WIDTH = 74;
const EDGE = 6;
/** Side of a map, and by how much kernels are smaller. */
const SMALLEST = 20;
const LARGEST = 96;
/** As large as maps get in a network that is wider than the card in any case. */
const DEEP = 46;
const KERNEL_SHARE = 0.42;
/** Text beneath the stages: shape and parameter count. */
const FOOT = 32;
/** What is higher has room for its captions. */
export const CAPTIONED = 150;
/** Beneath the maps, where lines lead around blocks of layers. */
const SKIPS = 20;
/** From one neuron's centre to the next. */
const PITCH = { least: 25, output: 16, most: 46 };
const FILL = 0.84;
const MORE = 18;

/** A stage while its place is sought. */
interface Draft {
  readonly count: number;
  readonly shape: readonly number[];
  readonly filter: Filter | null;
  /** Columns of the grid; 0 for neurons. */
  columns: number;
  side: number;
}

/** All stages in a row: maps as large as fit, or as small as can be seen and wider than the card. */
export function layOutStages({ stages, width, height, labels }: StageRequest): Geometry {
  const foot = height > CAPTIONED ? FOOT : 0;
  const room = height - foot - (stages.some(({ skip }) => skip > 0) ? SKIPS : 0);
  const drafts: Draft[] = [
    { count: 1, shape: stages[0]!.input_shape, filter: null, columns: 1, side: 0 },
    ...stages.map((stage) => ({
      count: stage.shape[0]!,
      shape: stage.shape,
      filter: stage.kind === 'conv' ? { inputs: stage.input_shape[0]!, side: stage.kernel } : null,
      columns: isImage(stage) ? 1 : 0,
      side: 0,
    })),
  ];
  const flattens = stages.findIndex((stage) => stage.kind === 'dense' && stage.input_shape.length === 3);
  const fixed = 2 * EDGE + labels + (flattens < 0 ? 0 : FLATTEN) + stages.length * LEAST_BETWEEN;
  const total = () => fixed + drafts.reduce((sum, draft) => sum + widthOf(draft), 0);
  for (const draft of drafts) startSmall(draft, room);
  if (total() <= width) grow(drafts, room, LARGEST, () => total() <= width);
  else grow(drafts, room, DEEP, (draft, before) => draft.columns <= before);

  const spare = width - total();
  const between = LEAST_BETWEEN + Math.max(0, Math.min(MOST_BETWEEN - LEAST_BETWEEN, spare / stages.length));
  const whole = total() + stages.length * (between - LEAST_BETWEEN);
  let left = EDGE + Math.max(0, (width - whole) / 2);
  let flatten: Flatten | null = null;
  const columns = drafts.map((draft, index) => {
    if (index > 0 && index - 1 === flattens) {
      const units = drafts[index - 1]!.shape.reduce((product, one) => product * one, 1);
      const x = left + (FLATTEN - between) / 2;
      flatten = { x, top: 8, bottom: room - 8, from: index - 1, units };
      left += FLATTEN;
    }
    const own = widthOf(draft);
    const at = { x: left + own / 2, room: own + between - 8, gap: left + own + between / 2 };
    const column = place(draft, index, index === drafts.length - 1, at, room);
    left += own + between;
    return column;
  });
  const spacing = whole / drafts.length;
  return { columns, width: whole, height, spacing, flatten, foot };
}

function startSmall(draft: Draft, room: number): void {
  if (draft.columns === 0) return;
  while (sideOf(draft, room, draft.columns) < SMALLEST && draft.columns < draft.count) draft.columns++;
  draft.side = Math.max(SMALLEST, Math.min(30, sideOf(draft, room, draft.columns)));
}

/** Lets the smallest maps grow, one step after another, as long as everything fits. */
function grow(
  drafts: readonly Draft[],
  room: number,
  largest: number,
  fits: (draft: Draft, columnsBefore: number) => boolean,
): void {
  const growing = new Set(drafts.filter(({ columns }) => columns > 0));
  while (growing.size > 0) {
    const smallest = [...growing].reduce((least, draft) => (draft.side < least.side ? draft : least));
    const { columns, side } = smallest;
    const next = side + 2;
    // One more column where the maps have no more room above each other.
    if (sideOf(smallest, room, columns) < next) smallest.columns = Math.min(smallest.count, columns + 1);
    smallest.side = next;
    if (next <= largest && sideOf(smallest, room, smallest.columns) >= next && fits(smallest, columns)) continue;
    [smallest.columns, smallest.side] = [columns, side];
    growing.delete(smallest);
  }
}

/** Largest side of a map when so many stand beside each other. */
function sideOf({ count, shape }: Draft, room: number, columns: number): number {
  const rows = Math.ceil(count / columns);
  const high = (room + GAP) / rows - GAP;
  return Math.floor((high * shape[2]!) / Math.max(shape[1]!, shape[2]!));
}

function kernelOf({ filter, side }: Draft): number {
  return filter ? Math.round(Math.max(10, Math.min(34, side * KERNEL_SHARE))) : 0;
}

/** A map with its kernels. */
function cellOf(draft: Draft): number {
  const kernel = kernelOf(draft);
  return draft.side + (kernel ? kernel + KERNEL_GAP : 0);
}

function gridWidth(draft: Draft): number {
  return draft.columns * (cellOf(draft) + GAP + (draft.filter ? 2 : 0)) - GAP;
}

function widthOf(draft: Draft): number {
  return draft.columns === 0 ? LEAST_WIDTH : Math.max(LEAST_WIDTH, gridWidth(draft));
}

function place(
  draft: Draft,
  index: number,
  isOutput: boolean,
  at: Pick<NetworkColumn, 'x' | 'room' | 'gap'>,
  height: number,
): NetworkColumn {
  if (draft.columns === 0) return placeNeurons(draft.count, index, isOutput, at, height);
  const { x } = at;
  const { count, side, columns } = draft;
  const [, tall, wide] = draft.shape as [number, number, number];
  const high = (side * tall) / wide;
  const rows = Math.ceil(count / columns);
  const step = Math.min(high + GAP + 6, (height + GAP) / rows);
  const cell = cellOf(draft);
  const width = gridWidth(draft);
  const across = columns > 1 ? (width - cell) / (columns - 1) : 0;
  const maps: MapGrid = {
    x: Float32Array.from({ length: count }, (_, unit) => {
      // The right part of its cell.
      return x - width / 2 + (unit % columns) * across + cell - side / 2;
    }),
    high,
    wide,
    tall,
    kernel: kernelOf(draft),
    filter: draft.filter,
    width,
  };
  const y = Float32Array.from(
    { length: count },
    (_, unit) => height / 2 + (Math.floor(unit / columns) - (rows - 1) / 2) * step,
  );
  return { ...at, index, units: count, shown: count, y, size: side, maps };
}

function placeNeurons(
  units: number,
  index: number,
  isOutput: boolean,
  at: Pick<NetworkColumn, 'x' | 'room' | 'gap'>,
  height: number,
): NetworkColumn {
  const least = isOutput ? PITCH.output : PITCH.least;
  const fits = units * least <= height;
  const shown = fits ? units : Math.max(1, Math.min(units, Math.floor((height - MORE) / least)));
  const free = fits ? height : height - MORE;
  const step = Math.min(PITCH.most, free / shown);
  return {
    ...at,
    index,
    units,
    shown,
    y: Float32Array.from({ length: shown }, (_, unit) => free / 2 + (unit - (shown - 1) / 2) * step),
    size: Math.floor(step * FILL),
    maps: null,
  };
}

/** Histograms through the run, one below the other: a ridge for every moment, the newest in front. Pure. */
import { linearTicks, type Range, type Tick } from './axes';
import { drawAxes, frameAt, marginsOf, SIZES, type Frame } from './figure';
import { textWidth } from './shorten';
import { css, type Palette, type Rgb } from './palette';
import type { Surface } from './surface';

/** What was counted at a moment, in steps or epochs: how many values lie in each of the bins that part the range evenly. */
export interface Ridge {
  readonly at: number;
  readonly low: number;
  readonly high: number;
  readonly counts: Float32Array;
}

/** One layer's histograms, the oldest first. */
export interface RidgePanel {
  readonly label: string;
  readonly colour: Rgb;
  /** The symbol of what is counted, at its axis. */
  readonly unit: string;
  readonly ridges: readonly Ridge[];
  /** The one that stands out. */
  readonly chosen: number | null;
  /** Whether logarithms of the counts are drawn, by which few values far away show too. */
  readonly logarithmic: boolean;
}

/** How far a ridge reaches over those before it, in distances between two of them. */
const REACH = 2.6;
const FEWEST_ROWS = 6;
/** Below a panel. */
const MOST_TICKS = 6;
/** Between two panels, in sizes of the text. */
const GAP = 1.6;
/** Of the normal distribution that smooths: farther away nothing of it is left. */
const SIGMAS = 3;

/**
 * The moments whose ridges are drawn: at steps that are whole multiples of a distance, `most` of them at most, and the
 * last one, so that ridges stay where they are while new ones come.
 */
export function momentsAt(steps: ArrayLike<number>, most: number): number[] {
  const length = steps.length;
  if (length <= most) return Array.from({ length }, (_, i) => i);
  const span = steps[length - 1]! - steps[0]!;
  let distance = 1;
  while (span / distance > most - 2) distance *= 2;
  const moments: number[] = [];
  let next = -Infinity;
  for (let at = 0; at < length; at++) {
    if (steps[at]! < next) continue;
    moments.push(at);
    next = (Math.floor(steps[at]! / distance) + 1) * distance;
  }
  if (moments.at(-1) !== length - 1) moments.push(length - 1);
  return moments;
}

/** A histogram as a smooth curve: where, and how high at each place, 1 at its peak. */
export interface Outline {
  readonly x: Float64Array;
  readonly height: Float64Array;
}

/**
 * Few values in many bins look like a comb, whatever they were drawn from: each is spread by a normal distribution whose
 * width suits their number (Silverman 1986, 3.4.2: 0.9 · deviation · n^(−1/5)).
 */
export function outlineOf({ low, high, counts }: Ridge, logarithmic: boolean): Outline {
  const bins = counts.length;
  const wide = (high - low) / bins;
  let [total, sum, squares] = [0, 0, 0];
  counts.forEach((count, bin) => {
    total += count;
    sum += count * bin;
    squares += count * bin * bin;
  });
  const mean = sum / (total || 1);
  const deviation = Math.sqrt(Math.max(0, squares / (total || 1) - mean * mean));
  const sigma = Math.max(0.6, 0.9 * deviation * Math.max(1, total) ** -0.2);
  const margin = Math.ceil(SIGMAS * sigma);
  const height = new Float64Array(bins + 2 * margin);
  counts.forEach((count, bin) => {
    for (let away = -margin; count > 0 && away <= margin; away++) {
      height[bin + margin + away]! += count * Math.exp(-0.5 * (away / sigma) ** 2);
    }
  });
  // One more than was counted: of nothing there is no logarithm.
  if (logarithmic) height.forEach((value, place) => (height[place] = Math.log1p(value)));
  const peak = height.reduce((top, value) => Math.max(top, value), 0) || 1;
  return {
    x: height.map((_, place) => low + (place - margin + 0.5) * wide),
    height: height.map((value) => value / peak),
  };
}

/** The axis that runs down: what it counts, and whether only whole numbers stand at it. */
export interface TimeAxis {
  readonly unit: string;
  readonly whole: boolean;
}

/** Draws panels beside each other; returns where each one's values lie, with moments on its y axis. */
export function drawRidges(
  surface: Surface,
  palette: Palette,
  panels: readonly RidgePanel[],
  time: TimeAxis,
  width: number,
  height: number,
  size: number = SIZES.small,
): Frame[] {
  const margins = marginsOf(size);
  const gap = GAP * size;
  const across = (width - margins.left - margins.right + gap) / Math.max(1, panels.length) - gap;
  const all = panels.flatMap(({ ridges }) => ridges.map(({ at }) => at));
  // Before the first measurement there is nothing that numbers could stand for.
  const measured = all.length > 0;
  const [last, first] = [
    all.reduce((a, b) => Math.max(a, b), -Infinity),
    all.reduce((a, b) => Math.min(a, b), Infinity),
  ];
  // Time runs down: now is at the bottom.
  const moments: Range = last > first ? [last, first] : measured ? [last, last - 1] : [1, 0];
  return panels.map((panel, i) => {
    const leftmost = i === 0;
    const outlines = panel.ridges.map((ridge) => outlineOf(ridge, panel.logarithmic));
    const values = valuesOf(outlines);
    const axes = {
      xAxis: {
        range: values,
        logarithmic: false,
        // The same for all of them, and only behind the last one nothing follows.
        unit: i === panels.length - 1 ? panel.unit : '',
        ticks: measured ? valueTicks(values, across, size) : [],
      },
      yAxis: {
        range: moments,
        logarithmic: false,
        unit: '',
        whole: time.whole,
        ...(leftmost && measured ? {} : { ticks: [] }),
      },
    };
    // The oldest ridge needs room above it, too.
    const room = (REACH * (height - margins.top - margins.bottom)) / (FEWEST_ROWS + panel.ridges.length);
    const top = margins.top + room;
    const frame = frameAt(axes, {
      left: margins.left + i * (across + gap),
      top,
      width: across,
      height: height - top - margins.bottom,
    });
    drawAxes(surface, palette, axes, frame, size);
    drawPanel(surface, palette, panel, outlines, frame, room);
    surface.textAlign = 'right';
    surface.textBaseline = 'top';
    surface.fillStyle = palette.ink3;
    surface.font = `${size}px ${palette.font}`;
    if (leftmost) surface.fillText(time.unit, frame.left - 5, 1);
    surface.fillStyle = css(panel.colour);
    surface.font = `600 ${size}px ${palette.font}`;
    surface.fillText(panel.label, frame.left + frame.width, 1);
    return frame;
  });
}

/** As many numbers as stand apart below a panel. */
function valueTicks(range: Range, wide: number, size: number): Tick[] {
  for (let count = MOST_TICKS; count > 1; count--) {
    const ticks = linearTicks(range, count);
    const apart = ticks.length > 1 ? ((ticks[1]!.at - ticks[0]!.at) / (range[1] - range[0])) * wide : Infinity;
    const widest = ticks.reduce((most, { text }) => Math.max(most, textWidth(text, size)), 0);
    if (widest + size / 2 <= apart) return ticks;
  }
  return linearTicks(range, 1);
}

/** All that is drawn of a layer has the same axis. */
function valuesOf(outlines: readonly Outline[]): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const { x } of outlines) {
    if (x[0]! < low) low = x[0]!;
    if (x.at(-1)! > high) high = x.at(-1)!;
  }
  if (!(high > low)) return Number.isFinite(low) ? [low - 1, low + 1] : [-1, 1];
  return [low, high];
}

function drawPanel(
  surface: Surface,
  palette: Palette,
  { ridges, colour, chosen }: RidgePanel,
  outlines: readonly Outline[],
  frame: Frame,
  reach: number,
): void {
  surface.save();
  surface.beginPath();
  surface.rect(frame.left, frame.top - reach - 2, frame.width, frame.height + reach + 4);
  surface.clip();
  surface.lineJoin = 'round';
  ridges.forEach(({ at: moment, low, high }, i) => {
    const base = frame.y(moment);
    const { x, height } = outlines[i]!;
    const outline = () => {
      surface.beginPath();
      if (high > low) x.forEach((at, place) => surface.lineTo(frame.x(at), base - height[place]! * reach));
      else for (const up of [0, reach, 0]) surface.lineTo(frame.x(low), base - up);
    };
    // Each hides what is behind it, then shows its own colour: stronger the newer it is.
    const age = ridges.length > 1 ? i / (ridges.length - 1) : 1;
    outline();
    surface.fillStyle = palette.card;
    surface.fill();
    surface.fillStyle = css(colour, i === chosen ? 0.75 : 0.1 + 0.42 * age);
    surface.fill();
    surface.strokeStyle = i === chosen ? palette.ink : css(colour, 0.4 + 0.55 * age);
    surface.lineWidth = i === chosen ? 1.6 : 1;
    surface.stroke();
  });
  surface.restore();
}

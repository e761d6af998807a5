/** What lies under the window of a convolution or a pool, and which windows a pixel lies under. Pure. */
import type { Rehearsed } from './rehearsed';

export interface WindowTerm {
  readonly value: number;
  /** 1 in a pool. */
  readonly weight: number;
  /** Place of the value in what enters the layer, and of the weight in its tensor; -1 for none. */
  readonly input: number;
  readonly index: number;
}

/** The terms of one pixel of a layer's sums, padding left out. */
export function windowTerms(step: Rehearsed, layer: number, unit: number): WindowTerm[] {
  const plan = step.layer(layer);
  const [channels = 1, height = 1, width = 1] = plan.inputShape;
  const own = Math.floor(unit / plan.pixels);
  const terms: WindowTerm[] = [];
  const conv = plan.kind === 'conv';
  const whole = plan.kind === 'global_pool';
  const [high, broad] = whole ? [height, width] : [plan.kernel, plan.kernel];
  for (let c = conv ? 0 : own; c < (conv ? channels : own + 1); c++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < broad; j++) {
        const input = whole ? (c * height + i) * width + j : underWindow(step, layer, unit, c, i, j);
        if (input < 0) continue;
        const index = conv ? own * plan.fanIn + (c * plan.kernel + i) * plan.kernel + j : -1;
        const weight = conv ? step.weight(layer, index) : 1;
        terms.push({ value: step.entering(layer, input), weight, input, index });
      }
    }
  }
  return terms;
}

/** Which input lies under a place of the window of a pixel of the layer; -1 where that is padding. */
export function underWindow(
  step: Rehearsed,
  layer: number,
  unit: number,
  channel: number,
  row: number,
  column: number,
): number {
  const { inputShape, shape, pixels, stride, padding } = step.layer(layer);
  const [, height = 1, width = 1] = inputShape;
  const [, , wide = 1] = shape;
  const y = Math.floor((unit % pixels) / wide) * stride + row - padding;
  const x = (unit % wide) * stride + column - padding;
  return y < 0 || x < 0 || y >= height || x >= width ? -1 : (channel * height + y) * width + x;
}

/** A number of a layer that an input has a part in, and by how much: with its weight, or with its share of a pool. */
export interface Part {
  readonly unit: number;
  readonly weight: number;
}

/** All that an input of a layer has a part in: of the layer's sums, or of what a pool puts out. */
export function partsOf(step: Rehearsed, layer: number, input: number): Part[] {
  const plan = step.layer(layer);
  const sums = plan.pieces * plan.channels;
  if (plan.kind === 'dense') {
    const weight = (unit: number) => step.weight(layer, unit * plan.fanIn + input);
    return Array.from({ length: sums }, (_, unit) => ({ unit, weight: weight(unit) }));
  }
  const pixels = plan.inputs / plan.inputShape[0]!;
  const channel = Math.floor(input / pixels);
  if (plan.kind === 'global_pool') return [{ unit: channel, weight: 1 / pixels }];
  const windows = windowsOver(step, layer, input);
  if (plan.kind === 'pool') {
    return windows.map(({ pixel }) => {
      const unit = channel * plan.pixels + pixel;
      return {
        unit,
        weight: plan.pooling === 'max' ? Number(winnerOf(step, layer, unit) === input) : 1 / plan.kernel ** 2,
      };
    });
  }
  return Array.from({ length: sums }, (_, filter) =>
    windows.map(({ pixel, place }) => ({
      unit: filter * plan.pixels + pixel,
      weight: step.weight(layer, filter * plan.fanIn + channel * plan.kernel ** 2 + place),
    })),
  ).flat();
}

/** The input that a window of a pool takes its largest number from: the first one of several. */
function winnerOf(step: Rehearsed, layer: number, unit: number): number {
  return windowTerms(step, layer, unit).reduce((best, term) => (term.value > best.value ? term : best)).input;
}

/** The windows that an input lies under: their pixels, and on which place of the kernel it lies. */
function windowsOver(step: Rehearsed, layer: number, input: number): { pixel: number; place: number }[] {
  const { inputShape, shape, kernel, stride, padding } = step.layer(layer);
  const [, height = 1, width = 1] = inputShape;
  const [, high = 1, wide = 1] = shape;
  const [y, x] = [Math.floor((input % (height * width)) / width), input % width];
  const along = (at: number, most: number) =>
    Array.from({ length: kernel }, (_, place) => ({ window: (at + padding - place) / stride, place })).filter(
      ({ window }) => Number.isInteger(window) && window >= 0 && window < most,
    );
  return along(y, high).flatMap((row) =>
    along(x, wide).map((column) => ({
      pixel: row.window * wide + column.window,
      place: row.place * kernel + column.place,
    })),
  );
}

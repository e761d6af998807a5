/** What lies under the window of a convolution or a pool, with the weights that meet it. Pure. */
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
  const [, , wide = 1] = plan.shape;
  const own = Math.floor(unit / plan.pixels);
  const [y, x] = [Math.floor((unit % plan.pixels) / wide), unit % wide];
  const terms: WindowTerm[] = [];
  const conv = plan.kind === 'conv';
  const whole = plan.kind === 'global_pool';
  const [high, broad] = whole ? [height, width] : [plan.kernel, plan.kernel];
  for (let c = conv ? 0 : own; c < (conv ? channels : own + 1); c++) {
    for (let i = 0; i < high; i++) {
      for (let j = 0; j < broad; j++) {
        const [row, column] = whole ? [i, j] : [y * plan.stride + i - plan.padding, x * plan.stride + j - plan.padding];
        if (row < 0 || column < 0 || row >= height || column >= width) continue;
        const input = (c * height + row) * width + column;
        const index = conv ? own * plan.fanIn + (c * plan.kernel + i) * plan.kernel + j : -1;
        const weight = conv ? step.weight(layer, index) : 1;
        terms.push({ value: step.entering(layer, input), weight, input, index });
      }
    }
  }
  return terms;
}

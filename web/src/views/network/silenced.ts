/** Where on the drawing the units are that dropout silences. Pure. */
import type { Geometry } from '../../draw/geometry';
import type { Rehearsed } from '../../model/explained/rehearsed';
import { stagesOf } from '../../model/explained/stages';
import type { RunConfig } from '../../protocol/messages';

export interface Cross {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
}

/** Whether anything of a network is silenced at times: the inputs, or a layer's units or channels. */
export function dropsOut(network: Pick<RunConfig['network'], 'input' | 'layers'>): boolean {
  const rates = [network.input, ...network.layers].flatMap((part) =>
    Object.entries(part).map(([name, value]) => (/dropout$/.test(name) && typeof value === 'number' ? value : 0)),
  );
  return rates.some((rate) => rate > 0);
}

/**
 * The shown units whose value is 0. `values`: [columns, width], from the inputs on; what is NaN drops out never.
 * The inputs of a `picture` are drawn as one.
 */
export function crossesOf(
  { columns }: Pick<Geometry, 'columns'>,
  values: Float32Array,
  width: number,
  picture = false,
): Cross[] {
  return columns.slice(picture ? 1 : 0).flatMap(({ index, shown, x, y, size, maps }) =>
    Array.from({ length: shown }, (_, unit) => unit)
      .filter((unit) => unit < width && values[index * width + unit] === 0)
      .map((unit) => ({ x: maps ? maps.x[unit]! : x, y: y[unit]!, wide: size, high: maps ? maps.high : size })),
  );
}

/**
 * What a step has silenced up to a stage, as `crossesOf` takes it: [columns, width], of a feature map 0 where no pixel of
 * it is left. Nothing of many samples together, each of which has units of its own silenced.
 */
export function silencedBy(step: Rehearsed, at: number): { values: Float32Array; width: number } {
  const stages = stagesOf(step);
  const width = Math.max(step.layer(1).inputs, ...step.layers.map(({ channels }) => channels));
  const values = new Float32Array((step.last + 1) * width).fill(NaN);
  if (step.batch) return { values, width };
  const put = (column: number, mask: Float32Array, pixels: number): void => {
    for (let unit = 0; unit * pixels < mask.length; unit++) {
      values[column * width + unit] = Math.max(...mask.subarray(unit * pixels, (unit + 1) * pixels));
    }
  };
  put(0, step.array('input.mask'), 1);
  for (const { kind, layer } of stages.slice(0, at + 1)) {
    if (kind === 'drop') put(layer, step.array(step.name(layer, 'mask')), step.layer(layer).pixels);
  }
  return { values, width };
}

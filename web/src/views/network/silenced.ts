/** Where on the drawing the units are that dropout silences. Pure. */
import type { Geometry } from '../../draw/geometry';
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

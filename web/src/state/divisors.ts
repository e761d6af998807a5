/** Parameters that must divide what is normalized of a layer, such as a number of groups. Pure. */

import type { Catalog, Choice, LayerConfig, Param } from '../protocol/messages';
import { paramValue, piecesOf, variantOf } from './families';
import { countOf, kindOf } from './layers';

/** How many numbers of a layer are normalized: its units behind the activation, before it all of their weighted sums. */
function widthOf(layer: LayerConfig, catalog: Catalog): number {
  const units = countOf(layer, catalog);
  if (!layer.normalization || !layer.activation) return units;
  const normalization = variantOf(catalog, 'normalizations', layer.normalization.id);
  const position = normalization?.params.find((param) => param.id === 'position');
  if (position && paramValue(layer.normalization, position) === 1) return units;
  return units * piecesOf(layer.activation, catalog);
}

/** The parameter with the values that suit all of these layers, where not any will do. */
export function dividing<P extends Param>(param: P, layers: LayerConfig[], catalog: Catalog): P {
  if (!param.divides_units || layers.length === 0) return param;
  const allowed = divisors(
    layers.map((layer) => widthOf(layer, catalog)).reduce(greatestCommonDivisor),
    leastOf(layers[0]!, catalog),
  );
  return { ...param, allowed, maximum: allowed[allowed.length - 1]! };
}

/** The layers with such parameters moved to the nearest value that divides. */
export function fitDivisors(layers: LayerConfig[], catalog: Catalog): LayerConfig[] {
  return layers.map((layer) => {
    if (!layer.normalization) return layer;
    const variant = variantOf(catalog, 'normalizations', layer.normalization.id);
    const bound = variant?.params.filter((param) => param.divides_units) ?? [];
    if (bound.length === 0) return layer;
    const normalization: Choice = { ...layer.normalization };
    const allowed = divisors(widthOf(layer, catalog), leastOf(layer, catalog));
    for (const param of bound) normalization[param.id] = nearest(paramValue(normalization, param), allowed);
    return { ...layer, normalization };
  });
}

/** The nearest of several numbers in rising order, by ratio; of two that are as near, the smaller one. */
export function nearest(value: number, allowed: readonly number[]): number {
  const far = (each: number) => Math.abs(Math.log(each / Math.max(value, 1e-12)));
  return allowed.reduce((best, each) => (far(each) < far(best) - 1e-12 ? each : best));
}

/** How many numbers a part must have: of an image, a single channel has many pixels. */
function leastOf(layer: LayerConfig, catalog: Catalog): number {
  if (!layer.normalization || kindOf(layer, catalog)?.gives_image) return 1;
  return variantOf(catalog, 'normalizations', layer.normalization.id)?.least_units ?? 1;
}

/** Into how many parts of equal size, none with less than so many, a layer can be parted; one is always possible. */
function divisors(width: number, least: number): number[] {
  const numbers = Array.from({ length: width }, (_, i) => i + 1);
  return numbers.filter((each) => width % each === 0 && (each === 1 || width / each >= least));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** What the choices of hidden layers have to fit, besides what all have. Pure. */

import type { Catalog, LayerConfig, Variant } from '../protocol/messages';
import { paramValue, variantOf } from './families';
import type { Circumstances } from './fitness';
import { countOf, kindOf } from './layers';

/** Of layers that are set together: what holds for each of them. */
export function placeOf(layers: LayerConfig[], catalog: Catalog): Circumstances {
  const takers = layers.map((layer) => biasTaker(layer, catalog));
  const kinds = layers.map((layer) => kindOf(layer, catalog));
  return {
    hidden: true,
    image: kinds.every((kind) => kind?.gives_image),
    units: Math.max(...layers.map((layer) => countOf(layer, catalog))),
    biasTakenBy: takers.every((taker) => taker !== undefined) ? takers[0] : undefined,
  };
}

/** The normalization where it stands before the activation and leaves the layer without a bias. */
function biasTaker({ normalization }: LayerConfig, catalog: Catalog): Variant | undefined {
  if (!normalization) return undefined;
  const variant = variantOf(catalog, 'normalizations', normalization.id);
  const position = variant?.params.find((param) => param.id === 'position');
  const before = !position || paramValue(normalization, position) === 0;
  return variant?.takes_bias && before ? variant : undefined;
}

/** Which kinds of layers can stand where, and what a new layer is like. Pure. */

import type { Catalog, LayerConfig, Text, Variant } from '../protocol/messages';
import { both } from './both';
import { insertLayer, retype } from './layers';
import { firstMisfit, shapesBehind, type Shape } from './shapes';

type Known = Pick<Catalog, 'families' | 'default_layers'>;

/** A new layer of a kind at a place: like the nearest one of its kind before or behind it, else as the kind usually is. */
export function newLayer(layers: readonly LayerConfig[], position: number, kind: string, { default_layers }: Known) {
  const usual = default_layers[kind] ?? { kind };
  const nearest = [...layers.slice(0, position).reverse(), ...layers.slice(position)];
  const like = nearest.find((layer) => layer.kind === kind) ?? usual;
  return { ...like, ...('skip' in like ? { skip: 0 } : {}) };
}

/** Kinds to be added at a place, with a reason where one does not fit, and the layers that there would be. */
export function additions(layers: LayerConfig[], position: number, input: Shape, known: Known): Offer[] {
  return known.families.layer_kinds.map((kind) => {
    const tries = [newLayer(layers, position, kind.id, known), known.default_layers[kind.id]!];
    const results = tries.map((layer) => insertLayer(layers, position, layer));
    return offer(kind, results, position, input, known);
  });
}

/** Kinds to take a layer's place. */
export function retypings(layers: LayerConfig[], position: number, input: Shape, known: Known): Offer[] {
  return known.families.layer_kinds.map((kind) => {
    const usual = known.default_layers[kind.id]!;
    const tries = [retype(layers[position]!, usual), usual];
    const results = tries.map((layer) => layers.map((other, index) => (index === position ? layer : other)));
    return offer(kind, results, position, input, known);
  });
}

export interface Offer {
  kind: Variant;
  layers: LayerConfig[];
  /** Why not. */
  reason: Text | null;
}

function offer(kind: Variant, results: LayerConfig[][], position: number, input: Shape, { families }: Known): Offer {
  const kinds = families.layer_kinds;
  const misfit = (layers: LayerConfig[]) => firstMisfit(layers, input, kinds);
  const layers = results.find((result) => misfit(result) < 0) ?? results.at(-1)!;
  const first = misfit(layers);
  const entering = shapesBehind(layers.slice(0, position), input, kinds).at(-1) ?? input;
  let reason: Text | null = null;
  if (first > position) reason = both('stage.later', { n: first + 1 });
  else if (first >= 0) {
    reason = both(kind.takes_image && entering.length !== 3 ? 'stage.needs_image' : 'stage.too_small', {
      shape: entering.join('×'),
    });
  }
  return { kind, layers, reason };
}

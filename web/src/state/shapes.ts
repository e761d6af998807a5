/** The shape behind a layer, as the server infers it, so that a menu knows what fits without asking. Pure. */

import type { LayerConfig, Variant } from '../protocol/messages';

/** (features), or (channels, height, width). */
export type Shape = readonly number[];

/** What kinds of layers say about images. */
export type Kinds = readonly Pick<Variant, 'id' | 'takes_image' | 'gives_image'>[];

/** The shape behind each layer, up to the first that does not fit. */
export function shapesBehind(layers: readonly LayerConfig[], input: Shape, kinds: Kinds): Shape[] {
  const entering: Shape[] = [];
  const found: Shape[] = [];
  let shape = input;
  for (const [index, layer] of layers.entries()) {
    entering.push(shape);
    const next = shapeBehind(layer, shape, kinds);
    if (!next) break;
    const skip = number(layer['skip']);
    const added = skip > 0 ? entering[index + 1 - skip] : next;
    if (String(added) !== String(next)) break;
    found.push(next);
    shape = next;
  }
  return found;
}

/** The first layer that does not fit; -1 where all do. */
export function firstMisfit(layers: readonly LayerConfig[], input: Shape, kinds: Kinds): number {
  const fitting = shapesBehind(layers, input, kinds).length;
  return fitting < layers.length ? fitting : -1;
}

function shapeBehind(layer: LayerConfig, input: Shape, kinds: Kinds): Shape | null {
  const kind = kinds.find((candidate) => candidate.id === layer.kind);
  if (!kind || (kind.takes_image && input.length !== 3)) return null;
  const channels = number(layer['units'] ?? layer['filters'], input[0]);
  if (!kind.gives_image) return [channels];
  const window = number(layer['kernel'] ?? layer['size']);
  const { padding } = layer;
  const added = padding === 'same' ? window - 1 : 2 * number(padding);
  if (number(padding) >= window) return null;
  const sides = input.slice(1).map((side) => Math.floor((side + added - window) / number(layer['stride'], 1)) + 1);
  return sides.some((side) => side < 1) ? null : [channels, ...sides];
}

function number(value: unknown, fallback = 0): number {
  return typeof value === 'number' ? value : fallback;
}

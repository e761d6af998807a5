/** What layers, units and values are called, for hints, editors and screen readers. */
import { say, t, type TextKey } from '../../i18n/i18n.svelte';
import type { Hit } from '../../draw/geometry';
import { layerShapes, type LayerShape } from '../../model/layout';
import type { RunStore } from '../../state/run.svelte';
import type { FamilyId } from '../../protocol/messages';

/** The catalogue's name of a variant. */
export function variantLabel(run: RunStore, family: FamilyId, id: string): string {
  const variant = run.catalog?.families[family].find((one) => one.id === id);
  return variant ? say(variant.label) : id;
}

/** "Inputs", "Layer 2", "Output". */
export function columnName(column: number, hidden: number): string {
  if (column === 0) return t('network.inputs');
  return column > hidden ? t('network.output') : t('network.layer', { n: column });
}

/** "x₁", "pixel 3, 5", "Layer 2 · unit 4", or an output's class. */
export function unitName(run: RunStore, column: number, unit: number): string {
  const { data, config } = run;
  const hidden = config?.network.layers.length ?? 0;
  if (column === 0) {
    if (data?.kind === 'images' && data.width > 0) {
      return t('network.pixel', { row: Math.floor(unit / data.width) + 1, column: (unit % data.width) + 1 });
    }
    const name = data?.inputNames[unit];
    if (name) return name;
    const feature = config?.data.features[unit];
    return feature ? variantLabel(run, 'features', feature) : String(unit + 1);
  }
  if (column > hidden) {
    const name = data?.classNames[unit];
    if (data?.task === 'multilabel') return t('network.output_label', { name: name ?? String(unit) });
    if (data?.target && data.task !== 'multiclass') return data.target.name;
    if (data?.task === 'multiclass') return t('network.output_class', { name: name ?? String(unit) });
    return t('network.output');
  }
  return t('network.unit_of', { layer: column, unit: unit + 1 });
}

/** "x₁ → Layer 1 · unit 3" for a link, the place in a kernel for one of its numbers, the unit's name for the rest. */
export function hitName(run: RunStore, hit: Hit): string {
  return 'from' in hit ? weightName(run, hit.column, hit.unit, hit.from) : unitName(run, hit.column, hit.unit);
}

/** A weight by what it leads from and to; of a convolution, by its place in a kernel of a filter. */
export function weightName(run: RunStore, column: number, unit: number, from: number): string {
  const target = unitName(run, column, unit);
  const layer = run.layout && layerShapes(run.layout)[column - 1];
  if (!layer) return target;
  if (layer.kind === 'conv') return t('explain.number_of', { what: placeOf(layer.kernel, from), unit: target });
  return `${inputName(run, layer, from)} → ${target}`;
}

/** "kernel 1, row 2, column 3" */
function placeOf(kernel: number, from: number): string {
  const [map, place] = [Math.floor(from / kernel ** 2), from % kernel ** 2];
  return t('explain.kernel_place', {
    map: map + 1,
    row: Math.floor(place / kernel) + 1,
    column: (place % kernel) + 1,
  });
}

/** What one of a layer's weights weighs: the inputs' name, or a pixel of a map before it. */
export function inputName(run: RunStore, layer: LayerShape, from: number): string {
  if (layer.kind === 'conv') return placeOf(layer.kernel, from);
  const [, high = 1, wide = 1] = layer.inputShape;
  if (layer.index === 1 || high * wide === 1) return unitName(run, layer.index - 1, from);
  const pixel = from % (high * wide);
  const at = { row: Math.floor(pixel / wide) + 1, column: (pixel % wide) + 1 };
  const map = unitName(run, layer.index - 1, Math.floor(from / (high * wide)));
  return t('explain.number_of', { what: t('network.pixel', at), unit: map });
}

const roles: Record<string, TextKey> = {
  bias: 'network.bias',
  gamma: 'network.gamma',
  beta: 'network.beta',
  gain: 'network.gain',
  slope: 'network.slope',
};

/** One number of a unit that training changes. */
export interface UnitNumber {
  readonly label: string;
  readonly tensor: string;
  /** Within the tensor. */
  readonly index: number;
  /** Of the tensor, in the flat parameters. */
  readonly offset: number;
}

/** All numbers of a unit but its weights, a bias or what absorbs it first; "bias 2" is that of its second piece. */
export function unitNumbers(
  { shift, gamma, beta, gain, learned, channels, pieces }: LayerShape,
  unit: number,
): UnitNumber[] {
  const tensors = [shift, gamma, beta === shift ? null : beta, gain, learned];
  return tensors.flatMap((tensor) => {
    if (!tensor) return [];
    const { name, role, size, offset } = tensor;
    const label = t(roles[role] ?? 'network.parameter');
    const own = size === channels * pieces ? pieces : 1;
    return Array.from({ length: own }, (_, piece) => ({
      label: own > 1 ? pieceName(label, piece) : label,
      tensor: name,
      index: size === 1 ? 0 : piece * channels + unit,
      offset,
    }));
  });
}

/** The weights of a link: one, or one for each piece of the unit where it arrives. */
export function linkNumbers(layer: LayerShape, unit: number, from: number, label: string): UnitNumber[] {
  const { weight, channels, pieces, fanIn } = layer;
  if (!weight) return [];
  return Array.from({ length: pieces }, (_, piece) => ({
    label: pieces > 1 ? pieceName(label, piece) : label,
    tensor: weight.name,
    index: (piece * channels + unit) * fanIn + from,
    offset: weight.offset,
  }));
}

/** "bias 2": of the second of several weighted sums. */
function pieceName(label: string, piece: number): string {
  return t('network.piece', { name: label, n: piece + 1 });
}

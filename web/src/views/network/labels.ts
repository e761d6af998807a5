/** What layers, units and values are called, for hints, editors and screen readers. */
import { say, t, type TextKey } from '../../i18n/i18n.svelte';
import type { Hit } from '../../draw/geometry';
import type { LayerShape } from '../../model/layout';
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

/** "x₁ → Layer 1 · unit 3" for a link, the unit's name for the rest. */
export function hitName(run: RunStore, hit: Hit): string {
  const target = unitName(run, hit.column, hit.unit);
  return hit.kind === 'link' ? `${unitName(run, hit.column - 1, hit.from)} → ${target}` : target;
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

/** What layers, units and values are called, for hints, editors and screen readers. */
import { say, t } from '../../i18n/i18n.svelte';
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

/** What is added to a unit: a bias, or the β of its normalization. */
export function shiftName(layer: LayerShape): string {
  return layer.shift?.role === 'bias' ? t('network.bias') : t('network.beta');
}

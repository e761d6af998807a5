/** What a walk through a step puts on the drawing: numbers for neurons and links, and the sample's own maps. */
import type { Geometry } from '../../draw/geometry';
import { largestMagnitude } from '../../draw/heatmap';
import type { ColumnNumbers, LinkNumber, NetworkNumbers } from '../../draw/numbers';
import { isImage } from '../../model/layout';
import type { Rehearsed } from '../../model/explained/rehearsed';
import { shownOn, type ExplainedStage } from '../../model/explained/stages';
import type { Explain } from '../../state/explain.svelte';

/** Links that are all drawn with their numbers; of more, those of the unit that the formula is for. */
const FEW = 14;

/** What of its weights' numbers a stage is about. */
const ON_LINKS: Partial<Record<ExplainedStage['kind'], string>> = {
  gradient: 'gradient',
  bound: 'passed',
  update: 'update',
  renewed: 'after',
  averaged: 'averaged.after',
};

/** Null while there is nothing to show. */
export function explainNumbers(explain: Explain, geometry: Geometry): NetworkNumbers | null {
  const { step, stage, stages } = explain;
  if (!explain.open || !step || !stage || geometry.columns.length !== step.last + 1) return null;
  const at = stages.indexOf(stage);
  const links = linksOf(explain, step, stage);
  return {
    columns: geometry.columns.map(({ index, shown, maps }) =>
      maps ? null : columnNumbers(step, stages, at, index, shown),
    ),
    links,
    linkScale: largestMagnitude(Float32Array.from(links, ({ value }) => value)),
    precise: ['gradient', 'bound', 'update'].includes(stage.kind),
    active: activeColumns(step, stage),
    focus: focusOf(explain, step, stage),
    backward: stage.direction !== 'forward',
  };
}

/** Which columns a walk through a step looks at; null where it looks at none. */
export function columnsOf(explain: Explain): number[] | null {
  const { step, stage, weight } = explain;
  if (!explain.open || !step || !stage) return null;
  // What becomes of all weights is told of one.
  const told = stage.direction === 'update' ? explain.weightOf(stage) : explain.chain ? weight : null;
  const layer = told?.tensor.layer;
  return layer ? [layer - 1, layer] : activeColumns(step, stage);
}

function activeColumns({ last }: Rehearsed, { kind, layer, direction }: ExplainedStage): number[] {
  if (direction === 'update') return Array.from({ length: last + 1 }, (_, index) => index);
  if (['sum', 'pool', 'gradient', 'pass_on'].includes(kind)) return [layer - 1, layer];
  return [layer];
}

function columnNumbers(
  step: Rehearsed,
  stages: readonly ExplainedStage[],
  at: number,
  column: number,
  shown: number,
): ColumnNumbers | null {
  if (column === 0) {
    if (isImage({ shape: step.layer(1).inputShape })) return null;
    const values = Float32Array.from({ length: shown }, (_, unit) => step.entering(1, unit));
    return { values, scale: Math.max(1, largestMagnitude(values)), precise: false };
  }
  const part = shownOn(stages, at, column);
  if (!part) return null;
  const values = Float32Array.from({ length: shown }, (_, unit) => step.value(column, part, unit));
  const backward = part.startsWith('d_');
  const largest = largestMagnitude(values);
  return { values, scale: backward ? largest : Math.max(1, largest), precise: backward };
}

function focusOf(explain: Explain, step: Rehearsed, stage: ExplainedStage): NetworkNumbers['focus'] {
  if (explain.chain && explain.weight)
    return { column: explain.weight.tensor.layer ?? 0, unit: Math.max(0, explain.unit) };
  if (stage.direction === 'update') return null;
  const column = stage.kind === 'pass_on' ? stage.layer - 1 : stage.layer;
  return { column, unit: unitWithin(explain.unit, step, column) };
}

/** The unit at hand, of a layer that may have fewer; while none was picked, the middle of the first map. */
export function unitWithin(unit: number, step: Rehearsed, column: number): number {
  const shape = column === 0 ? step.layer(1).inputShape : step.layer(column).shape;
  if (unit < 0) return isImage({ shape }) ? (shape[1]! >> 1) * shape[2]! + (shape[2]! >> 1) : 0;
  return Math.min(unit, (column === 0 ? step.layer(1).inputs : step.layer(column).units) - 1);
}

function linksOf(explain: Explain, step: Rehearsed, stage: ExplainedStage): LinkNumber[] {
  const what = ON_LINKS[stage.kind];
  if (explain.chain && explain.weight) return chained(explain, step);
  if (stage.direction === 'update') {
    const all = step.layers.flatMap((_, index) => layerLinks(step, index + 1, what!, null, null));
    return all.length <= FEW ? all : [];
  }
  if (!['sum', 'gradient', 'pass_on'].includes(stage.kind)) return [];
  const plan = step.layer(stage.layer);
  if (plan.kind !== 'dense') return [];
  const all = plan.units * plan.fanIn <= FEW;
  const unit = all ? null : unitWithin(explain.unit, step, stage.kind === 'pass_on' ? stage.layer - 1 : stage.layer);
  return stage.kind === 'pass_on'
    ? layerLinks(step, stage.layer, '', null, unit)
    : layerLinks(step, stage.layer, what ?? '', unit, null);
}

/** The weight whose chain is shown, and where what it moves goes on. */
function chained(explain: Explain, step: Rehearsed): LinkNumber[] {
  const { tensor, index } = explain.weight!;
  const layer = tensor.layer ?? 0;
  const plan = step.layer(layer);
  if (plan.kind !== 'dense') return [];
  const unit = Math.max(0, explain.unit) % plan.units;
  const own: LinkNumber[] =
    tensor.role === 'weight' && !flattens(step, layer)
      ? [{ column: layer, unit, from: index % plan.fanIn, value: step.parameter(tensor.name, 'before', index) }]
      : [];
  const next = layer < step.last && step.layer(layer + 1).kind === 'dense';
  return next ? [...own, ...layerLinks(step, layer + 1, '', null, unit)] : own;
}

/** A layer's links: of one unit, from one input, or all. */
function layerLinks(
  step: Rehearsed,
  layer: number,
  what: string,
  unit: number | null,
  from: number | null,
): LinkNumber[] {
  const plan = step.layer(layer);
  // From maps, or from a picture, a bundle goes in: there is no link for each number.
  if (plan.kind !== 'dense' || !plan.weight || flattens(step, layer)) return [];
  const list: LinkNumber[] = [];
  for (let to = unit ?? 0; to <= (unit ?? plan.units - 1); to++) {
    for (let input = from ?? 0; input <= (from ?? plan.fanIn - 1); input++) {
      const index = to * plan.fanIn + input;
      const value = what ? step.parameter(plan.weight.name, what, index) : step.weight(layer, index);
      list.push({ column: layer, unit: to, from: input, value });
    }
  }
  return list;
}

/** What the feature maps show of the sample: the last that each layer has made; null while none is explained. */
export function explainMaps(explain: Explain): Float32Array[] | null {
  const { step, stage, stages } = explain;
  if (!explain.open || !step || !stage) return null;
  const at = stages.indexOf(stage);
  return step.layers.map((plan, index) => {
    const part = shownOn(stages, at, index + 1);
    if (!part) return new Float32Array(plan.units);
    return Float32Array.from({ length: plan.units }, (_, unit) => step.value(index + 1, part, unit));
  });
}

/** Whether what enters a layer is an image. */
function flattens(step: Rehearsed, layer: number): boolean {
  return isImage({ shape: layer > 1 ? step.layer(layer - 1).shape : step.layer(1).inputShape });
}

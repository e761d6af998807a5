/** The stages of one step of any network, in the order in which they happen. Pure. */
import type { Rehearsed } from './rehearsed';

export type StageKind =
  | 'inputs'
  | 'sum'
  | 'pool'
  | 'normalize'
  | 'activate'
  | 'normalize_after'
  | 'drop'
  | 'loss'
  | 'error'
  | 'back_drop'
  | 'back_normalize_after'
  | 'back_activate'
  | 'back_normalize'
  | 'gradient'
  | 'pass_on'
  | 'bound'
  | 'update'
  | 'renewed'
  | 'averaged';

export type Direction = 'forward' | 'turn' | 'backward' | 'update';

export interface ExplainedStage {
  readonly kind: StageKind;
  /** 0 the inputs, 1 … the layers; of the stages of the optimizer, the last layer. */
  readonly layer: number;
  readonly direction: Direction;
  /** The array of the layer that the stage makes, of the layer before it where it passes back; empty where it makes none. */
  readonly makes: string;
}

const TURN: readonly StageKind[] = ['loss', 'error'];
const UPDATE: readonly StageKind[] = ['bound', 'update', 'renewed', 'averaged'];

/** A stage by its kind and layer. */
export function stageOf(kind: StageKind, layer: number, makes = ''): ExplainedStage {
  let direction: Direction = 'forward';
  if (TURN.includes(kind)) direction = 'turn';
  else if (UPDATE.includes(kind)) direction = 'update';
  else if (kind === 'gradient' || kind === 'pass_on' || kind.startsWith('back_')) direction = 'backward';
  return { kind, layer, direction, makes };
}

/** From the inputs to the new weights, and their mean where one is kept. */
export function stagesOf(step: Rehearsed): ExplainedStage[] {
  const { last } = step;
  const list = [stageOf('inputs', 0)];
  for (let layer = 1; layer <= last; layer++) list.push(...forward(step, layer));
  list.push(stageOf('loss', last), stageOf('error', last, 'd_out'));
  for (let layer = last; layer >= 1; layer--) list.push(...backward(step, layer));
  if (boundsGradient(step)) list.push(stageOf('bound', last));
  list.push(stageOf('update', last), stageOf('renewed', last));
  if (step.averaging) list.push(stageOf('averaged', last));
  return list;
}

/** The stage that makes what enters a layer. */
export function enteringFrom(step: Rehearsed, layer: number): ExplainedStage {
  return layer > 1 ? forward(step, layer - 1).at(-1)! : stageOf('inputs', 0);
}

function forward(step: Rehearsed, layer: number): ExplainedStage[] {
  const plan = step.layer(layer);
  if (!plan.weight) return [stageOf('pool', layer, step.outputPart(layer))];
  const list = [stageOf('sum', layer, 'z')];
  if (plan.normalized === 'before') list.push(stageOf('normalize', layer, 'normalized'));
  if (layer < step.last || plan.activation) list.push(stageOf('activate', layer, 'a'));
  if (plan.normalized === 'after') list.push(stageOf('normalize_after', layer, 'normalized'));
  if (step.has(layer, 'dropped')) list.push(stageOf('drop', layer, 'dropped'));
  return list;
}

/** From the gradient in what leaves a hidden layer to that in its sums. */
export function backThrough(step: Rehearsed, layer: number): ExplainedStage[] {
  const plan = step.layer(layer);
  if (!plan.weight) return [];
  const list: ExplainedStage[] = [];
  if (step.has(layer, 'dropped')) list.push(stageOf('back_drop', layer, 'd_out'));
  if (plan.normalized === 'after') list.push(stageOf('back_normalize_after', layer, 'd_a'));
  list.push(stageOf('back_activate', layer, 'd_y'));
  if (plan.normalized === 'before') list.push(stageOf('back_normalize', layer, 'd_z'));
  return list;
}

function backward(step: Rehearsed, layer: number): ExplainedStage[] {
  const plan = step.layer(layer);
  const list = layer < step.last ? backThrough(step, layer) : [];
  if (plan.weight) list.push(stageOf('gradient', layer));
  if (layer > 1) list.push(stageOf('pass_on', layer, step.arriving(layer - 1)));
  return list;
}

/** Whether what the optimizer gets is not what the loss has given: clipped, with penalties, from uphill, weights decayed. */
export function boundsGradient(step: Rehearsed): boolean {
  const decays = step.config.training.regularizers.some(
    ({ id }) => step.catalog.families.regularizers.find((variant) => variant.id === id)?.decoupled,
  );
  return (
    decays ||
    step.layers.some((layer) =>
      [layer.weight, layer.shift, layer.gamma, layer.beta, layer.gain, layer.learned].some((tensor) => {
        if (!tensor) return false;
        const [gradient, passed] = [step.array(`${tensor.name}.gradient`), step.array(`${tensor.name}.passed`)];
        return passed.length > 0 && gradient.some((value, i) => !Object.is(value, passed[i]));
      }),
    )
  );
}

/** Which of a layer's arrays has been made last when a stage is over: what stands on its neurons; null for none yet. */
export function shownOn(stages: readonly ExplainedStage[], at: number, layer: number): string | null {
  for (let place = at; place >= 0; place--) {
    const { kind, layer: own, makes } = stages[place]!;
    // What a layer passes back arrives at the layer before it.
    if (makes && (kind === 'pass_on' ? own - 1 : own) === layer) return makes;
  }
  return null;
}

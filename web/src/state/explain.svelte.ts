/** The walk through the step that a run takes next: which sample, which stage, which unit or weight, and its numbers. */
import type { Hit } from '../draw/geometry';
import { Network } from '../model/forward';
import { Rehearsed } from '../model/explained/rehearsed';
import { weightAt, type WeightPlace } from '../model/explained/terms';
import { stagesOf, type ExplainedStage, type StageKind } from '../model/explained/stages';
import * as api from '../protocol/api';
import type { Frame, Tensor, Text } from '../protocol/messages';
import type { DerivativeCheck, Rehearsal } from '../protocol/rehearsal';
import { invalidate } from './loop';
import type { RunStore } from './run.svelte';

/** What became of the step that was shown: numbers that agree with it to the bit, of all. */
export interface Taken {
  readonly step: number;
  readonly agree: number;
  readonly of: number;
}

/** Milliseconds after which a wait is told; and for which a request is held back while more changes may come. */
const SLOW = 1000;
const SETTLE = 60;

export class Explain {
  open = $state(false);
  /** Which sample of the batch; null: the whole batch. */
  sample = $state<number | null>(0);
  /** Place among `stages`. */
  at = $state(0);
  /** Which unit of the stage's layer its formula is for, -1 for none picked; brought within the layer where it is read. */
  unit = $state(-1);
  /** The weight whose gradient and update are shown; null: the focused unit's first. */
  weight = $state.raw<WeightPlace | null>(null);
  /** Whether the weight's chain of derivatives is shown instead of the stage. */
  chain = $state(false);
  step = $state.raw<Rehearsed | null>(null);
  /** A request has been on its way for a while. */
  slow = $state(false);
  /** Why there are no numbers, or none of all samples together; `text` null: the server cannot be reached. */
  failure = $state.raw<{ text: Text | null; retry: boolean } | null>(null);
  taken = $state.raw<Taken | null>(null);
  check = $state.raw<DerivativeCheck | null>(null);
  checkFailure = $state.raw<{ text: Text | null } | null>(null);
  checking = $state(false);

  readonly stages = $derived<ExplainedStage[]>(this.step ? stagesOf(this.step) : []);
  readonly stage = $derived<ExplainedStage | null>(this.stages[Math.min(this.at, this.stages.length - 1)] ?? null);

  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private slowTimer: ReturnType<typeof setTimeout> | undefined;
  private seen: Frame | null = null;
  /** The step has been sent for, and its frame has not come yet. */
  private awaiting = false;

  constructor(readonly run: RunStore) {}

  /** Opens the walk at its beginning; what trains is paused first. */
  show(): void {
    if (this.run.state === 'running' && this.run.canSteer) this.run.pause();
    this.open = true;
    this.sample = this.at = 0;
    this.taken = null;
    this.chain = false;
    this.weight = null;
    invalidate();
  }

  hide(): void {
    this.open = false;
    this.forget();
    invalidate();
  }

  toggle(): void {
    if (this.open) this.hide();
    else if (this.run.ready) this.show();
  }

  /** What is shown does not hold any more. */
  forget(): void {
    this.asked++;
    clearTimeout(this.timer);
    clearTimeout(this.slowTimer);
    this.slow = this.awaiting = false;
    this.step = null;
    this.taken = null;
    this.check = this.checkFailure = null;
    this.seen = null;
  }

  /** Asks for the numbers of the next step, soon. */
  refresh(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), SETTLE);
  }

  /** `instead`: why these are not the numbers that were asked for. */
  private async load(instead: Text | null = null): Promise<void> {
    const { run } = this;
    const { layout, config, catalog, id } = run;
    if (!this.open || run.state !== 'paused' || !layout || !config || !catalog || !id) return;
    const own = ++this.asked;
    this.failure = instead && { text: instead, retry: false };
    clearTimeout(this.slowTimer);
    this.slowTimer = setTimeout(() => (this.slow = own === this.asked), SLOW);
    try {
      const rehearsal = await api.rehearse(id, this.sample);
      // Another run, or another architecture, may have come in the meantime.
      if (own !== this.asked || run.layout !== layout) return;
      this.take(new Rehearsed(rehearsal, new Network(layout, config.network.layers).layers, config, catalog));
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      if (own !== this.asked) return;
      if (problem.field === 'sample' && this.sample !== 0) this.followFirst(problem.text);
      else this.failure = { text: problem.text, retry: true };
    } finally {
      if (own === this.asked) {
        clearTimeout(this.slowTimer);
        this.slow = false;
      }
    }
  }

  /** The batch may have become smaller, and the network too large for all samples of a batch: of these it has to be told. */
  private followFirst(refusal: Text | null): void {
    const instead = this.sample === null ? refusal : null;
    this.sample = 0;
    void this.load(instead);
  }

  private take(step: Rehearsed): void {
    this.step = step;
    this.weight = this.again(this.weight);
    this.chain &&= this.weight !== null;
    this.taken = null;
    this.check = this.checkFailure = null;
    this.at = Math.min(this.at, stagesOf(step).length - 1);
    // The run may have gone on while the answer was on its way.
    if (this.seen && this.seen.generation === step.rehearsal.generation && this.seen.step > step.rehearsal.step) {
      this.refresh();
    }
    invalidate();
  }

  /** The same number in the network as it is now; null where there is none any more. */
  private again(place: WeightPlace | null): WeightPlace | null {
    const tensor = this.run.layout?.tensors.find(({ name }) => name === place?.tensor.name);
    return place && tensor && place.index < tensor.size ? { tensor, index: place.index } : null;
  }

  /** A frame has come. While the run stands, it tells that a number was changed, or that the step was taken. */
  notice(frame: Frame | null): void {
    if (!frame || frame === this.seen || !this.open || frame.state !== 'paused') return;
    this.seen = frame;
    const rehearsal = this.step?.rehearsal;
    if (!rehearsal) return;
    if (frame.generation === rehearsal.generation && frame.step === rehearsal.step + 1 && this.awaiting) {
      this.awaiting = false;
      this.taken = this.compare(rehearsal, frame, 'after');
    } else if (this.taken && frame.step === this.taken.step && frame.generation === rehearsal.generation) {
      return;
    } else if (frame.generation !== rehearsal.generation || frame.step !== rehearsal.step || this.changed(frame)) {
      this.refresh();
    }
  }

  private changed(frame: Frame): boolean {
    const { agree, of } = this.compare(this.step!.rehearsal, frame, 'before');
    return agree < of;
  }

  /** How many numbers of a frame, weights and their means, are those of the rehearsal, to the bit. */
  private compare(rehearsal: Rehearsal, frame: Frame, when: 'before' | 'after'): Taken {
    let agree = 0;
    let of = 0;
    for (const tensor of this.run.layout?.tensors ?? []) {
      const pairs = [
        [`${tensor.name}.${when}`, frame.params],
        [`${tensor.name}.averaged.${when}`, frame.averaged],
      ] as const;
      for (const [name, own] of pairs) {
        if (!own) continue;
        const values = rehearsal.arrays.get(name)?.data;
        for (let i = 0; i < tensor.size; i++) {
          of++;
          if (values && Object.is(values[i], own[tensor.offset + i])) agree++;
        }
      }
    }
    return { step: frame.step, agree, of };
  }

  /** Makes the run take the step that is shown. */
  takeStep(): void {
    if (!this.step || this.taken || !this.run.canSteer) return;
    this.awaiting = true;
    this.at = this.stages.findIndex(({ kind }) => kind === 'renewed');
    this.chain = false;
    this.run.advance('step');
  }

  /** On to the step after the one that was taken. */
  nextStep(): void {
    this.taken = null;
    this.at = 0;
    this.chain = false;
    this.refresh();
  }

  go(at: number): void {
    this.at = Math.max(0, Math.min(this.stages.length - 1, at));
    this.chain = false;
    invalidate();
  }

  /** To the stage of a kind and a layer, with a unit of it. */
  goTo(kind: StageKind, layer: number, unit: number): void {
    let place = this.stages.findIndex((stage) => stage.kind === kind && stage.layer === layer);
    // A layer without an activation has its sums for what leaves it; the inputs come before all.
    if (place < 0) place = this.stages.findLastIndex((stage) => stage.layer === layer && stage.direction === 'forward');
    this.unit = unit;
    this.go(Math.max(0, place));
  }

  choose(sample: number | null): void {
    const count = this.step?.rehearsal.count ?? 1;
    this.sample = sample === null ? null : ((sample % count) + count) % count;
    this.refresh();
  }

  /** What was pressed in the drawing. False: it has no part in the walk. */
  pick(hit: Hit): boolean {
    const { step } = this;
    if (!step || hit.column === 0) return false;
    const plan = step.layer(hit.column);
    if (hit.kind === 'pixel') this.pickPixel(hit.column, (hit.unit * plan.shape[1]! + hit.y) * plan.shape[2]! + hit.x);
    else if ('from' in hit && plan.weight) this.pickWeight(plan.weight, hit.unit * plan.fanIn + hit.from);
    else if (hit.kind === 'bias' && plan.shift) this.pickWeight(plan.shift, hit.unit);
    else this.pickUnit(hit.column, hit.unit * plan.pixels);
    return true;
  }

  /**
   * A pixel of a feature map: its formula, or, while the weights of a dense layer behind it are looked at, the weight from
   * there to the unit at hand, for which there is no link to be pressed.
   */
  private pickPixel(column: number, unit: number): void {
    const { stage, step, weight } = this;
    const told = this.chain ? weight?.tensor.layer : stage?.kind === 'gradient' ? stage.layer : null;
    const plan = told === column + 1 ? step!.layer(told) : null;
    if (plan?.kind !== 'dense' || !plan.weight) return this.pickUnit(column, unit);
    const own = Math.min(Math.max(0, this.unit), plan.units - 1);
    this.pickWeight(plan.weight, own * plan.fanIn + unit);
  }

  /** A neuron of the drawing: its formula at this stage, or at the first of its layer. */
  pickUnit(layer: number, unit: number): void {
    const stage = this.stage;
    if (!stage) return;
    this.unit = unit;
    this.weight = this.firstWeight(layer);
    this.check = this.checkFailure = null;
    this.chain = false;
    const own = stage.kind === 'pass_on' ? stage.layer - 1 : stage.layer;
    if (own !== layer && stage.direction !== 'update') {
      const backward = stage.direction === 'backward';
      const place = this.stages.findIndex(
        (other) => other.layer === layer && (backward ? other.direction === 'backward' : other.direction === 'forward'),
      );
      if (place >= 0) this.at = place;
    }
    invalidate();
  }

  /** A weight or a bias of the drawing: its chain of derivatives. */
  pickWeight(tensor: Tensor, index: number): void {
    this.lookAt(tensor, index);
    this.chain = true;
  }

  /** Another weight, whose derivative has not been checked. */
  lookAt(tensor: Tensor, index: number): void {
    this.weight = { tensor, index };
    const { layer, unit } = weightAt(this.step!, this.weight);
    const { channels, pixels } = this.step!.layer(layer);
    this.unit = (unit % channels) * pixels;
    this.check = this.checkFailure = null;
    invalidate();
  }

  /**
   * The weight that a stage is told of: the one that was picked, where it is of the stage's layer or the optimizer has its
   * turn, or the first one of the unit at hand.
   */
  weightOf({ layer, direction }: ExplainedStage): WeightPlace | null {
    const { weight } = this;
    return weight && (direction === 'update' || weight.tensor.layer === layer) ? weight : this.firstWeight(layer);
  }

  private firstWeight(layer: number): WeightPlace | null {
    const plan = this.step?.layer(layer);
    if (!plan?.weight) return null;
    const sums = plan.pieces * plan.channels;
    const own = Math.min(Math.max(0, Math.floor(this.unit / plan.pixels)), sums - 1);
    return { tensor: plan.weight, index: own * plan.fanIn };
  }

  /** Checks the picked weight's derivative against a difference of the loss. */
  async verify(): Promise<void> {
    const { weight, step, run } = this;
    if (!weight || !step || !run.id || this.checking) return;
    this.checking = true;
    this.check = this.checkFailure = null;
    try {
      const check = await api.checkDerivative(run.id, weight.tensor.name, weight.index);
      if (this.weight === weight && this.step === step) this.check = check;
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      if (this.weight === weight && this.step === step) this.checkFailure = { text: problem.text };
    } finally {
      this.checking = false;
    }
  }
}

const walks = new WeakMap<RunStore, Explain>();

/** The walk of a run: one for all cards. */
export function explainOf(run: RunStore): Explain {
  let walk = walks.get(run);
  if (!walk) walks.set(run, (walk = new Explain(run)));
  return walk;
}

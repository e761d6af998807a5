/**
 * The numbers of the step that a run takes next, as the server has rehearsed it, by name: "layer2.z" is what layer 2 sums
 * up, "layer2.weight.gradient" the gradient of its weights. Of one sample of the batch, or of all of them. Pure.
 */
import type { Catalog, Choice, RunConfig, Variant } from '../../protocol/messages';
import type { Block, Rehearsal } from '../../protocol/rehearsal';
import type { LayerPlan } from '../plan';

/** What of a layer is a gradient, and so adds up over the samples of the batch where other numbers have a mean. */
const GRADIENTS = /\.d_\w+$/;

/** One sample's part of an array, which is taken out when it is first asked for: most arrays of a step never are. */
function ofSample({ shape, data }: Block, sample: number, samples: number): Block {
  let own: Float32Array | null = null;
  return {
    shape: shape.slice(0, -1),
    get data() {
      if (own) return own;
      own = new Float32Array(data.length / samples);
      for (let at = 0; at < own.length; at++) own[at] = data[at * samples + sample]!;
      return own;
    },
  };
}

export class Rehearsed {
  readonly last: number;
  private readonly ofSamples: Rehearsed[] = [];

  constructor(
    readonly rehearsal: Rehearsal,
    readonly layers: readonly LayerPlan[],
    readonly config: RunConfig,
    readonly catalog: Catalog,
  ) {
    this.last = layers.length;
  }

  /** Whether all samples are looked at, and not one. */
  get batch(): boolean {
    return this.rehearsal.sample === null;
  }

  /** Samples whose own numbers are there: one, or those of the batch (the first ones of a large batch). */
  get samples(): number {
    return this.rehearsal.shown;
  }

  /** The same step of one of the samples whose own numbers are there. */
  ofSample(sample: number): Rehearsed {
    return this.batch ? (this.ofSamples[sample] ??= this.taken(sample)) : this;
  }

  private taken(sample: number): Rehearsed {
    const { samples, rehearsal, layers, config, catalog } = this;
    const arrays = [...rehearsal.arrays].map(([name, block]): [string, Block] => [
      name,
      rehearsal.sums.has(name) ? ofSample(block, sample, samples) : block,
    ]);
    const losses = rehearsal.losses.slice(sample, sample + 1);
    return new Rehearsed({ ...rehearsal, sample, shown: 1, losses, arrays: new Map(arrays) }, layers, config, catalog);
  }

  /** Layer 1 … `last`. */
  layer(layer: number): LayerPlan {
    return this.layers[layer - 1]!;
  }

  /** The full name of a layer's array: "z" of layer 2. */
  name(layer: number, part: string): string {
    return `${this.layer(layer).name}.${part}`;
  }

  has(layer: number, part: string): boolean {
    return this.rehearsal.arrays.has(this.name(layer, part));
  }

  /** All numbers of an array; an empty one where there is none. */
  array(name: string): Float32Array {
    return this.rehearsal.arrays.get(name)?.data ?? new Float32Array(0);
  }

  /** A number of a layer's array: of the sample, or of the batch the mean (forward) or the sum (backward). */
  value(layer: number, part: string, unit: number): number {
    const name = this.name(layer, part);
    if (!this.batch) return this.array(name)[unit] ?? NaN;
    const sum = this.rehearsal.sums.get(name)?.[unit] ?? NaN;
    return GRADIENTS.test(name) ? sum : sum / this.rehearsal.count;
  }

  /** The same number of every sample whose own numbers are there. */
  each(layer: number, part: string, unit: number): number[] {
    const data = this.array(this.name(layer, part));
    const { samples } = this;
    return Array.from({ length: samples }, (_, s) => data[unit * samples + s] ?? NaN);
  }

  /** How many numbers a layer's array has for a sample. */
  size(layer: number, part: string): number {
    return this.array(this.name(layer, part)).length / this.samples;
  }

  /** A number of a tensor that is trained: before, gradient, passed, update, after. */
  parameter(tensor: string, what: string, index: number): number {
    return this.array(`${tensor}.${what}`)[index] ?? NaN;
  }

  /** The weights that the step computes with: as trained, or what is made of them. */
  weight(layer: number, index: number): number {
    const plan = this.layer(layer);
    const effective = this.rehearsal.arrays.get(`${plan.name}.effective`)?.data;
    return effective?.[index] ?? this.parameter(plan.weight!.name, 'before', index);
  }

  /** What leaves a layer in this step, dropout included, and the inputs for layer 0. */
  outputPart(layer: number): string {
    return this.has(layer, 'dropped') ? 'dropped' : this.has(layer, 'out') ? 'out' : this.has(layer, 'a') ? 'a' : 'z';
  }

  /** Where the gradient in what leaves a layer arrives. */
  arriving(layer: number): string {
    return this.has(layer, 'd_dropped') ? 'd_dropped' : 'd_out';
  }

  /** What enters the layer: a number for each of its inputs. */
  entering(layer: number, input: number): number {
    if (this.has(layer, 'input')) return this.value(layer, 'input', input);
    return layer > 1 ? this.value(layer - 1, this.outputPart(layer - 1), input) : NaN;
  }

  /** The choice that a layer's configuration makes, with its entry in the catalogue. */
  choice(layer: number, part: 'activation' | 'normalization'): { choice: Choice; variant: Variant } | null {
    const choice = this.config.network.layers[layer - 1]?.[part];
    const family = part === 'activation' ? 'activations' : 'normalizations';
    const variant = choice && this.catalog.families[family].find(({ id }) => id === choice.id);
    return variant ? { choice, variant } : null;
  }

  get loss(): Variant {
    return this.catalog.families.losses.find(({ id }) => id === this.config.training.loss.id)!;
  }

  /** The mean of the weights that is kept; null where there is none. */
  get averaging(): Variant | null {
    const { averaging } = this.rehearsal;
    return this.catalog.families.averagings.find(({ id }) => id === averaging?.id) ?? null;
  }

  get optimizer(): Variant {
    return this.catalog.families.optimizers.find(({ id }) => id === this.rehearsal.optimizer.id)!;
  }
}

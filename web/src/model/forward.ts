/**
 * The browser's forward pass, in inference mode: running statistics for batch normalization, no dropout. What a layer
 * computes shows in its stage and its tensors, so that no variant is known by name.
 *
 * Buffers are feature-major, `[unit][sample]`, so that the inner loops run over samples; the units of an image are its
 * pixels in the order [channel][y][x]. They are allocated once and reused by every pass over the same number of samples.
 * A pass can be taken in pieces (`begin`, then `advance` until it says that it is done), so that a network of any size
 * leaves the page responsive.
 */
import { activations, gates } from '../generated/formulas';
import type { Choice, Layout } from '../protocol/messages';
import { convolve, paddedSize, padInput, type Padded } from './convolution';
import { weightedSum } from './dense';
import { layerShapes } from './layout';
import { affine, normalizeWithin } from './normalize';
import { batchScale, eachLearned, scaleOf, withinOf, type LayerPlan, type Weights } from './plan';
import { pool, poolAll } from './pooling';

/** The part of a hidden layer's configuration that the forward pass needs; a pool has neither of the choices. */
export interface ForwardConfig {
  readonly kind?: string;
  readonly activation?: Choice;
  readonly normalization?: Choice;
}

/** What a pass leaves behind for the way back and for explanations; valid until the next pass. */
export interface Memory {
  /** [pieces * units][samples] of every layer: what entered its activation. */
  readonly sums: Float32Array[];
  /** What a normalization within each sample was made from, of the layers that have one. */
  readonly unnormalized: (Float32Array | null)[];
}

/** Added to the variance in a normalization without an epsilon of its own (Ioffe & Szegedy 2015, as in the kernels). */
const DEFAULT_EPSILON = 1e-5;
/** Multiply-adds between two looks at the clock: a fraction of a millisecond. */
const WORK_A_CHECK = 200_000;

/** A choice's parameters. */
export function numbers(choice: Choice | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(choice ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

export class Network {
  readonly layers: readonly LayerPlan[];
  readonly inputs: number;
  /** [units][samples] of every layer, the output's logits last; valid until the next pass. */
  readonly outputs: Float32Array[] = [];
  /** [inputs][samples] of the last pass. */
  inputValues: Float32Array = new Float32Array(0);
  /** Samples of the last pass. */
  samples = 0;
  /** Called with what enters a layer's activation, [pieces * units][samples], which is overwritten after that. */
  tap: ((layer: number, sums: Float32Array) => void) | null = null;
  /** What is kept of a pass; nothing unless `remember` was called. */
  memory: Memory | null = null;
  /** [pieces * units][samples]: the weighted sums that enter a gate. */
  private gated: Float32Array = new Float32Array(0);
  /** An image between zeros; of whatever layer is at work. */
  private scratch: Float32Array = new Float32Array(0);
  private padded: Padded | null = null;
  private weights: Weights | null = null;
  private layer = 0;
  private channel = 0;

  /** Throws when the layout names an activation that has no twin here: then server and page do not fit. */
  constructor(layout: Layout, hidden: readonly ForwardConfig[]) {
    this.layers = layerShapes(layout).map((shape, position) => {
      const config = shape.isOutput ? undefined : hidden[position];
      const choice = config?.activation;
      const twin = choice && activations[choice.id];
      const gate = choice && gates[choice.id];
      if (choice && !twin && !gate) throw new Error(`No formula for the activation ${choice.id}`);
      const { epsilon } = numbers(config?.normalization);
      return {
        ...shape,
        activation: twin?.forward ?? null,
        derivative: twin?.derivative ?? null,
        gate: gate ?? null,
        parameters: numbers(choice),
        epsilon: epsilon ?? DEFAULT_EPSILON,
      };
    });
    this.inputs = this.layers[0]!.inputs;
  }

  /** Multiply-adds a sample costs. */
  get work(): number {
    return this.layers.reduce((sum, layer) => sum + layer.operations, 0);
  }

  /** Weighted sums of all layers together: how many activations a sample costs. */
  get units(): number {
    return this.layers.reduce((sum, layer) => sum + layer.units * layer.pieces, 0);
  }

  /** Keeps what the way back needs, from the next pass on. */
  remember(): void {
    this.memory = { sums: [], unnormalized: [] };
    this.samples = 0;
  }

  /** What enters a layer: the inputs, or what leaves the one before it. */
  sourceOf(layer: number): Float32Array {
    return layer <= 0 ? this.inputValues : this.outputs[layer - 1]!;
  }

  /** One whole pass over `inputs` ([inputs][samples]); returns `outputs`. */
  forward(inputs: Float32Array, samples: number, weights: Weights): readonly Float32Array[] {
    this.begin(inputs, samples, weights);
    this.advance(Infinity);
    return this.outputs;
  }

  /** Starts a pass over `inputs` ([inputs][samples]) with `weights`, which must not change until it is done. */
  begin(inputs: Float32Array, samples: number, weights: Weights): void {
    if (samples !== this.samples || this.outputs.length === 0) this.allocate(samples);
    this.inputValues = inputs;
    this.weights = weights;
    this.layer = 0;
    this.channel = 0;
  }

  get done(): boolean {
    return this.weights === null;
  }

  /** Continues the pass for about `milliseconds`; returns true when it is complete. */
  advance(milliseconds: number): boolean {
    const weights = this.weights;
    if (!weights) return true;
    const deadline = performance.now() + milliseconds;
    while (this.layer < this.layers.length) {
      const plan = this.layers[this.layer]!;
      const output = this.outputs[this.layer]!;
      const z = plan.pieces > 1 ? this.gated.subarray(0, plan.pieces * output.length) : output;
      const parts = plan.weight ? plan.pieces * plan.channels : plan.channels;
      const work = (plan.operations * this.samples) / parts;
      const until = Math.min(parts, this.channel + Math.max(1, Math.floor(WORK_A_CHECK / work)));
      for (; this.channel < until; this.channel++) this.makeChannel(plan, this.channel, z, weights);
      if (this.channel === parts) {
        if (plan.weight) this.finish(plan, z, output, weights);
        this.layer++;
        this.channel = 0;
        this.padded = null;
      }
      if (this.layer < this.layers.length && performance.now() > deadline) return false;
    }
    this.weights = null;
    return true;
  }

  private allocate(samples: number): void {
    this.samples = samples;
    const most = (size: (layer: LayerPlan) => number) => Math.max(...this.layers.map(size));
    this.layers.forEach((layer, index) => {
      const size = layer.units * samples;
      this.outputs[index] = new Float32Array(size);
      if (!this.memory) return;
      this.memory.sums[index] = new Float32Array(layer.pieces * size);
      const within = layer.normalized !== 'no' && !layer.runningMean;
      const normalized = layer.normalized === 'before' ? layer.pieces * size : size;
      this.memory.unnormalized[index] = within ? new Float32Array(normalized) : null;
    });
    this.gated = new Float32Array(most(({ pieces, units }) => (pieces > 1 ? pieces * units : 0)) * samples);
    this.scratch = new Float32Array(most((layer) => (layer.kind === 'conv' ? paddedSize(layer, samples) : 0)));
  }

  /** One weighted sum of a layer, or one map of a pool, for all pixels and samples. */
  private makeChannel(plan: LayerPlan, channel: number, z: Float32Array, weights: Weights): void {
    const { samples } = this;
    const source = this.sourceOf(this.layer);
    if (plan.kind === 'dense') weightedSum(plan, channel, source, z, samples, weights);
    else if (plan.kind === 'pool') pool(plan, plan.pooling === 'max', channel, source, samples, z);
    else if (plan.kind === 'global_pool') poolAll(plan.inputs / plan.channels, channel, source, samples, z);
    else {
      this.padded ??= padInput(plan, source, samples, this.scratch);
      const { scale, shift } = scaleOf(plan, channel, weights);
      const count = plan.pixels * samples;
      z.fill(shift, channel * count, (channel + 1) * count);
      const row = plan.weight!.offset + channel * plan.fanIn;
      convolve(plan, this.padded, samples, weights.params, row, scale, z, channel * count);
    }
  }

  /** From a layer's weighted sums to what leaves it. */
  private finish(plan: LayerPlan, z: Float32Array, output: Float32Array, weights: Weights): void {
    const unnormalized = this.memory?.unnormalized[this.layer];
    if (plan.normalized === 'before' && !plan.runningMean) {
      unnormalized?.set(z);
      normalizeWithin(z, withinOf(plan, this.samples, weights));
    }
    if (plan.skip > 0) {
      const entered = this.sourceOf(this.layer + 1 - plan.skip);
      for (let i = 0; i < z.length; i++) z[i]! += entered[i]!;
    }
    this.memory?.sums[this.layer]!.set(z);
    this.tap?.(this.layer, z);
    activate(plan, z, output, this.samples, weights);
    if (plan.normalized !== 'after') return;
    unnormalized?.set(output);
    if (!plan.runningMean) return normalizeWithin(output, withinOf(plan, this.samples, weights));
    const count = plan.pixels * this.samples;
    for (let channel = 0; channel < plan.channels; channel++) {
      const { scale, shift } = batchScale(plan, channel, weights);
      affine(output, channel * count, count, scale, shift + weights.params[plan.beta!.offset + channel]!);
    }
  }
}

/** The activation of a layer's weighted sums: z and `output` are the same where there is one a unit. */
function activate(plan: LayerPlan, z: Float32Array, output: Float32Array, samples: number, weights: Weights): void {
  const { activation, gate, pieces, parameters } = plan;
  if (gate) gate(z, output, output.length, pieces);
  if (!activation) return;
  eachLearned(plan, samples, weights, (from, count) => {
    const values = count < output.length ? output.subarray(from, from + count) : output;
    activation(values, values, count, parameters);
  });
}

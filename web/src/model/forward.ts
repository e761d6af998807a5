/**
 * The browser's forward pass, in inference mode: running statistics for batch normalization, no dropout. What a layer
 * computes shows in its tensors, so that no variant is known by name.
 *
 * Buffers are feature-major, `[unit][sample]`, so that the inner loops run over samples. They are allocated once and
 * reused by every pass over the same number of samples. A pass can be taken in pieces (`begin`, then `advance` until it
 * says that it is done), so that a network of any size leaves the page responsive.
 */
import { activations, gates, type Activation, type Gate } from '../generated/formulas';
import type { Choice, LayerConfig, Layout } from '../protocol/messages';
import { layerShapes, type LayerShape } from './layout';
import { affine, normalizeWithin } from './normalize';

/** The run's flat buffers, as they came in a frame. */
export interface Weights {
  readonly params: Float32Array;
  readonly running: Float32Array;
}

/** The part of a hidden layer's configuration that the forward pass needs. */
export type ForwardConfig = Pick<LayerConfig, 'activation' | 'normalization'>;

interface LayerPlan extends LayerShape {
  readonly activation: Activation | null;
  /** Instead of an activation, where there are several weighted sums a unit. */
  readonly gate: Gate | null;
  /** The activation's; what it learns is put in before it is called. */
  readonly parameters: Record<string, number>;
  readonly epsilon: number;
  /** Into which a normalization within each sample parts what it normalizes. */
  readonly groups: number;
}

/** Added to the variance in a normalization without an epsilon of its own (Ioffe & Szegedy 2015, as in the kernels). */
const DEFAULT_EPSILON = 1e-5;
/** Units between two looks at the clock. */
const UNITS_A_CHECK = 8;

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
  /** [pieces * units][samples]: the weighted sums that enter a gate. */
  private gated: Float32Array = new Float32Array(0);
  /** Called with what enters a layer's activation, [pieces * units][samples], which is overwritten after that. */
  tap: ((layer: number, sums: Float32Array) => void) | null = null;
  private weights: Weights | null = null;
  private layer = 0;
  private unit = 0;

  /** Throws when the layout names an activation that has no twin here: then server and page do not fit. */
  constructor(layout: Layout, hidden: readonly ForwardConfig[]) {
    this.layers = layerShapes(layout).map((shape, position) => {
      const config = shape.isOutput ? undefined : hidden[position];
      const twin = config ? activations[config.activation.id] : undefined;
      const gate = config ? gates[config.activation.id] : undefined;
      if (config && !twin && !gate) throw new Error(`No formula for the activation ${config.activation.id}`);
      const { epsilon, groups } = numbers(config?.normalization);
      return {
        ...shape,
        activation: twin?.forward ?? null,
        gate: gate ?? null,
        parameters: numbers(config?.activation),
        epsilon: epsilon ?? DEFAULT_EPSILON,
        groups: groups ?? 1,
      };
    });
    this.inputs = this.layers[0]!.inputs;
  }

  /** Multiplications a sample costs. */
  get work(): number {
    return this.layers.reduce((sum, layer) => sum + layer.inputs * layer.units * layer.pieces, 0);
  }

  /** Weighted sums of all layers together: how many activations a sample costs. */
  get units(): number {
    return this.layers.reduce((sum, layer) => sum + layer.units * layer.pieces, 0);
  }

  /** One whole pass over `inputs` ([inputs][samples]); returns `outputs`. */
  forward(inputs: Float32Array, samples: number, weights: Weights): readonly Float32Array[] {
    this.begin(inputs, samples, weights);
    this.advance(Infinity);
    return this.outputs;
  }

  /** Starts a pass over `inputs` ([inputs][samples]) with `weights`, which must not change until it is done. */
  begin(inputs: Float32Array, samples: number, weights: Weights): void {
    if (samples !== this.samples || this.outputs.length === 0) {
      this.samples = samples;
      this.layers.forEach((layer, index) => (this.outputs[index] = new Float32Array(layer.units * samples)));
      const sums = this.layers.map(({ pieces, units }) => (pieces > 1 ? pieces * units : 0));
      this.gated = new Float32Array(Math.max(...sums) * samples);
    }
    this.inputValues = inputs;
    this.weights = weights;
    this.layer = 0;
    this.unit = 0;
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
      const source = this.layer === 0 ? this.inputValues : this.outputs[this.layer - 1]!;
      const output = this.outputs[this.layer]!;
      const sums = plan.pieces * plan.units;
      const z = plan.pieces > 1 ? this.gated.subarray(0, sums * this.samples) : output;
      const until = Math.min(sums, this.unit + UNITS_A_CHECK);
      for (; this.unit < until; this.unit++) weightedSum(plan, this.unit, source, z, this.samples, weights);
      if (this.unit === sums) {
        if (plan.normalized === 'before' && !plan.runningMean) within(plan, z, sums, this.samples, weights);
        this.tap?.(this.layer, z);
        activate(plan, z, output, this.samples, weights);
        if (plan.normalized === 'after') normalizeOutput(plan, output, this.samples, weights);
        this.layer++;
        this.unit = 0;
      }
      if (this.layer < this.layers.length && performance.now() > deadline) return false;
    }
    this.weights = null;
    return true;
  }
}

/** The activation of a layer's weighted sums: z and `output` are the same where there is one a unit. */
function activate(
  { activation, gate, learned, parameters, units, pieces }: LayerPlan,
  z: Float32Array,
  output: Float32Array,
  samples: number,
  { params }: Weights,
): void {
  if (gate) gate(z, output, output.length, pieces);
  if (!activation) return;
  // One call for all units, unless each has learned a number of its own.
  const parts = learned && learned.size > 1 ? units : 1;
  const size = (units * samples) / parts;
  for (let part = 0; part < parts; part++) {
    if (learned) parameters[learned.role] = params[learned.offset + part]!;
    const values = parts > 1 ? output.subarray(part * size, (part + 1) * size) : output;
    activation(values, values, size, parameters);
  }
}

/** Normalizes what leaves a layer. */
function normalizeOutput(layer: LayerPlan, output: Float32Array, samples: number, weights: Weights): void {
  if (!layer.runningMean) return within(layer, output, layer.units, samples, weights);
  for (let unit = 0; unit < layer.units; unit++) {
    const { scale, shift } = batchScale(layer, unit, weights);
    affine(output, unit, samples, scale, shift + weights.params[layer.beta!.offset + unit]!);
  }
}

/** Normalizes every sample over the layer's units, or over groups of them. */
function within(
  { gamma, beta, groups, epsilon }: LayerPlan,
  values: Float32Array,
  units: number,
  samples: number,
  { params }: Weights,
): void {
  const learned = (offset: number) => params.subarray(offset, offset + units);
  normalizeWithin(values, {
    units,
    groups,
    epsilon,
    samples,
    gamma: learned(gamma!.offset),
    beta: learned(beta!.offset),
  });
}

/** What running statistics and gamma make of a unit: y = scale x + shift, without the beta. */
function batchScale(layer: LayerPlan, unit: number, { params, running }: Weights): { scale: number; shift: number } {
  const deviation = Math.sqrt(running[layer.runningVariance!.offset + unit]! + layer.epsilon);
  const scale = params[layer.gamma!.offset + unit]! / deviation;
  return { scale, shift: -scale * running[layer.runningMean!.offset + unit]! };
}

/** Writes z = W a + b of one weighted sum for all samples, normalized where statistics of the batch are known. */
function weightedSum(
  layer: LayerPlan,
  unit: number,
  source: Float32Array,
  target: Float32Array,
  samples: number,
  weights: Weights,
): void {
  const { params } = weights;
  const fanIn = layer.inputs;
  const row = layer.weight.offset + unit * fanIn;
  const ownStatistics = layer.normalized === 'before' && !layer.runningMean;
  let scale = 1;
  let shift = layer.shift && !ownStatistics ? params[layer.shift.offset + unit]! : 0;
  if (layer.normalized === 'before' && layer.runningMean) {
    const batch = batchScale(layer, unit, weights);
    scale = batch.scale;
    shift += batch.shift;
  } else if (layer.gain) {
    let squares = 0;
    for (let input = row; input < row + fanIn; input++) squares += params[input]! ** 2;
    scale = squares === 0 ? 0 : params[layer.gain.offset + unit]! / Math.sqrt(squares);
  }
  const z = target.subarray(unit * samples, (unit + 1) * samples);
  z.fill(shift);
  let input = 0;
  // Four inputs at a time: a quarter of the traffic through z.
  for (; input + 4 <= fanIn; input += 4) {
    const w0 = scale * params[row + input]!;
    const w1 = scale * params[row + input + 1]!;
    const w2 = scale * params[row + input + 2]!;
    const w3 = scale * params[row + input + 3]!;
    const a0 = input * samples;
    const a1 = a0 + samples;
    const a2 = a1 + samples;
    const a3 = a2 + samples;
    for (let s = 0; s < samples; s++) {
      z[s]! += w0 * source[a0 + s]! + w1 * source[a1 + s]! + w2 * source[a2 + s]! + w3 * source[a3 + s]!;
    }
  }
  for (; input < fanIn; input++) {
    const weight = scale * params[row + input]!;
    const a = input * samples;
    for (let s = 0; s < samples; s++) z[s]! += weight * source[a + s]!;
  }
}

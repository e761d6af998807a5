/**
 * The browser's forward pass, in inference mode: running statistics for batch normalization, no dropout.
 *
 * Buffers are feature-major, `[unit][sample]`, so that the inner loops run over samples. They are allocated once and
 * reused by every pass over the same number of samples. A pass can be taken in pieces (`begin`, then `advance` until it
 * says that it is done), so that a network of any size leaves the page responsive.
 */
import { activations, type Activation, type Parameters } from '../generated/formulas';
import type { Choice, LayerConfig, Layout } from '../protocol/messages';
import { layerShapes, type LayerShape } from './layout';

/** The run's flat buffers, as they came in a frame. */
export interface Weights {
  readonly params: Float32Array;
  readonly running: Float32Array;
}

/** The part of a hidden layer's configuration that the forward pass needs. */
export type ForwardConfig = Pick<LayerConfig, 'activation' | 'normalization'>;

interface LayerPlan extends LayerShape {
  readonly activation: Activation | null;
  readonly parameters: Parameters;
  readonly epsilon: number;
}

/** Added to the variance in a normalization without an epsilon of its own (Ioffe & Szegedy 2015, as in the kernels). */
const DEFAULT_EPSILON = 1e-5;
/** Units between two looks at the clock. */
const UNITS_A_CHECK = 8;

/** A choice's parameters. */
export function numbers(choice: Choice | undefined): Parameters {
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
  /** Called with what enters a layer's activation, [units][samples], which is overwritten after that. */
  tap: ((layer: number, sums: Float32Array) => void) | null = null;
  private weights: Weights | null = null;
  private layer = 0;
  private unit = 0;

  /** Throws when the layout names an activation that has no twin here: then server and page do not fit. */
  constructor(layout: Layout, hidden: readonly ForwardConfig[]) {
    this.layers = layerShapes(layout).map((shape, position) => {
      const config = shape.isOutput ? undefined : hidden[position];
      const twin = config ? activations[config.activation.id] : undefined;
      if (config && !twin) throw new Error(`No formula for the activation ${config.activation.id}`);
      const epsilon = config?.normalization['epsilon'];
      return {
        ...shape,
        activation: twin?.forward ?? null,
        parameters: numbers(config?.activation),
        epsilon: typeof epsilon === 'number' ? epsilon : DEFAULT_EPSILON,
      };
    });
    this.inputs = this.layers[0]!.inputs;
  }

  /** Multiplications a sample costs. */
  get work(): number {
    return this.layers.reduce((sum, layer) => sum + layer.inputs * layer.units, 0);
  }

  /** Units of all layers together: how many activations a sample costs. */
  get units(): number {
    return this.layers.reduce((sum, layer) => sum + layer.units, 0);
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
      const target = this.outputs[this.layer]!;
      const until = Math.min(plan.units, this.unit + UNITS_A_CHECK);
      for (; this.unit < until; this.unit++) preActivation(plan, this.unit, source, target, this.samples, weights);
      if (this.unit === plan.units) {
        this.tap?.(this.layer, target);
        plan.activation?.(target, target, target.length, plan.parameters);
        this.layer++;
        this.unit = 0;
      }
      if (this.layer < this.layers.length && performance.now() > deadline) return false;
    }
    this.weights = null;
    return true;
  }
}

/** Writes z = W a + b of one unit, normalized where the layer is, for all samples. */
function preActivation(
  layer: LayerPlan,
  unit: number,
  source: Float32Array,
  target: Float32Array,
  samples: number,
  { params, running }: Weights,
): void {
  const fanIn = layer.inputs;
  const row = layer.weight.offset + unit * fanIn;
  let scale = 1;
  let shift = layer.shift ? params[layer.shift.offset + unit]! : 0;
  if (layer.runningMean && layer.runningVariance) {
    scale = 1 / Math.sqrt(running[layer.runningVariance.offset + unit]! + layer.epsilon);
    if (layer.gamma) scale *= params[layer.gamma.offset + unit]!;
    shift -= scale * running[layer.runningMean.offset + unit]!;
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

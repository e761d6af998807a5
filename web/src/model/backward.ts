/**
 * The way back through the network for one sample, after a forward pass that remembers: the gradient of its loss with
 * respect to what leaves every layer. Inference mode, like the forward pass: statistics of the batch are constants.
 */
import { convolveBack } from './convolution';
import type { Network } from './forward';
import { affine, normalizeWithinBack } from './normalize';
import type { Link } from './outputs';
import { batchScale, eachLearned, scaleOf, withinOf, type LayerPlan, type Weights } from './plan';
import { poolAllBack, poolBack } from './pooling';

/** A step so small that the next piece of a maximum does not come in between, and so large that float32 resolves it. */
const STEP = 2 ** -8;

export class Backward {
  /** [units] of every layer: the gradient of what leaves it. */
  readonly gradients: readonly Float32Array[];
  /** [inputs] */
  readonly inputGradient: Float32Array;
  /** [pieces * units] of the layer that is at work: the gradient of what enters its activation. */
  private readonly sums: Float32Array;
  private readonly slopes: Float32Array;

  /** Makes `network` remember; its passes must be over one sample. */
  constructor(readonly network: Network) {
    network.remember();
    this.gradients = network.layers.map(({ units }) => new Float32Array(units));
    this.inputGradient = new Float32Array(network.inputs);
    const most = Math.max(...network.layers.map(({ pieces, units }) => pieces * units));
    this.sums = new Float32Array(most);
    this.slopes = new Float32Array(most);
  }

  /** Goes back from the gradient of the outputs, [outputs], through the network's last pass and its weights. */
  run(weights: Weights, outputGradient: Float32Array): void {
    const { layers } = this.network;
    for (const gradient of this.gradients) gradient.fill(0);
    this.inputGradient.fill(0);
    this.gradients[layers.length - 1]!.set(outputGradient);
    for (let index = layers.length - 1; index >= 0; index--) this.through(index, weights);
  }

  private through(index: number, weights: Weights): void {
    const { network } = this;
    const plan = network.layers[index]!;
    const outer = this.gradients[index]!;
    const inner = this.into(index);
    if (plan.kind === 'pool') return poolBack(plan, plan.pooling === 'max', network.sourceOf(index), outer, inner);
    if (plan.kind === 'global_pool') return poolAllBack(plan.inputs / plan.channels, outer, inner);
    const sums = this.sums.subarray(0, plan.pieces * plan.units);
    this.throughActivation(index, weights, sums);
    if (plan.skip > 0) {
      const entered = this.into(index + 1 - plan.skip);
      for (let i = 0; i < entered.length; i++) entered[i]! += sums[i]!;
    }
    if (plan.normalized === 'before' && !plan.runningMean) {
      normalizeWithinBack(sums, network.memory!.unnormalized[index]!, withinOf(plan, 1, weights));
    }
    for (let sum = 0; sum < plan.pieces * plan.channels; sum++) {
      const { scale } = scaleOf(plan, sum, weights);
      const row = plan.weight!.offset + sum * plan.fanIn;
      if (plan.kind === 'conv') convolveBack(plan, sums, sum * plan.pixels, weights.params, row, scale, inner);
      else for (let i = 0; i < plan.fanIn; i++) inner[i]! += scale * sums[sum]! * weights.params[row + i]!;
    }
  }

  /** Where the gradient of what enters a layer is gathered. */
  private into(layer: number): Float32Array {
    return layer <= 0 ? this.inputGradient : this.gradients[layer - 1]!;
  }

  /** From the gradient of what leaves a layer to that of what enters its activation. */
  private throughActivation(index: number, weights: Weights, sums: Float32Array): void {
    const plan = this.network.layers[index]!;
    const outer = this.gradients[index]!;
    const { sums: entered, unnormalized } = this.network.memory!;
    // The gradient of what leaves the layer itself stays to be looked at.
    const gradient = this.slopes.subarray(0, plan.units);
    gradient.set(outer);
    if (plan.normalized === 'after') {
      if (!plan.runningMean) normalizeWithinBack(gradient, unnormalized[index]!, withinOf(plan, 1, weights));
      else for (let c = 0; c < plan.channels; c++) scaleChannel(plan, c, gradient, weights);
    }
    if (plan.gate) return throughGate(plan, entered[index]!, gradient, sums);
    sums.set(gradient);
    const { derivative, parameters } = plan;
    if (!derivative) return;
    eachLearned(plan, 1, weights, (from, count) => {
      const slopes = gradient.subarray(from, from + count);
      derivative(entered[index]!.subarray(from, from + count), slopes, count, parameters);
      for (let i = from; i < from + count; i++) sums[i]! *= gradient[i]!;
    });
  }
}

function scaleChannel(plan: LayerPlan, channel: number, gradient: Float32Array, weights: Weights): void {
  affine(gradient, channel * plan.pixels, plan.pixels, batchScale(plan, channel, weights).scale, 0);
}

/** Gates are products and maxima: linear along each of their pieces, so that a difference quotient is their slope. */
function throughGate(
  { gate, pieces, units }: LayerPlan,
  entered: Float32Array,
  gradient: Float32Array,
  sums: Float32Array,
): void {
  const around = Float32Array.from(entered);
  const [above, below] = [new Float32Array(units), new Float32Array(units)];
  for (let piece = 0; piece < pieces; piece++) {
    const own = around.subarray(piece * units, (piece + 1) * units);
    const values = entered.subarray(piece * units, (piece + 1) * units);
    for (let i = 0; i < units; i++) own[i] = values[i]! + STEP;
    gate!(around, above, units, pieces);
    for (let i = 0; i < units; i++) own[i] = values[i]! - STEP;
    gate!(around, below, units, pieces);
    own.set(values);
    for (let i = 0; i < units; i++) sums[piece * units + i] = (gradient[i]! * (above[i]! - below[i]!)) / (2 * STEP);
  }
}

/**
 * The gradient of one sample's loss with respect to its outputs: what the output says minus what is true. So it is for
 * cross-entropy behind softmax or, label by label, behind the logistic function (Goodfellow et al. 2016, 6.2.2), and for
 * half the squared error where the outputs are the prediction itself. `meaning` is what the logits mean under `link`.
 */
export function outputGradient(logits: Float32Array, meaning: Float32Array, target: number, link: Link): Float32Array {
  if (logits.length === 1) {
    // Two classes at -1 and +1, of which the meaning is 2 p - 1; or the value itself.
    return link === 'identity' ? logits.map((value) => value - target) : meaning.map((said) => (said - target) / 2);
  }
  const said = link === 'identity' ? logits : meaning;
  return said.map((value, k) => value - (link === 'each' ? (target >> k) & 1 : Number(k === target)));
}

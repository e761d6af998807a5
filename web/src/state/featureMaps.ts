/** What is known of a network's feature maps for the image that is looked at: their gradients, and how a step changed them. */

import { Backward, outputGradient } from '../model/backward';
import { Network, type ForwardConfig } from '../model/forward';
import { isImage } from '../model/layout';
import type { Link } from '../model/outputs';
import type { Weights } from '../model/plan';
import type { Layout } from '../protocol/messages';

/** A completed pass over one sample: what it was made from, and what its outputs mean. */
export interface Shown {
  /** Grows with every pass. */
  readonly version: number;
  readonly weights: Weights;
  readonly meaning: Float32Array;
  /** The sample's class or value. */
  readonly target: number;
  readonly link: Link;
}

export class FeatureMaps {
  private readonly back: Backward;
  private readonly before: Network;
  private readonly beforeParams: Float32Array;
  private readonly differences: Float32Array[];
  private gradientVersion = -1;
  private changedBy: Float32Array | null = null;
  private changeVersion = -1;

  /** `network` shows the maps; from its next pass on it remembers what the way back needs. */
  constructor(
    private readonly network: Network,
    layout: Layout,
    hidden: readonly ForwardConfig[],
  ) {
    this.back = new Backward(network);
    this.before = new Network(layout, hidden);
    this.beforeParams = new Float32Array(layout.parameter_count);
    this.differences = network.layers.map(({ units }) => new Float32Array(units));
  }

  static of(network: Network, layout: Layout, hidden: readonly ForwardConfig[]): FeatureMaps | null {
    return network.layers.some(isImage) ? new FeatureMaps(network, layout, hidden) : null;
  }

  /** [units] of every layer: the gradient of the sample's loss with respect to what leaves it. */
  gradients({ version, weights, meaning, target, link }: Shown): readonly Float32Array[] {
    if (version !== this.gradientVersion && this.network.done) {
      this.gradientVersion = version;
      this.back.run(weights, outputGradient(this.network.outputs.at(-1)!, meaning, target, link));
    }
    return this.back.gradients;
  }

  /** [inputs]: the gradient with respect to the image, as `gradients` left it. */
  get inputGradient(): Float32Array {
    return this.back.inputGradient;
  }

  /** [units] of every layer: by how much the last step, whose `updates` these are, changed what leaves it. */
  changes({ version, weights }: Shown, updates: Float32Array): readonly Float32Array[] {
    if (this.network.done && (version !== this.changeVersion || updates !== this.changedBy)) {
      [this.changeVersion, this.changedBy] = [version, updates];
      for (let i = 0; i < updates.length; i++) this.beforeParams[i] = weights.params[i]! - updates[i]!;
      const { running } = weights;
      const outputs = this.before.forward(this.network.inputValues, 1, { params: this.beforeParams, running });
      this.differences.forEach((difference, layer) => {
        const [now, then] = [this.network.outputs[layer]!, outputs[layer]!];
        for (let i = 0; i < difference.length; i++) difference[i] = now[i]! - then[i]!;
      });
    }
    return this.differences;
  }
}

/** The sums that enter one layer's activation, over the training points and with the newest weights; a few times a second. */

import { activations, type Parameters } from '../generated/formulas';
import { Network, numbers } from '../model/forward';
import { featureMatrix, preprocess } from '../model/inputs';
import { describeSums, type Sums } from '../model/sums';
import type { Frame, Layout, RunConfig, RunData } from '../protocol/messages';
import { invalidate } from './loop';
import { Pass } from './pass';
import type { RunStore } from './run.svelte';

/** Milliseconds from one pass to the next, and of a frame for it. */
const EVERY = 250;
const BUDGET = 2;
/** As many sums as can be counted without being noticed. */
const MOST_SUMS = 60_000;
const FEWEST_SAMPLES = 50;

/** The numbers that an activation learns, and what its formula calls them. */
export interface Learned {
  readonly name: string;
  readonly values: Float32Array;
}

export class LayerSums {
  /** The latest; null before there are any. */
  sums: Sums | null = null;
  /** What the activation has learned by then: one number, or one a unit; null where it learns nothing. */
  learned: Learned | null = null;
  private params: Float32Array | null = null;
  private pass: Pass | null = null;
  private builtFrom: [Layout | null, RunConfig['network'] | null, RunData | null] = [null, null, null];

  /** `layer` counts hidden layers from 0. */
  constructor(
    private readonly run: RunStore,
    private readonly layer: number,
  ) {}

  /** Goes on with the work; true when there are new sums. */
  update(frame: Frame | null, now: number): boolean {
    const rebuilt = this.rebuild();
    if (!frame || !this.pass || frame.params.length !== this.run.layout?.parameter_count) return rebuilt;
    this.params = frame.params;
    const done = this.pass.work(frame, now, BUDGET);
    if (this.pass.behind(frame)) invalidate();
    return done || rebuilt;
  }

  /** Makes the pass anew when the architecture or the data have changed. */
  private rebuild(): boolean {
    const { layout, config, data } = this.run;
    const from: typeof this.builtFrom = [layout, config?.network ?? null, data];
    if (from.every((part, i) => part === this.builtFrom[i])) return false;
    this.builtFrom = from;
    this.pass = this.sums = this.learned = this.params = null;
    const choice = config?.network.layers[this.layer]?.activation;
    const twin = choice && activations[choice.id];
    if (!layout || !config || !data || !twin) return true;
    const network = new Network(layout, config.network.layers);
    // Data of an older configuration do not fit until the new ones have come.
    if (data.offset.length !== network.inputs) return true;
    const widest = Math.max(...network.layers.map((layer) => layer.units));
    const count = Math.min(data.train.count, Math.max(FEWEST_SAMPLES, Math.floor(MOST_SUMS / widest)));
    const width = data.train.inputs.length / data.train.count;
    const some = data.train.inputs.subarray(0, count * width);
    const rows = data.kind === 'plane' ? featureMatrix(some, data.features) : some;
    const parameters = numbers(choice);
    network.tap = (layer, sums) => {
      if (layer !== this.layer) return;
      const { units, learned } = network.layers[layer]!;
      const values = learned && this.params?.slice(learned.offset, learned.offset + learned.size);
      this.learned = learned && values ? { name: learned.role, values } : null;
      const own = this.learned ? learnedParameters(parameters, this.learned) : [parameters];
      this.sums = describeSums(sums, units, twin.derivative, own, this.sums?.reach ?? 0);
    };
    this.pass = new Pass(network, preprocess(rows, count, data), count, EVERY);
    return true;
  }
}

/** An activation's parameters with each number that was learned under the name that the formula has for it. */
function learnedParameters(parameters: Parameters, { name, values }: Learned): Parameters[] {
  return Array.from(values, (value) => ({ ...parameters, [name]: value }));
}

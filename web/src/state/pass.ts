/** A forward pass over fixed inputs that is repeated with ever newer weights, in slices that leave the page responsive. */
import type { Network } from '../model/forward';
import type { Weights } from '../model/plan';

export class Pass {
  /** Grows when a pass is complete. */
  version = 0;
  /** The weights of the last complete pass. */
  made: Weights | null = null;
  private weights: Weights | null = null;
  private renewed = false;
  private started = -Infinity;

  /** `inputs` is [inputs][samples]; a new pass starts at most every `interval` milliseconds. */
  constructor(
    readonly network: Network,
    readonly inputs: Float32Array,
    readonly samples: number,
    private readonly interval = 0,
  ) {}

  /** Whether `weights` are not yet in the outputs. */
  behind(weights: Weights): boolean {
    return this.renewed || this.weights !== weights || !this.network.done;
  }

  /** The inputs have been changed in place: begins anew with the next work, also in the middle of a pass. */
  renew(): void {
    this.renewed = true;
  }

  /** Works for about `milliseconds`; returns true when a pass has just been completed. */
  work(weights: Weights, now: number, milliseconds: number): boolean {
    if (this.network.done || this.renewed) {
      if (!this.renewed && (this.weights === weights || now - this.started < this.interval)) return false;
      this.renewed = false;
      this.network.begin(this.inputs, this.samples, weights);
      this.weights = weights;
      this.started = now;
    }
    if (!this.network.advance(milliseconds)) return false;
    this.version++;
    this.made = this.weights;
    return true;
  }
}

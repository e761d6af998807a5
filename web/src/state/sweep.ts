/** A forward pass over many samples, again and again with ever newer weights, a block after the other. */
import type { Network } from '../model/forward';
import type { Weights } from '../model/plan';

/** Activations that a block may have: what all of them take stays in a processor's cache, and little of the memory. */
const ACTIVATIONS = 150_000;
const FEWEST = 16;

/** How many of `count` samples go through a network of so many activations a sample together. */
export function blockSize(activations: number, count: number): number {
  return Math.min(count, Math.max(FEWEST, Math.floor(ACTIVATIONS / activations)));
}

export interface Block {
  /** The first of its samples. */
  readonly from: number;
  readonly count: number;
  /** [inputs][count] */
  readonly inputs: Float32Array;
}

export class Sweep {
  private weights: Weights | null = null;
  private started = -Infinity;
  private at: number;

  /** `take` gets the outputs' logits of every block, [outputs][count]; a new sweep starts at most every `interval` ms. */
  constructor(
    private readonly network: Network,
    private readonly blocks: readonly Block[],
    private readonly interval: number,
    private readonly take: (block: Block, logits: Float32Array) => void,
  ) {
    this.at = blocks.length;
  }

  /** Whether the outputs of `weights` have not all been taken. */
  behind(weights: Weights): boolean {
    return this.weights !== weights || this.at < this.blocks.length;
  }

  /** Works for about `milliseconds`; returns true when a sweep has just been completed. */
  work(weights: Weights, now: number, milliseconds: number): boolean {
    if (this.at === this.blocks.length) {
      if (this.weights === weights || now - this.started < this.interval) return false;
      this.weights = weights;
      this.started = now;
      this.at = 0;
    }
    const deadline = performance.now() + milliseconds;
    while (this.at < this.blocks.length) {
      const block = this.blocks[this.at]!;
      if (this.network.done) this.network.begin(block.inputs, block.count, this.weights!);
      if (!this.network.advance(deadline - performance.now())) return false;
      this.take(block, this.network.outputs.at(-1)!);
      this.at++;
      if (performance.now() > deadline) break;
    }
    return this.at === this.blocks.length;
  }
}

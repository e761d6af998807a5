/**
 * How a run got on: for how long it had worked, and how many epochs it had seen, at each step of which a frame told. Steps
 * between two frames lie evenly between them; those before the first one, after a page was reloaded, between it and the
 * beginning. What is told of a step stays as it is.
 */

import type { Frame } from '../protocol/messages';

type Moment = Pick<Frame, 'generation' | 'step' | 'worked' | 'epoch'>;

const BEGINNING = { step: 0, worked: 0, epoch: 0 };

export class Course {
  private generation = -1;
  private moments: Pick<Moment, 'step' | 'worked' | 'epoch'>[] = [BEGINNING];

  constructor(private readonly capacity = 1 << 14) {}

  /** Takes what a frame tells. */
  take({ generation, step, worked, epoch }: Moment): void {
    if (generation !== this.generation) {
      this.generation = generation;
      this.moments = [BEGINNING];
    }
    if (step <= this.moments.at(-1)!.step) return;
    // Every other one is enough where they lie this close.
    if (this.moments.length >= this.capacity) this.moments = this.moments.filter((_, i) => i % 2 === 0);
    this.moments.push({ step, worked, epoch });
  }

  /** Seconds of a thread up to a step. */
  worked(step: number): number {
    return this.at(step, 'worked');
  }

  epoch(step: number): number {
    return this.at(step, 'epoch');
  }

  private at(step: number, quantity: 'worked' | 'epoch'): number {
    const { moments } = this;
    let [before, after] = [0, moments.length - 1];
    while (after - before > 1) {
      const middle = (before + after) >> 1;
      if (moments[middle]!.step <= step) before = middle;
      else after = middle;
    }
    const [from, to] = [moments[before]!, moments[after]!];
    const share = to.step > from.step ? Math.min(1, (step - from.step) / (to.step - from.step)) : 0;
    return from[quantity] + share * (to[quantity] - from[quantity]);
  }
}

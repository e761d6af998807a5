/** Undo and redo over whole configurations. Pure: the caller says what time it is. */

import type { RunConfig } from '../protocol/messages';
import { changedNumber, same } from './merge';

const KEPT = 200;
/** Changes of the same number within this many milliseconds are one (a slider being dragged). */
const ONE_GESTURE = 1000;

export class History {
  private past: RunConfig[] = [];
  private future: RunConfig[] = [];
  private lastSubject: string | null = null;
  private lastTime = -Infinity;

  /** Notes a change. One number that goes on changing is one step of undo, everything else is a step each. */
  record(before: RunConfig, after: RunConfig, now: number): void {
    if (same(before, after)) return;
    const subject = changedNumber(before, after);
    const continues = subject !== null && subject === this.lastSubject && now - this.lastTime < ONE_GESTURE;
    this.lastSubject = subject;
    this.lastTime = now;
    this.future = [];
    if (continues) return;
    this.past.push(before);
    if (this.past.length > KEPT) this.past.shift();
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** The configuration to go back to, or null. */
  undo(current: RunConfig): RunConfig | null {
    return this.move(this.past, this.future, current);
  }

  /** A change was not taken: there is nothing to go back from, to what is still there. */
  forget(current: RunConfig): void {
    while (this.past.length > 0 && same(this.past.at(-1), current)) this.past.pop();
    this.lastSubject = null;
  }

  /** The configuration that was undone last, or null. */
  redo(current: RunConfig): RunConfig | null {
    return this.move(this.future, this.past, current);
  }

  private move(from: RunConfig[], to: RunConfig[], current: RunConfig): RunConfig | null {
    const target = from.pop() ?? null;
    if (target) to.push(current);
    this.lastSubject = null;
    return target;
  }
}

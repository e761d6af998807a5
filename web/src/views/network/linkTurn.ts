/**
 * When the network's links are drawn anew. Their curves take as long as all the rest of a frame, and change little from
 * one to the next: while frames come fast, every other one keeps those of the frame before.
 */

/** Frames that are further apart than this, in milliseconds, are all drawn whole. */
const FAST = 28;

export class LinkTurn {
  private kept: readonly unknown[] = [];
  private at = -Infinity;
  private owed = true;

  /**
   * Whether the links are drawn at `now`. They always are when something of `what` they depend on is another than the
   * last time, and with `always`.
   */
  take(now: number, what: readonly unknown[], always: boolean): boolean {
    const same = what.length === this.kept.length && what.every((part, i) => part === this.kept[i]);
    const draw = always || this.owed || !same || now - this.at > FAST;
    this.kept = what;
    this.at = now;
    this.owed = !draw;
    return draw;
  }
}

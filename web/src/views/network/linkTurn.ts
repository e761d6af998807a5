/**
 * When the network's links are drawn anew. Their curves take longer than all the rest of a frame, and change little from
 * one to the next: while frames come fast, one gap between two columns is drawn after another, as much in every refresh
 * as makes all of them in a while, and the others stay as they were.
 */

/** Milliseconds in which all links are drawn once. */
const EVERY = 50;
/** More links than these take longer to draw, and rest longer in proportion; so many times as long at most. */
const FEW = 640;
const LONGEST = 4;

export class LinkTurn {
  /** Gaps that do not show the newest frame. */
  waiting = 0;
  private kept: readonly unknown[] = [];
  private frame: unknown = null;
  private then = -Infinity;
  private next = 0;
  /** Links that may be drawn. */
  private credit = 0;

  /** `every` is in milliseconds. */
  constructor(private readonly every = EVERY) {}

  /**
   * The gaps whose links are drawn at `now`; null for all of them and what is around them. It is all when something of
   * `what` they depend on is another than the last time, and with `always`. `links`: how many there are in each gap.
   */
  take(
    now: number,
    frame: unknown,
    what: readonly unknown[],
    always: boolean,
    links: readonly number[],
  ): readonly number[] | null {
    const total = links.reduce((sum, each) => sum + each, 0);
    const every = this.every * Math.min(LONGEST, Math.max(1, total / FEW));
    const elapsed = now - this.then;
    const same = what.length === this.kept.length && what.every((part, i) => part === this.kept[i]);
    if (frame !== this.frame) this.waiting = links.length;
    [this.frame, this.kept, this.then] = [frame, what, now];
    const gaps: number[] = [];
    if (always || !same || elapsed >= every) {
      this.waiting = this.credit = 0;
      return null;
    }
    this.credit += (Math.max(total, links.length) * elapsed) / every;
    for (; this.waiting > 0 && this.credit > 0; this.waiting--) {
      gaps.push(this.next % links.length);
      this.credit -= Math.max(1, links[this.next % links.length]!);
      this.next = (this.next + 1) % links.length;
    }
    // What was not needed is not saved up: it would be drawn all at once.
    if (this.waiting === 0) this.credit = Math.min(0, this.credit);
    return gaps;
  }
}

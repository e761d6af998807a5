/**
 * When the network's links are drawn anew. Their curves take as long as all the rest of a frame, and change little from
 * one to the next: while frames come fast, those of a frame or two before stay.
 */

/** Milliseconds between two drawings of the links: 25 a second move as smoothly as a film. (A little less than 3/60 s.) */
const EVERY = 40;

export class LinkTurn {
  private kept: readonly unknown[] = [];
  private drawn = -Infinity;

  /**
   * Whether the links are drawn at `now`. They always are when something of `what` they depend on is another than the
   * last time, and with `always`.
   */
  take(now: number, what: readonly unknown[], always: boolean): boolean {
    const same = what.length === this.kept.length && what.every((part, i) => part === this.kept[i]);
    const draw = always || !same || now - this.drawn >= EVERY;
    this.kept = what;
    if (draw) this.drawn = now;
    return draw;
  }
}

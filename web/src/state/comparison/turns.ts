/**
 * Who draws in a refresh of the display when there is not time for everybody: they go round, and each draws when its turn
 * has come, as long as the budget lasts. What was drawn has still to be brought to the screen, which the clock does not see
 * here, so that there is a bound on how many draw besides. Pure: time comes in.
 */

/** Works, and draws if there is something new. Returns whether it drew. */
export type Turn = (now: number) => boolean;

export class Turns {
  private readonly all: Turn[] = [];
  private next = 0;

  /** `budget` is milliseconds; whoever has begun is not interrupted. At most `most` draw in a refresh. */
  constructor(
    private readonly budget: number,
    private readonly most: number,
    private readonly clock: () => number,
  ) {}

  /** Lets somebody take part. Returns how to leave. */
  join(turn: Turn): () => void {
    this.all.push(turn);
    return () => {
      this.all.splice(this.all.indexOf(turn), 1);
      this.next = 0;
    };
  }

  /** One refresh. False when somebody's turn did not come. */
  round(now: number): boolean {
    const { all } = this;
    const end = this.clock() + this.budget;
    let drew = 0;
    for (let i = 0; i < all.length; i++) {
      const at = (this.next + i) % all.length;
      if (all[at]!(now)) drew++;
      if (drew >= this.most || this.clock() >= end) {
        this.next = (at + 1) % all.length;
        return i === all.length - 1;
      }
    }
    return true;
  }
}

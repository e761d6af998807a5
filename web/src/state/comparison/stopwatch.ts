/** For how long runs have trained, as far as the page has seen it. Pure: time comes in. */
export class Stopwatch {
  seconds = 0;
  /** Runs that were resumed have worked before their first frame is here. */
  private before = 0;
  private at = Infinity;

  /** Goes on from what it had come to when the page was left. */
  resume(seconds: number): void {
    this.before = seconds;
  }

  /** What is so at a moment, in milliseconds: whether they train, and whether they have made a step. */
  tell(now: number, running: boolean, begun: boolean): void {
    if (running) this.seconds += Math.max(0, now - this.at) / 1000;
    if (!begun) this.seconds = this.before;
    else if (this.before > 0) {
      this.seconds = Math.max(this.seconds, this.before);
      this.before = 0;
    }
    this.at = now;
  }
}

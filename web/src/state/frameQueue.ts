/**
 * Between frames as they come and frames as they are shown. Frames come unevenly, refreshes of the display do not: two
 * between one refresh and the next would lose one of them and leave a later refresh with nothing new. So some may wait.
 */
import type { Frame } from '../protocol/messages';

/** More than these would show the past. */
const MOST_WAITING = 3;

export class FrameQueue {
  /** What has come and is not shown, the newest last. */
  readonly waiting: Frame[] = [];
  private shown: Frame | null = null;

  /** Takes a frame that came. With too many waiting, the oldest of them is never shown. */
  push(frame: Frame): void {
    this.waiting.push(frame);
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
  }

  /** What the refresh shows that begins now: the next frame, or the same as before if none has come; null without any. */
  next(): Frame | null {
    this.shown = this.waiting.shift() ?? this.shown;
    return this.shown;
  }

  /** Shows the frame at this place among those that wait; what came before it is never shown. */
  skipTo(index: number): Frame {
    this.shown = this.waiting[index]!;
    this.waiting.splice(0, index + 1);
    return this.shown;
  }

  /** Forgets everything: what comes from now on belongs to another network. */
  clear(): void {
    this.waiting.length = 0;
    this.shown = null;
  }
}

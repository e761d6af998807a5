/** Which pixel of a feature map is looked into: under the pointer, pinned, or wherever the sliding window has come to. */

/** A pixel of a map, `column` as the drawing counts them. */
export interface PixelPlace {
  readonly column: number;
  readonly unit: number;
  readonly y: number;
  readonly x: number;
}

/** Milliseconds in which the window slides over a whole map, and what it stays on a pixel at least and at most. */
const WHOLE = 24_000;
const LEAST = 60;
const MOST = 420;
/** Where motion is not wanted it does not glide, and has more time. */
const CALM = 700;
/** The share of its time that a window glides; then it rests. */
const GLIDE = 0.55;

export class PixelFocus {
  place = $state.raw<PixelPlace | null>(null);
  /** Whether it stays when the pointer leaves. */
  pinned = $state(false);
  /** The input map whose numbers are shown. */
  channel = $state(0);
  playing = $state(false);
  private arrived = 0;
  private before: PixelPlace | null = null;

  /** The pointer is on a pixel, or on none. */
  point(place: PixelPlace | null): void {
    if (!this.pinned) this.go(place);
  }

  pin(place: PixelPlace): void {
    this.go(place);
    this.pinned = true;
    this.playing = false;
  }

  release(): void {
    this.pinned = false;
    this.playing = false;
    this.go(null);
  }

  play(now: number): void {
    if (!this.place) return;
    this.pinned = true;
    this.playing = true;
    this.arrived = now;
  }

  /** Moves a pinned pixel by rows and columns, as far as its map reaches. */
  move(down: number, right: number, high: number, wide: number): void {
    if (!this.place) return;
    this.playing = false;
    const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
    this.go({ ...this.place, y: within(this.place.y + down, high), x: within(this.place.x + right, wide) });
  }

  /** Slides on when it is time. Returns where the window is drawn: between two pixels while it glides. */
  slide(now: number, high: number, wide: number, calm: boolean): { y: number; x: number } | null {
    const { place } = this;
    if (!place || !this.playing) return place;
    const each = calm ? CALM : Math.max(LEAST, Math.min(MOST, WHOLE / (high * wide)));
    if (now - this.arrived >= each) {
      const next = (place.y * wide + place.x + 1) % (high * wide);
      this.go({ ...place, y: Math.floor(next / wide), x: next % wide });
      this.before = place;
      this.arrived = now;
    }
    const { y, x } = this.place!;
    const share = Math.min(1, (now - this.arrived) / (GLIDE * each));
    // To the beginning of a line it jumps.
    if (calm || share === 1 || this.before?.y !== y) return { y, x };
    const eased = share * share * (3 - 2 * share);
    return { y, x: this.before.x + (x - this.before.x) * eased };
  }

  private go(place: PixelPlace | null): void {
    const from = this.place;
    if (from && place && from.column === place.column && from.unit === place.unit) {
      if (from.y === place.y && from.x === place.x) return;
    }
    this.before = null;
    this.place = place;
  }
}

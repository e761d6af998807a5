/**
 * The image that is looked at: a test sample or what a person has drawn, moved and turned as the sliders say. One for the
 * whole page: network and output card show the same. Its pixels are written anew in place, at most once a drawn frame.
 */
import { asDrawn, asTrained, measureInk, type Ink } from '../model/ink';
import type { ImageSize } from '../draw/images';
import type { RunData } from '../protocol/messages';
import { Raster, Strokes, type Placement } from '../model/strokes';
import { transformImage, UNMOVED, type Transform } from '../model/transform';
import { invalidate } from './loop';

export type Source = 'sample' | 'drawing';

/** Of an image without pixels. */
const NOTHING: ImageSize = { width: 0, height: 0, channels: 1 };

export class Look {
  source = $state<Source>('sample');
  /** Which test sample is looked at, or was before the drawing. */
  sample = $state(0);
  transform = $state.raw<Transform>(UNMOVED);
  /** Whether strokes are placed as the training images are. */
  fitted = $state(true);
  /** Grows when `pixels` have changed. */
  version = $state(0);
  /** Strokes that can be undone, and what lies under them. */
  strokeCount = $state(0);
  /** The sample that lies under the strokes; -1 for blank paper. */
  under = $state(-1);
  full = $state(false);

  readonly strokes = new Strokes();
  shape: ImageSize = NOTHING;
  /** How the training images are drawn; null before there are images. */
  ink: Ink | null = null;
  /** [channels * height * width] from 0 to 1: what the network gets, before preprocessing. Reused. */
  pixels = new Float32Array(0);
  /** The same before it is moved and turned. Reused. */
  private original = new Float32Array(0);
  private raster = new Raster(0, 0);
  private readonly placement: Placement = { scale: 1, right: 0, down: 0 };
  private data: RunData | null = null;
  private stale = true;

  /** Takes what is looked at from these data; of other data, the strokes stay. */
  show(data: RunData): void {
    if (data === this.data) return;
    this.data = data.kind === 'images' ? data : null;
    if (!this.data) return;
    this.shape = this.data;
    const size = this.shape.width * this.shape.height * this.shape.channels;
    this.pixels = new Float32Array(size);
    this.original = new Float32Array(size);
    this.raster = new Raster(this.shape.width, this.shape.height);
    this.ink = measureInk(this.data.train.inputs, this.shape);
    this.under = -1;
    this.transform = UNMOVED;
    this.sample = Math.max(0, Math.min(this.sample, this.data.test.count - 1));
    this.changed();
  }

  /** Looks at another test sample; wraps around. */
  choose(sample: number): void {
    const count = Math.max(1, this.data?.test.count ?? 1);
    this.sample = ((sample % count) + count) % count;
    this.source = 'sample';
    this.changed();
  }

  look(source: Source): void {
    if (this.source === source) return;
    this.source = source;
    this.changed();
  }

  move(transform: Partial<Transform>): void {
    this.transform = { ...this.transform, ...transform };
    this.changed();
  }

  fit(fitted: boolean): void {
    this.fitted = fitted;
    this.changed();
  }

  // ── drawing: places are shares of the paper's width, from the top left ─────

  beginStroke(x: number, y: number): void {
    this.strokes.begin(x, y);
    this.drawn();
  }

  extendStroke(x: number, y: number): void {
    if (this.strokes.extend(x, y)) this.drawn();
    else this.full = this.strokes.full;
  }

  /** Takes the last stroke back, or what lies under the strokes when there is none. */
  undo(): void {
    if (this.strokeCount === 0) this.under = -1;
    this.strokes.undo();
    this.drawn();
  }

  clear(): void {
    this.under = -1;
    this.strokes.clear();
    this.drawn();
  }

  /** The sample that was looked at last becomes what one draws on. */
  startFromSample(): void {
    this.strokes.clear();
    this.under = this.sample;
    this.drawn();
  }

  /** Writes the pixels anew if something has changed; returns whether it did. */
  refresh(): boolean {
    if (!this.stale || !this.data) return false;
    this.stale = false;
    if (this.source === 'drawing') this.paint();
    const [image, from] =
      this.source === 'drawing' ? [this.original, 0] : [this.data.test.inputs, this.sample * this.original.length];
    transformImage(image, from, this.pixels, this.shape, this.transform);
    this.version++;
    return true;
  }

  private paint(): void {
    const { ink, shape, data, strokes, raster } = this;
    if (!ink || !data) return;
    if (this.under >= 0) {
      const from = this.under * this.original.length;
      for (let i = 0; i < this.original.length; i++) this.original[i] = data.test.inputs[from + i]!;
    } else this.original.fill(ink.paper);
    // Over a sample strokes stay where they were drawn.
    if (this.fitted && this.under < 0) asTrained(strokes, shape, ink, this.placement);
    else asDrawn(shape, this.placement);
    raster.draw(strokes, this.placement, ink.thickness / 2);
    const pixels = raster.ink.length;
    for (let i = 0; i < this.original.length; i++) {
      this.original[i]! += (1 - ink.paper - this.original[i]!) * raster.ink[i % pixels]!;
    }
  }

  private drawn(): void {
    this.source = 'drawing';
    this.strokeCount = this.strokes.starts.length;
    this.full = this.strokes.full;
    this.changed();
  }

  private changed(): void {
    this.stale = true;
    invalidate();
  }
}

/**
 * How filters came to be what they are: weights of the layers that look at images, kept at steps that lie ever farther
 * apart, as on a logarithmic axis. Memory is bounded: when there are too many, every second one is given up. Pure.
 */
import type { Frame } from '../protocol/messages';
import type { LayerShape } from './layout';

/** A layer whose weights can be looked at as pictures. */
export interface FilterLayer {
  readonly layer: LayerShape;
  /** Pictures beside each other for every filter: one an input channel. */
  readonly pictures: number;
  /** Size of each of them. */
  readonly width: number;
  readonly height: number;
}

/** Convolutions, and a dense layer on the image itself: one weight a pixel. */
export function filterLayers(layers: readonly LayerShape[]): FilterLayer[] {
  return layers.flatMap((layer) => {
    const { kind, weight, kernel, fanIn, inputShape, index } = layer;
    if (!weight) return [];
    if (kind === 'conv') return [{ layer, pictures: fanIn / kernel ** 2, width: kernel, height: kernel }];
    if (index > 1 || inputShape.length !== 3) return [];
    return [{ layer, pictures: inputShape[0]!, width: inputShape[2]!, height: inputShape[1]! }];
  });
}

export interface Moment {
  readonly step: number;
  /** One a layer: [filters, fan-in], of several weighted sums the first. */
  readonly weights: readonly Float32Array[];
}

/** A moment is kept when this many times the last one's steps are done. */
const RATIO = 1.15;
const MOST = 48;
/** Numbers kept in all, unless not even a few moments fit: 16 MB. */
const NUMBERS = 1 << 22;
const FEWEST = 6;

export class FilterHistory {
  /** Oldest first. */
  moments: Moment[] = [];
  /** Grows with every change; whoever draws compares it. */
  version = 0;
  private generation = -1;
  private ratio = RATIO;
  private readonly most: number;

  constructor(
    private readonly layers: readonly FilterLayer[],
    most = MOST,
  ) {
    const numbers = layers.reduce((sum, { layer }) => sum + layer.channels * layer.fanIn, 0);
    this.most = Math.max(FEWEST, Math.min(most, Math.floor(NUMBERS / Math.max(1, numbers))));
  }

  /** Keeps a frame's weights if it is time for it; a frame of another generation begins anew. */
  take(frame: Pick<Frame, 'generation' | 'step' | 'params'>): void {
    if (this.layers.length === 0) return;
    if (frame.generation !== this.generation) {
      this.generation = frame.generation;
      this.moments = [];
      this.ratio = RATIO;
      this.version++;
    }
    const last = this.moments.at(-1);
    if (last && frame.step < Math.max(last.step + 1, last.step * this.ratio)) return;
    this.moments.push({ step: frame.step, weights: weightsOf(this.layers, frame.params) });
    if (this.moments.length > this.most) {
      this.moments = this.moments.filter((_, i) => i % 2 === 0);
      this.ratio **= 2;
    }
    this.version++;
  }

  /** The place of the moment next to a step: exact while it is kept, else the nearest one left. */
  placeOf(step: number): number {
    let best = 0;
    this.moments.forEach((moment, place) => {
      if (Math.abs(moment.step - step) < Math.abs(this.moments[best]!.step - step)) best = place;
    });
    return best;
  }
}

/** One a layer: its filters' weights, copied from the flat parameters. */
export function weightsOf(layers: readonly FilterLayer[], params: Float32Array): Float32Array[] {
  return layers.map(({ layer: { weight, channels, fanIn } }) =>
    params.slice(weight!.offset, weight!.offset + channels * fanIn),
  );
}

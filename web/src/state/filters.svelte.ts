/** The filters of a run through its time: what is kept of them, and which layer and moment are looked at. */
import { FilterHistory, filterLayers, type FilterLayer } from '../model/filterHistory';
import { layerShapes } from '../model/layout';
import type { Frame, Layout } from '../protocol/messages';

export class Filters {
  /** Layers whose filters are pictures; empty where there are none. */
  layers = $state.raw<readonly FilterLayer[]>([]);
  /** Index of the layer that is looked at, as in the layout. */
  index = $state(1);
  /** The step that is looked at; null follows the run. */
  step = $state<number | null>(null);
  history = new FilterHistory([]);
  /** What `layers` are of. */
  layout: Layout | null = null;

  /** The one of `layers` that is looked at. */
  readonly place = $derived(
    Math.max(
      0,
      this.layers.findIndex(({ layer }) => layer.index === this.index),
    ),
  );

  private known = '';
  private generation = -1;

  /** Takes what is drawn now, if it belongs to the network of `layout`. */
  take(frame: Frame | null, layout: Layout | null): void {
    if (layout !== this.layout) this.build(layout);
    if (!frame || !layout || frame.params.length !== layout.parameter_count) return;
    if (frame.generation !== this.generation) {
      this.generation = frame.generation;
      this.step = null;
    }
    this.history.take(frame);
  }

  private build(layout: Layout | null): void {
    this.layout = layout;
    const layers = layout ? filterLayers(layerShapes(layout)) : [];
    const known = JSON.stringify(layers);
    // Settings that leave the network as it is come with a layout too.
    if (known === this.known) return;
    this.known = known;
    this.layers = layers;
    this.history = new FilterHistory(layers);
    this.step = null;
  }
}

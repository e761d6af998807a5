/** Puts together what a network on images shows: its maps, or their gradients or changes, and the pixel that is explained. */
import { formatCount } from '../../draw/format';
import type { Geometry } from '../../draw/geometry';
import type { LinkLayer } from '../../draw/network';
import type { Focus, StageParts } from '../../draw/stages';
import { StageTiles } from '../../draw/stageTiles';
import { t } from '../../i18n/i18n.svelte';
import { explainPool, windowAt } from '../../model/explain';
import { isImage } from '../../model/layout';
import type { Shown } from '../../state/featureMaps';
import type { Frame, Layout } from '../../protocol/messages';
import type { Scene } from '../../state/scene.svelte';
import type { ScaleScope } from '../../draw/scales';

/** A completed pass over the image that is looked at; null before there is one. */
export function shownPass(scene: Scene): Shown | null {
  const { data, weights, version, meaning, link, target } = scene;
  if (!data || !weights) return null;
  return { version, weights, meaning, link, target };
}

export class StageView {
  readonly tiles = new StageTiles();
  private captions: [string, string][] = [];
  private captionsOf: unknown[] = [];

  /** Paints all pictures anew; with `explained`, those instead of the pass over the image. False while there is nothing to be painted yet. */
  fill(
    scene: Scene,
    geometry: Geometry,
    links: readonly (LinkLayer | null)[],
    image: Float32Array,
    frame: Frame,
    scope: ScaleScope,
    explained: readonly Float32Array[] | null = null,
  ): boolean {
    const { network, data } = scene;
    const shown = shownPass(scene);
    if (!network || !data || !shown) return false;
    const [maps, inputMap] = explained ? [explained, null] : mapsOf(scene, shown, frame);
    const { layers } = network;
    this.tiles.fill(geometry, scene.palette, { layers, image, imageSize: data, inputMap, maps, links, scope });
    return true;
  }

  /** What is drawn besides neurons and links; null for a network without feature maps. */
  parts(
    scene: Scene,
    layout: Layout,
    geometry: Geometry,
    links: readonly (LinkLayer | null)[],
    now: number,
  ): StageParts | null {
    const { network, palette } = scene;
    if (!network || !scene.maps) return null;
    const focus = focusOf(scene, geometry, now);
    const looked = focus ?? scene.hit;
    const layer = looked && network.layers[looked.column - 1];
    const link = looked && links[looked.column];
    const filter = layer?.kind === 'conv' && link && isImage(layer);
    if (filter) this.tiles.fillSlices(looked.unit, layer, link, palette);
    return {
      layers: network.layers,
      kernels: this.tiles.kernels,
      slices: filter ? this.tiles.slices : null,
      focus,
      captions: this.captionsFor(scene, layout),
      flattened: [formatCount(geometry.flatten?.units ?? 0), t('stages.flatten')],
    };
  }

  private captionsFor(scene: Scene, layout: Layout): [string, string][] {
    const { layers } = scene.network!;
    const from = [layout, t('stages.no_parameters')];
    if (from.every((part, i) => part === this.captionsOf[i])) return this.captions;
    this.captionsOf = from;
    const counts = layers.map(({ index }) =>
      layout.tensors.reduce((sum, tensor) => sum + (tensor.layer === index ? tensor.size : 0), 0),
    );
    const shape = (sides: readonly number[]) => sides.map(formatCount).join('×');
    this.captions = [
      [shape(layers[0]!.inputShape), ''],
      ...layers.map((layer, i): [string, string] => [
        shape(layer.shape),
        counts[i] ? t('stages.parameters', { n: formatCount(counts[i]) }) : t('stages.no_parameters'),
      ]),
    ];
    return this.captions;
  }
}

/** What the maps show, and the image instead of its pixels, if anything. */
function mapsOf(scene: Scene, shown: Shown, frame: Frame): [readonly Float32Array[], Float32Array | null] {
  const { maps, network, values } = scene;
  if (maps && values === 'gradients') return [maps.gradients(shown), maps.inputGradient];
  if (maps && values === 'updates' && frame.updates) return [maps.changes(shown, frame.updates), null];
  return [network!.outputs, null];
}

/** The pixel that is looked into, where the window is just now. */
function focusOf(scene: Scene, geometry: Geometry, now: number): Focus | null {
  const { pixel, network } = scene;
  const { place } = pixel;
  const column = place && geometry.columns[place.column];
  const layer = place && network!.layers[place.column - 1];
  if (!column?.maps || !layer) return null;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const at = pixel.slide(now, column.maps.tall, column.maps.wide, calm)!;
  const { unit, y, x } = pixel.place!;
  const channel = layer.kind === 'conv' ? Math.min(pixel.channel, layer.inputShape[0]! - 1) : unit;
  const marked: [number, number][] = [];
  if (layer.pooling === 'max' && !pixel.playing) {
    const { winner } = explainPool(network!, { layer: place.column - 1, channel: unit, y, x }, 0);
    const { top, left, side } = windowAt(layer, y, x);
    marked.push([top + Math.floor(winner / side), left + (winner % side)]);
  }
  return { column: place.column, unit, ...at, pinned: pixel.pinned, channel, sliding: pixel.playing, marked };
}

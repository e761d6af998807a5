/** Puts together what the network drawing needs from the scene and a frame. */
import type { Geometry, Hit, NetworkColumn } from '../../draw/geometry';
import { largestMagnitude, type Atlas } from '../../draw/heatmap';
import type { LinkLayer, NetworkPicture } from '../../draw/network';
import { classColour, layerColour, parseColour } from '../../draw/palette';
import type { StageParts } from '../../draw/stages';
import type { Network } from '../../model/forward';
import type { Frame } from '../../protocol/messages';
import type { Scene } from '../../state/scene.svelte';

/** A weight of this size is drawn at full strength in a layer with up to FEW inputs; wider layers have smaller ones. */
const STRONG_WEIGHT = 2.4;
const FEW = 8;
/** The largest gradient or update counts as full strength; its scale follows with this share a frame. */
const EASE = 0.1;

/** What full strength stands for: fixed for weights, following the largest value for gradients and updates. */
export class LinkScale {
  /** The largest gradient or update of the whole network, eased; 0 for weights. */
  largest = 0;
  private of = '';

  update(scene: Scene, values: Float32Array | null): void {
    if (this.of !== scene.values) this.largest = 0;
    this.of = scene.values;
    if (scene.values === 'weights' || !values) return;
    const now = largestMagnitude(values);
    this.largest = this.largest === 0 ? now : this.largest + EASE * (now - this.largest);
  }

  layer(scene: Scene, inputs: number): number {
    if (scene.values === 'weights') return STRONG_WEIGHT * Math.sqrt(FEW / Math.max(FEW, inputs));
    return this.largest || 1;
  }
}

export function linkLayers(network: Network, scene: Scene, frame: Frame, scale: LinkScale): (LinkLayer | null)[] {
  const values = scene.buffer(frame);
  scale.update(scene, values);
  return [
    null,
    ...network.layers.map((layer) =>
      values && layer.weight
        ? {
            values,
            offset: layer.weight.offset,
            inputs: layer.fanIn,
            units: layer.channels,
            pieces: layer.pieces,
            shiftOffset: layer.shift?.offset ?? -1,
            scale: scale.layer(scene, layer.fanIn),
          }
        : null,
    ),
  ];
}

export function assemble(
  scene: Scene,
  geometry: Geometry,
  links: readonly (LinkLayer | null)[],
  tiles: readonly (Atlas | null)[],
  more: (column: NetworkColumn) => string,
  stages: StageParts | null,
): NetworkPicture {
  const { palette } = scene;
  const last = geometry.columns.length - 1;
  const classes = geometry.columns[last]!.units > 1;
  const picture = scene.data?.kind === 'images';
  const colours = geometry.columns.map((column) =>
    column.index === 0 ? parseColour(palette.ink3) : layerColour(palette, column.index, last - 1),
  );
  return {
    geometry,
    palette,
    links,
    tiles,
    border: (column, unit) => (column === last && classes ? classColour(palette, unit) : colours[column]!),
    smooth: () => !picture,
    picture,
    hit: scene.hit as Hit | null,
    more,
    stages,
  };
}

/** The pictures of a network with feature maps: its image, every map, every filter's kernels, and units' weights. */
import type { Geometry } from './geometry';
import { Atlas, largestMagnitude } from './heatmap';
import { paintSample, type ImageSize } from './images';
import { mosaicOf, writeMosaic } from './mosaic';
import type { LinkLayer } from './network';
import { parseColour, pixel, type Palette } from './palette';
import { FULL_COLOUR, ownScale, sharedScales, type ScaleScope } from './scales';
import type { LayerShape } from '../model/layout';

export interface StageValues {
  readonly layers: readonly LayerShape[];
  /** The image as it is, [channels][height][width] in 0..1; what it is coloured by instead, if anything. */
  readonly image: Float32Array;
  readonly imageSize: ImageSize;
  readonly inputMap: Float32Array | null;
  /** One a layer: [channels][height][width] or [units]. */
  readonly maps: readonly Float32Array[];
  /** One a column: the weights, or their gradients or updates. */
  readonly links: readonly (LinkLayer | null)[];
  readonly scope: ScaleScope;
}

/** One atlas a column for the maps and one for the kernels, kept from frame to frame. */
export class StageTiles {
  readonly maps: Atlas[] = [];
  readonly kernels: Atlas[] = [];
  /** The kernels of one filter, one an input map. */
  readonly slices = new Atlas();
  /** One a column: what full colour stands for in the maps, where a layer shares it; 0 in other columns. */
  private mapScales: number[] = [];

  fill(geometry: Geometry, palette: Palette, values: StageValues): void {
    this.mapScales = sharedScales(
      values.scope,
      geometry.columns.map(({ index, maps }) => (index > 0 && maps ? ownScale(values.maps[index - 1]!) : 0)),
    );
    const weightScales = sharedScales(
      values.scope,
      values.links.map((link) => (link ? ownScale(link.values, link.offset, link.units * link.inputs) : 0)),
    );
    this.fillImage(palette, values);
    for (const { index, maps, shown } of geometry.columns.slice(1)) {
      const layer = values.layers[index - 1]!;
      const own = values.maps[index - 1]!;
      if (maps) this.fillMaps(index, layer, own, palette, values.scope);
      else if (!layer.weight) this.fillValues(index, layer, own, palette);
      const link = values.links[index];
      if (link && layer.weight)
        this.fillWeights(index, shown, layer, link, palette, values.scope, weightScales[index]!);
    }
  }

  /** Takes the kernels of one filter apart. */
  fillSlices(unit: number, { kernel, inputShape, fanIn }: LayerShape, link: LinkLayer, palette: Palette): void {
    const size = kernel * kernel;
    const from = link.offset + unit * fanIn;
    const scale = ownScale(link.values, from, fanIn);
    this.slices.resize(inputShape[0]!, kernel, kernel);
    for (let channel = 0; channel < inputShape[0]!; channel++) {
      this.slices.write(channel, link.values, from + channel * size, size, scale, palette.ramp);
    }
    this.slices.commit();
  }

  private fillImage(palette: Palette, { image, imageSize, inputMap }: StageValues): void {
    const { width, height, channels } = imageSize;
    const atlas = this.atlas(this.maps, 0);
    atlas.resize(1, width, height);
    if (!inputMap) paintSample(atlas, 0, image, 0, imageSize, palette);
    else {
      // Of several channels, the one of the largest magnitude in each pixel.
      const size = width * height;
      const strongest = inputMap.slice(0, size);
      for (let i = size; i < channels * size; i++) {
        if (Math.abs(inputMap[i]!) > Math.abs(strongest[i % size]!)) strongest[i % size] = inputMap[i]!;
      }
      atlas.write(0, strongest, 0, size, ownScale(strongest), palette.ramp);
    }
    atlas.commit();
  }

  private fillMaps(
    column: number,
    { channels, pixels, shape }: LayerShape,
    values: Float32Array,
    palette: Palette,
    scope: ScaleScope,
  ): void {
    const atlas = this.atlas(this.maps, column);
    atlas.resize(channels, shape[2]!, shape[1]!);
    for (let channel = 0; channel < channels; channel++) {
      const scale = scope === 'map' ? ownScale(values, channel * pixels, pixels) : this.mapScales[column]!;
      atlas.write(channel, values, channel * pixels, pixels, scale || 1, palette.ramp);
    }
    atlas.commit();
  }

  /** What has no weights shows what it puts out: one colour a unit. */
  private fillValues(column: number, { units }: LayerShape, values: Float32Array, palette: Palette): void {
    const atlas = this.atlas(this.maps, column);
    atlas.resize(units, 1, 1);
    const scale = FULL_COLOUR * largestMagnitude(values) || 1;
    for (let unit = 0; unit < units; unit++) atlas.write(unit, values, unit, 1, scale, palette.ramp);
    atlas.commit();
  }

  /** A filter's kernels, or a unit's weights over the maps or the units before it; of several pieces, the first one's. */
  private fillWeights(
    column: number,
    shown: number,
    layer: LayerShape,
    link: LinkLayer,
    palette: Palette,
    scope: ScaleScope,
    shared: number,
  ): void {
    const image = layer.kind === 'conv' || layer.inputShape.length === 3;
    const count = image ? layer.inputShape[0]! : 1;
    const side = Math.ceil(Math.sqrt(layer.fanIn));
    const wide = layer.kind === 'conv' ? layer.kernel : (layer.inputShape[2] ?? side);
    const tall = layer.kind === 'conv' ? layer.kernel : (layer.inputShape[1] ?? Math.ceil(layer.fanIn / wide));
    const { width, height } = mosaicOf(count, wide, tall);
    const atlas = this.atlas(layer.kind === 'conv' ? this.kernels : this.maps, column);
    atlas.resize(shown, width, height);
    const ground = pixel(parseColour(palette.card));
    for (let unit = 0; unit < shown; unit++) {
      const from = link.offset + unit * layer.fanIn;
      const scale = (scope === 'map' ? ownScale(link.values, from, layer.fanIn) : shared) || 1;
      if (!image) atlas.write(unit, link.values, from, layer.fanIn, scale, palette.ramp);
      else {
        atlas.paint(unit, (pixels, start, stride) =>
          writeMosaic(link.values, from, count, wide, tall, scale, palette.ramp, ground, pixels, start, stride),
        );
      }
    }
    atlas.commit();
  }

  private atlas(list: Atlas[], column: number): Atlas {
    return (list[column] ??= new Atlas());
  }
}

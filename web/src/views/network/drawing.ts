/** Draws the network card's canvas anew: pictures in the neurons, links, and what a walk through a step puts on them. */
import { formatCount } from '../../draw/format';
import type { Geometry, NetworkColumn } from '../../draw/geometry';
import { drawNetwork, linksInView, type LinkLayer, type NetworkPicture } from '../../draw/network';
import { chipWidth, drawNumbers } from '../../draw/numbers';
import { devicePixels, fitCanvas } from '../../draw/theme';
import { NeuronTiles } from '../../draw/tiles';
import { t } from '../../i18n/i18n.svelte';
import type { Frame } from '../../protocol/messages';
import type { Explain } from '../../state/explain.svelte';
import { invalidate } from '../../state/loop';
import { scales } from '../../state/scales.svelte';
import type { Scene } from '../../state/scene.svelte';
import { explainMaps, explainNumbers } from './explainNumbers';
import { LinkTurn } from './linkTurn';
import { drawOutputLabels } from './outputLabels';
import { assemble, linkLayers, LinkScale } from './picture';
import { StageView } from './stageView';

/** What of the content is seen, and how it is laid out. */
export interface View {
  readonly geometry: Geometry;
  readonly width: number;
  readonly scrolled: number;
  readonly convolutional: boolean;
  readonly images: boolean;
}

export class NetworkDrawing {
  readonly linkScale = new LinkScale();
  /** What is drawn of every column's links; none before the first drawing. */
  links: readonly (LinkLayer | null)[] = [];
  private readonly tiles = new NeuronTiles();
  private readonly stageView = new StageView();
  private readonly linkTurn = new LinkTurn();
  private maps: { of: unknown[]; maps: Float32Array[] | null } = { of: [], maps: null };

  /** Returns what it has drawn; null where there is nothing yet. */
  draw(
    canvas: HTMLCanvasElement,
    scene: Scene,
    explain: Explain,
    frame: Frame | null,
    now: number,
    view: View,
  ): NetworkPicture | null {
    const { geometry, width, scrolled, convolutional, images } = view;
    const context = fitCanvas(canvas, width, geometry.height, false);
    if (!context) return null;
    const { network } = scene;
    if (!frame || !network || network.layers.length !== geometry.columns.length - 1) {
      context.fillStyle = scene.palette.card;
      context.fillRect(0, 0, width, geometry.height);
      return null;
    }
    this.links = linkLayers(network, scene, frame, this.linkScale);
    this.fill(scene, explain, geometry, frame);
    const parts = convolutional ? this.stageView.parts(scene, scene.run.layout!, geometry, this.links, now) : null;
    const more = (column: NetworkColumn) => t('network.more', { n: formatCount(column.units - column.shown) });
    const pictures = images ? this.stageView.tiles.maps : this.tiles.atlases;
    const numbers = explainNumbers(explain, geometry);
    // The marks of the biases would stand out from under the numbers.
    const links = numbers ? this.links.map((layer) => layer && { ...layer, shiftOffset: -1 }) : this.links;
    const picture = assemble(scene, geometry, links, pictures, more, parts);
    const depends = [geometry, scene.palette, scene.values, scene.hit, scrolled, explain.open];
    const counts = linksInView(geometry, scrolled, scrolled + width);
    const gaps = this.linkTurn.take(now, frame, depends, images || numbers !== null, counts);
    drawNetwork(context, picture, scrolled, scrolled + width, gaps);
    if (numbers) drawNumbers(context, picture, numbers, scrolled);
    // The last frame before a pause must not stay without its links.
    if (this.linkTurn.waiting > 0 || scene.pixel.playing) invalidate();
    const last = geometry.columns.at(-1)!;
    const wide = chipWidth(context, last, scene.palette, numbers?.columns[last.index] ?? null);
    if (images) drawOutputLabels(context, scene, geometry, scrolled, numbers && wide - last.size);
    return picture;
  }

  /** Paints the neurons' pictures anew. */
  private fill(scene: Scene, explain: Explain, geometry: Geometry, frame: Frame): void {
    const { network, data } = scene;
    if (data?.kind === 'images') {
      const maps = this.explainedMaps(explain);
      const image = maps ? explainedImage(scene, explain) : scene.look.pixels;
      this.stageView.fill(scene, geometry, this.links, image, frame, scales.scope, maps);
    } else if (data && scene.side > 0 && network!.outputs.length > 0) {
      const { side, inputs, meaning } = scene;
      this.tiles.fillPlane(geometry, scene.palette, {
        side,
        inputs,
        hidden: network!.outputs,
        meaning,
        scales: scene.scales,
        scope: scales.scope,
        pixels: devicePixels(),
      });
    }
  }

  /** Made once for a stage: large images have many numbers. */
  private explainedMaps(explain: Explain): Float32Array[] | null {
    const of = [explain.open, explain.step, explain.stage];
    if (!of.every((part, i) => part === this.maps.of[i])) this.maps = { of, maps: explainMaps(explain) };
    return this.maps.maps;
  }
}

/** The training image that is explained, as it is in the data. */
function explainedImage({ data, look }: Scene, { step }: Explain): Float32Array {
  const size = look.pixels.length;
  const { sample, indices } = step!.rehearsal;
  const index = indices[sample ?? 0] ?? 0;
  return data!.train.inputs.subarray(index * size, (index + 1) * size);
}

/** A whole network in a small place: the drawing of the network card, made smaller until it fits. */
import { layOutNetwork, type Geometry } from '../../draw/geometry';
import type { Context } from '../../draw/heatmap';
import { drawNetwork } from '../../draw/network';
import { layOutStages } from '../../draw/stageGeometry';
import { devicePixels } from '../../draw/theme';
import { NeuronTiles } from '../../draw/tiles';
import { isImage, layerShapes } from '../../model/layout';
import type { Layout } from '../../protocol/messages';
import type { Member } from '../../state/comparison/member.svelte';
import { LinkTurn } from '../network/linkTurn';
import { assemble, linkLayers, LinkScale } from '../network/picture';
import { StageView } from '../network/stageView';

/** How much smaller than on its own card everything is at least. */
const SMALLER = 1.7;
/** Milliseconds: many networks share the time that one has on its card. */
const LINKS_EVERY = 150;
/** Where it is smaller than this, there are more links than can be seen one by one. */
const DENSE = 0.35;

export class NetworkPainter {
  private readonly tiles = new NeuronTiles();
  private readonly stageView = new StageView();
  private readonly linkScale = new LinkScale();
  private readonly linkTurn = new LinkTurn(LINKS_EVERY);
  private geometry: Geometry | null = null;
  private laidOut: readonly unknown[] = [];

  /**
   * Draws what `member.scene` has last computed; `scales` are what full colour stands for in each column. Returns whether
   * that is all: links may have to wait, and stay as they were.
   */
  draw(
    context: Context,
    member: Member,
    width: number,
    height: number,
    scales: readonly number[],
    now: number,
  ): boolean {
    const { scene, layout, shown } = member;
    const { network, data, palette } = scene;
    const known = network && layout && shown && shown.params.length === layout.parameter_count;
    const images = data?.kind === 'images';
    // All its links are one gap to it.
    const gaps = this.linkTurn.take(now, shown, [layout, palette, width, height, known], images, [1]);
    const links = gaps?.length !== 0;
    if (links) {
      context.fillStyle = palette.card;
      context.fillRect(0, 0, width, height);
    }
    if (!known) return true;
    this.drawKnown(context, member, width, height, scales, now, links);
    return this.linkTurn.waiting === 0;
  }

  private drawKnown(
    context: Context,
    member: Member,
    width: number,
    height: number,
    scales: readonly number[],
    now: number,
    links: boolean,
  ): void {
    const { scene } = member;
    const { data, palette } = scene;
    const [network, layout, shown] = [scene.network!, member.layout!, member.shown!];
    const images = data?.kind === 'images';
    const convolutional = layout.stages.some(isImage);
    const geometry = this.layOut(layout, images, convolutional, width, height);
    if (network.layers.length !== geometry.columns.length - 1) return;
    const layers = linkLayers(network, scene, shown, this.linkScale);
    if (images) this.stageView.fill(scene, geometry, layers, scene.look.pixels, shown, 'layer');
    else if (scene.side > 0 && network.outputs.length > 0) {
      const { side, inputs, meaning } = scene;
      const pixels = devicePixels() * this.scaleOf(geometry, width);
      const pictures = { side, inputs, hidden: network.outputs, meaning, scales, scope: 'layer' as const, pixels };
      this.tiles.fillPlane(geometry, palette, pictures);
    }
    const atlases = images ? this.stageView.tiles.maps : this.tiles.atlases;
    const parts = convolutional ? this.stageView.parts(scene, layout, geometry, layers, now) : null;
    const picture = assemble(scene, geometry, layers, atlases, () => '', parts);
    const scale = this.scaleOf(geometry, width);
    context.save();
    context.translate((width - geometry.width * scale) / 2, (height - geometry.height * scale) / 2);
    context.scale(scale, scale);
    if (links && scale < DENSE) {
      // So many links hide each other and what lies between them.
      context.globalAlpha = scale / DENSE / 2;
      drawNetwork(context, picture, 0, geometry.width);
      context.globalAlpha = 1;
    }
    drawNetwork(context, picture, 0, geometry.width, links && scale >= DENSE ? null : []);
    context.restore();
  }

  private scaleOf(geometry: Geometry, width: number): number {
    return Math.min(1 / SMALLER, width / geometry.width);
  }

  private layOut(layout: Layout, images: boolean, convolutional: boolean, width: number, height: number): Geometry {
    // The samples may come after the first drawing.
    const of = [layout, images, width, height];
    if (this.geometry && of.every((part, i) => part === this.laidOut[i])) return this.geometry;
    this.laidOut = of;
    const shapes = layerShapes(layout);
    const units = [shapes[0]?.inputs ?? 0, ...shapes.map((layer) => layer.channels)];
    const within = (wide: number, high: number) =>
      convolutional
        ? layOutStages({ stages: layout.stages, width: wide, height: high, labels: 0 })
        : layOutNetwork({ units, picture: images, width: wide, height: high, labels: 0 });
    const first = within(width * SMALLER, height * SMALLER);
    // What is wider than its place becomes smaller still, and then there is more room from top to bottom.
    const wide = Math.max(first.width, width * SMALLER);
    this.geometry = within(wide, (height * wide) / width);
    return this.geometry;
  }
}

/** What comes out of a run, in a small square: the map of the plane, the curve over one input, or an image and its classes. */
import { formatShare } from '../../draw/format';
import type { Context } from '../../draw/heatmap';
import { SingleImage } from '../../draw/images';
import { PlaneMap } from '../../draw/map';
import { classColour, css } from '../../draw/palette';
import { shorten } from '../../draw/shorten';
import { PLANE } from '../../model/inputs';
import type { Member } from '../../state/comparison/member.svelte';

/** Scaled targets lie in [-1, 1]; so much more is seen. */
const ROOM = 1.25;
/** The classes that an image is most likely of. */
const MOST_CLASSES = 4;

export class OutputPainter {
  private readonly map = new PlaneMap();
  private readonly image = new SingleImage();

  /** Draws what `member.scene` has last computed onto a square of `side` points. */
  draw(context: Context, member: Member, side: number): void {
    const { scene } = member;
    const { data, network, palette, meaning } = scene;
    context.fillStyle = palette.card;
    context.fillRect(0, 0, side, side);
    if (!data || !network || network.outputs.length === 0) return;
    if (data.kind === 'images') return this.drawImage(context, member, side);
    if (data.kind === 'table' && data.width === 1) return this.drawCurves(context, member, side);
    const several = data.task === 'multiclass' || data.task === 'multilabel';
    const count = scene.side * scene.side;
    if (!several) this.map.drawValues(context, palette, meaning, 0, scene.side, 1, side);
    else
      this.map.drawClasses(
        context,
        palette,
        meaning,
        meaning.length / count,
        scene.side,
        side,
        data.task === 'multilabel',
      );
  }

  private drawImage(context: Context, { scene }: Member, side: number): void {
    const { data, palette, look, meaning } = scene;
    const high = Math.round(side * 0.62);
    const left = (side - high) / 2;
    context.save();
    context.translate(left, 0);
    this.image.draw(context, palette, look.pixels, 0, look.shape, high);
    context.restore();
    const truth = data!.test.targets[look.sample] ?? -1;
    const order = Array.from(meaning, (share, k) => ({ share, k })).sort((a, b) => b.share - a.share);
    const rows = order.slice(0, MOST_CLASSES);
    const row = (side - high - 4) / MOST_CLASSES;
    const size = Math.min(12, row - 2);
    context.textBaseline = 'middle';
    rows.forEach(({ share, k }, i) => {
      const y = high + 4 + i * row;
      const name = data!.classNames[k] ?? String(k);
      const [from, width] = [side * 0.34, side * 0.44];
      context.fillStyle = palette.soft;
      context.fillRect(from, y + 2, width, row - 4);
      context.fillStyle = css(classColour(palette, k));
      context.fillRect(from, y + 2, width * (share >= 0 ? share : 0), row - 4);
      context.font = `${k === truth ? 650 : 400} ${size}px ${palette.font}`;
      context.fillStyle = k === truth ? palette.ink : palette.ink2;
      context.textAlign = 'right';
      context.fillText(shorten(context, name, from - 8), from - 6, y + row / 2);
      context.fillText(formatShare(share), side, y + row / 2);
    });
  }

  private drawCurves(context: Context, { scene }: Member, side: number): void {
    const { data, palette, meaning } = scene;
    const { train } = data!;
    const regression = data!.task === 'regression';
    const x = (value: number) => ((value + PLANE) / (2 * PLANE)) * side;
    const y = (value: number) => (regression ? side / 2 - (value / ROOM / 2) * side : side * (0.96 - 0.9 * value));
    context.fillStyle = css(palette.unknown, 0.8);
    for (let s = 0; regression && s < train.count; s++) {
      context.fillRect(x(train.inputs[s]!) - 1.2, y(train.targets[s]!) - 1.2, 2.4, 2.4);
    }
    const count = scene.side * scene.side;
    for (let k = 0; k < meaning.length / count; k++) {
      context.beginPath();
      for (let i = 0; i < scene.side; i++) {
        const value = meaning[k * count + i]!;
        if (Number.isFinite(value)) context.lineTo(x(-PLANE + (2 * PLANE * (i + 0.5)) / scene.side), y(value));
      }
      context.lineWidth = 2;
      context.strokeStyle = regression ? palette.accent : css(classColour(palette, k));
      context.stroke();
    }
  }
}

/**
 * Small drawings that come again in every frame, like a neuron's border, kept as pictures: laying one down is several
 * times as cheap as drawing its rounded line anew.
 */
import type { Context } from './heatmap';

/**
 * Lays the drawing called `key` with the middle of its picture at (x, y), on whole pixels. It is `paint`ed, around
 * (0, 0), when there is none of that name yet; it reaches no further than `reach` from there.
 */
export type Lay = (key: string, x: number, y: number, reach: number, paint: (context: Context) => void) => void;

/** More would be the colours of a theme that is gone, or of sizes that a window had while it was drawn larger. */
const MOST = 500;
const kept = new Map<string, ImageBitmap>();

function picture(scale: number, reach: number, paint: (context: Context) => void): ImageBitmap {
  const side = 2 * Math.ceil(reach * scale);
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d')!;
  context.setTransform(scale, 0, 0, scale, side / 2, side / 2);
  paint(context);
  return canvas.transferToImageBitmap();
}

/** Calls `work`, which lays stamps on `context`, and draws nothing else. */
export function stamping(context: Context, work: (lay: Lay) => void): void {
  const { a: scale, e: left, f: top } = context.getTransform();
  context.save();
  context.resetTransform();
  work((key, x, y, reach, paint) => {
    const name = `${scale} ${key}`;
    let stamp = kept.get(name);
    if (!stamp) {
      if (kept.size >= MOST) kept.clear();
      kept.set(name, (stamp = picture(scale, reach, paint)));
    }
    const half = stamp.width / 2;
    context.drawImage(stamp, Math.round(left + scale * x - half), Math.round(top + scale * y - half));
  });
  context.restore();
}

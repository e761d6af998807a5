/** Texts of a drawing that must not reach into what stands beside them. */
import type { Context } from './heatmap';

const DOTS = '…';

/** As much of a text as fits into `room` points in the context's font. */
export function shorten(context: Pick<Context, 'measureText'>, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  const signs = Array.from(text);
  let kept = signs.length - 1;
  while (kept > 1 && context.measureText(signs.slice(0, kept).join('') + DOTS).width > room) kept--;
  return signs.slice(0, kept).join('') + DOTS;
}

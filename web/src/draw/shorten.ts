/** Texts of a drawing that must not reach into what stands beside them. */

/** Knows how wide a text is in its font. */
export interface Measuring {
  measureText(text: string): { readonly width: number };
}

const DOTS = '…';

/** About how wide a text is; a Chinese sign is as wide as high. */
export function textWidth(text: string, size: number): number {
  return Array.from(text).reduce((sum, sign) => sum + (sign > '\u2e80' ? 1 : 0.56), 0) * size;
}

/** Where a text may be parted: behind a space, or beside a Chinese sign, but not before what closes. */
const PARTS = /[^\s\u2e80-\uffff]+\s*|[\u2e80-\uffff][，。、；：！？）》」]*\s*/gu;

/** A text in as many lines as it takes in a room of that width. */
export function inLines(context: Measuring, text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of text.match(PARTS) ?? []) {
    if (line !== '' && context.measureText((line + part).trimEnd()).width > room) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += part;
  }
  return [...lines, line.trimEnd()];
}

/** A text in one line, or in two where one has no room for it; the second is shortened. */
export function inTwoLines(context: Measuring, text: string, room: number): string[] {
  if (context.measureText(text).width <= room) return [text];
  const parts = text.match(PARTS) ?? [text];
  const fits = (from: number, to?: number) =>
    context.measureText(parts.slice(from, to).join('').trimEnd()).width <= room;
  let taken = 0;
  while (taken < parts.length && fits(0, taken + 1)) taken++;
  if (taken === 0) return [shorten(context, text, room)];
  // Rather behind a comma, where what follows it fits, too.
  const commas = parts.slice(0, taken).findLastIndex((part) => /[,，、]\s*$/u.test(part)) + 1;
  if (commas > 0 && fits(commas)) taken = commas;
  return [parts.slice(0, taken).join('').trimEnd(), shorten(context, parts.slice(taken).join(''), room)];
}

/** As much of a text as fits into `room` points in the context's font. */
export function shorten(context: Measuring, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  const signs = Array.from(text);
  let kept = signs.length - 1;
  while (kept > 1 && context.measureText(signs.slice(0, kept).join('') + DOTS).width > room) kept--;
  return signs.slice(0, kept).join('') + DOTS;
}

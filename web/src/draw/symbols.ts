/** Symbols at axes: what follows "_" is a subscript, of several signs in braces. Pure. */
import type { Surface } from './surface';

/** Of the size of the text: how large a subscript is, and how far it hangs below. */
const [SMALLER, DROP] = [0.76, 0.12];
const SUBSCRIPT = /_(?:\{([^}]*)\}|(.))/u;

/** What stands on the line, and below it, one after the other. */
export function partsOf(symbol: string): { text: string; below: boolean }[] {
  return symbol
    .split(SUBSCRIPT)
    .map((text, i) => ({ text: text ?? '', below: i % 3 !== 0 }))
    .filter(({ text }) => text !== '');
}

/** Writes a symbol from x to the right, in the surface's colour and on its baseline. */
export function drawSymbol(surface: Surface, font: string, symbol: string, x: number, y: number, size: number): void {
  surface.textAlign = 'left';
  let at = x;
  for (const { text, below } of partsOf(symbol)) {
    surface.font = `${below ? SMALLER * size : size}px ${font}`;
    surface.fillText(text, at, below ? y + DROP * size : y);
    at += surface.measureText(text).width;
  }
  surface.font = `${size}px ${font}`;
}

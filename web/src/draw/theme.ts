/** The palette of the page's present theme, and a canvas that fits its box in device pixels. */
import { buildPalette, type Palette } from './palette';

let palette: Palette | null = null;
const listeners = new Set<() => void>();

/** Colours as the CSS tokens are now. */
export function currentPalette(): Palette {
  if (!palette) {
    const style = getComputedStyle(document.documentElement);
    palette = buildPalette((name) => style.getPropertyValue(name));
    watchTheme();
  }
  return palette;
}

/** Calls `listener` after the theme has changed. Returns how to stop. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

let watching = false;

function watchTheme(): void {
  if (watching) return;
  watching = true;
  const changed = () => {
    palette = null;
    for (const listener of listeners) listener();
  };
  new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ['data-theme', 'class'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
}

/** Pixels of the screen a point, as far as a canvas uses them. */
export function devicePixels(): number {
  return Math.min(3, window.devicePixelRatio || 1);
}

/**
 * Gives a canvas as many pixels as its box of `width` by `height` points has on this screen, and a context in points.
 * Null when there is nothing to draw on. With `alpha` false nothing behind the canvas shows through, which the browser puts
 * on the screen faster; its drawer paints the background.
 */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  alpha = true,
): CanvasRenderingContext2D | null {
  const ratio = devicePixels();
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (wide < 1 || high < 1) return null;
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext('2d', { alpha });
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

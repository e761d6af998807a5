/** Beside the output's neurons: the classes' names, with bars for how probable each is for the chosen sample. */
import type { Geometry } from '../../draw/geometry';
import type { Context } from '../../draw/heatmap';
import { css, classColour } from '../../draw/palette';
import type { Scene } from '../../state/scene.svelte';

const BAR = 44;

export function drawOutputLabels(context: Context, scene: Scene, geometry: Geometry, left: number): void {
  const column = geometry.columns.at(-1)!;
  const { palette, data } = scene;
  const x = column.x + column.size / 2 + 8 - left;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (let unit = 0; unit < column.shown; unit++) {
    const y = column.y[unit]!;
    const probability = scene.meaning[unit] ?? NaN;
    context.fillStyle = palette.ink2;
    context.fillText(data?.classNames[unit] ?? String(unit), x, y);
    context.fillStyle = palette.soft;
    context.fillRect(x + 14, y - 4, BAR, 8);
    if (probability > 0) {
      context.fillStyle = css(classColour(palette, unit));
      context.fillRect(x + 14, y - 4, BAR * Math.min(1, probability), 8);
    }
  }
}

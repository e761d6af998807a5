/** The confusion matrix: rows are the truth, columns what the network says; every row's shades add up to one. */
import type { Context } from './heatmap';
import { css, mix, type Palette } from './palette';

export function drawConfusion(
  context: Context,
  counts: Int32Array,
  names: readonly string[],
  palette: Palette,
  size: number,
): void {
  const classes = names.length;
  const cell = size / (classes + 1);
  context.clearRect(0, 0, size, size);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const font = `${Math.max(8, Math.min(12, cell * 0.45))}px ${palette.font}`;
  for (let truth = 0; truth < classes; truth++) {
    context.font = font;
    context.fillStyle = palette.ink3;
    context.fillText(names[truth]!, cell * 0.5, cell * (truth + 1.5));
    context.fillText(names[truth]!, cell * (truth + 1.5), cell * 0.5);
    let total = 0;
    for (let k = 0; k < classes; k++) total += counts[truth * classes + k]!;
    for (let said = 0; said < classes; said++) {
      const count = counts[truth * classes + said]!;
      const share = total > 0 ? count / total : 0;
      const end = truth === said ? palette.positive : palette.negative;
      context.beginPath();
      context.roundRect(cell * (said + 1) + 1, cell * (truth + 1) + 1, cell - 2, cell - 2, 3);
      // Few mistakes are what one looks for: they are drawn stronger than their share.
      context.fillStyle = css(
        mix(palette.zero, end, truth === said ? share : Math.min(1, 0.15 + 2 * share) * Math.sign(count)),
      );
      context.fill();
      if (count === 0) continue;
      context.fillStyle = share > 0.5 ? palette.card : palette.ink;
      context.fillText(String(count), cell * (said + 1.5), cell * (truth + 1.5));
    }
  }
}

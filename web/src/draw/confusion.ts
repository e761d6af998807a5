/** The confusion matrix: rows are the truth, columns what the network says; every row's shades add up to one. */
import type { Context } from './heatmap';
import { css, mix, type Palette } from './palette';
import { shorten } from './shorten';

/** A cell, by the places of its row and column. */
export interface ConfusionCell {
  readonly truth: number;
  readonly said: number;
}

export interface Confusion {
  /** [classes, classes], row = truth */
  readonly counts: Int32Array;
  readonly names: readonly string[];
  /** Percent of a row instead of counts. */
  readonly shares?: boolean;
  readonly selected?: ConfusionCell | null;
}

/** The share of a row that lies in a cell; 0 in a row without samples. */
export function shareOfRow(counts: Int32Array, classes: number, { truth, said }: ConfusionCell): number {
  let total = 0;
  for (let k = 0; k < classes; k++) total += counts[truth * classes + k]!;
  return total > 0 ? counts[truth * classes + said]! / total : 0;
}

export function drawConfusion(
  context: Context,
  { counts, names, shares = false, selected = null }: Confusion,
  palette: Palette,
  size: number,
): void {
  const classes = names.length;
  const cell = size / (classes + 1);
  context.clearRect(0, 0, size, size);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.font = `${Math.max(8, Math.min(12, cell * 0.45))}px ${palette.font}`;
  for (let truth = 0; truth < classes; truth++) {
    context.fillStyle = palette.ink3;
    const name = shorten(context, names[truth]!, cell - 6);
    context.fillText(name, cell * 0.5, cell * (truth + 1.5), cell);
    context.fillText(name, cell * (truth + 1.5), cell * 0.5, cell);
    for (let said = 0; said < classes; said++) {
      const count = counts[truth * classes + said]!;
      const share = shareOfRow(counts, classes, { truth, said });
      const end = truth === said ? palette.positive : palette.negative;
      context.beginPath();
      context.roundRect(cell * (said + 1) + 1, cell * (truth + 1) + 1, cell - 2, cell - 2, 3);
      // Few mistakes are what one looks for: they are drawn stronger than their share.
      context.fillStyle = css(
        mix(palette.zero, end, truth === said ? share : Math.min(1, 0.15 + 2 * share) * Math.sign(count)),
      );
      context.fill();
      if (selected?.truth === truth && selected.said === said) {
        context.strokeStyle = palette.ink;
        context.lineWidth = 2;
        context.stroke();
      }
      if (count === 0) continue;
      context.fillStyle = share > 0.5 ? palette.card : palette.ink;
      const text = shares ? String(Math.round(100 * share)) : String(count);
      context.fillText(text, cell * (said + 1.5), cell * (truth + 1.5), cell - 3);
    }
  }
}

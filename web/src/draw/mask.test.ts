import { describe, expect, it } from 'vitest';
import { maskUnitAt, squareOf, type MaskRow } from './mask';

const rows: MaskRow[] = [30, 7].map((units, i) => ({
  label: `layer ${i + 1}`,
  colour: [0, 0, 0],
  values: new Float32Array(units),
}));
const [WIDTH, HEIGHT, SIZE] = [220, 140, 11];

describe('a mask', () => {
  it('has every unit under the middle of its own square, and none beside them', () => {
    rows.forEach(({ values }, row) => {
      for (let unit = 0; unit < values.length; unit++) {
        const { x, y, side } = squareOf(rows, { row, unit }, WIDTH, HEIGHT, SIZE);
        expect(x + side).toBeLessThanOrEqual(WIDTH);
        expect(y + side).toBeLessThanOrEqual(HEIGHT);
        expect(maskUnitAt(rows, x + side / 2, y + side / 2, WIDTH, HEIGHT, SIZE)).toEqual({ row, unit });
      }
    });
    const last = squareOf(rows, { row: 1, unit: 6 }, WIDTH, HEIGHT, SIZE);
    expect(maskUnitAt(rows, last.x + 1.5 * last.side, last.y + 1, WIDTH, HEIGHT, SIZE)).toBeNull();
    expect(maskUnitAt(rows, 1, last.y + 1, WIDTH, HEIGHT, SIZE)).toBeNull();
    expect(maskUnitAt(rows, last.x, 0, WIDTH, HEIGHT, SIZE)).toBeNull();
    expect(maskUnitAt([], 50, 50, WIDTH, HEIGHT, SIZE)).toBeNull();
  });
});

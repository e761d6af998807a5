import { describe, expect, it } from 'vitest';
import { gates } from '../generated/formulas';
import { exampleLines, gateCurves, linesOf, REACH, strongestInput, verticalEnd } from './gateLines';
import type { LayerPlan } from './plan';

/** Two units of two weighted sums each, from three inputs: weights 0 … 11 but for one, biases behind them. */
const plan = {
  units: 2,
  pieces: 2,
  fanIn: 3,
  weight: { offset: 0 },
  shift: { offset: 12 },
  gain: null,
  normalized: 'no',
} as unknown as LayerPlan;
const params = Float32Array.from([0, 1, 2, 3, -40, 5, 6, 7, 8, 9, 10, 11, 0.5, 0.25, -1, -2]);

describe('what a gate makes of its sums', () => {
  it('is over the input that matters most, and over lines of the unit itself', () => {
    expect(strongestInput(plan, 0, params)).toBe(2);
    expect(strongestInput(plan, 1, params)).toBe(1);
    expect(linesOf(plan, 1, 1, { params, running: new Float32Array(0) })).toEqual([
      { slope: -40, offset: 0.25 },
      { slope: 10, offset: -2 },
    ]);
  });

  it.each(Object.keys(gates))('is drawn with each of its lines: %s', (id) => {
    for (const pieces of [2, 5]) {
      const curves = gateCurves(gates[id]!, exampleLines(pieces));
      expect(curves.lines).toHaveLength(pieces);
      expect(curves.x[0]).toBe(-REACH);
      expect(curves.x.at(-1)).toBe(REACH);
      for (const at of [0, 60, 120]) {
        const alone = new Float32Array(1);
        gates[id]!(
          Float32Array.from(curves.lines, (line) => line[at]!),
          alone,
          1,
          pieces,
        );
        expect(curves.value[at]).toBe(alone[0]);
      }
      expect(verticalEnd(curves)).toBeGreaterThanOrEqual(Math.abs(curves.value[0]!));
    }
  });

  it('has an axis that ends at a round number', () => {
    const flat = { x: new Float32Array(1), lines: [Float32Array.of(-3)], value: Float32Array.of(NaN) };
    expect(verticalEnd(flat)).toBe(4);
    expect(verticalEnd({ ...flat, lines: [Float32Array.of(Infinity)] })).toBe(1e6);
  });
});

import { describe, expect, it } from 'vitest';
import { activations, features, gates, schedules } from '../generated/formulas';
import golden from '../generated/formulas.golden.json';

interface Case {
  parameters: Record<string, number>;
  z: number[];
  out: number[];
}

/** Near enough for float32: 1e-5 of the value, or of 1. */
function near(actual: ArrayLike<number>, expected: number[]): boolean {
  return expected.every((value, i) => Math.abs(actual[i]! - value) <= 1e-5 * Math.max(1, Math.abs(value)));
}

const cases = golden.activations as unknown as Record<string, Case[]>;

describe.each(Object.keys(activations))('the twin of the activation %s', (id) => {
  it('gives what the kernel gives', () => {
    expect(cases[id]!.length).toBeGreaterThan(0);
    for (const { parameters, z, out } of cases[id]!) {
      const input = Float32Array.from(z);
      activations[id]!.forward(input, input, input.length, parameters);
      expect(near(input, out), `${JSON.stringify(parameters)}: ${input}`).toBe(true);
    }
  });

  it('has the derivative of its formula', () => {
    for (const { parameters } of cases[id]!) {
      // Away from corners, such as 0; in float64, so that central differences are exact enough.
      const z = [-2.8, -1.2, -0.4, 0.3, 0.9, 2.5];
      const h = 1e-3;
      const at = (offset: number) => {
        const values = new Float64Array(z.map((x) => x + offset)) as unknown as Float32Array;
        activations[id]!.forward(values, values, z.length, parameters);
        return values;
      };
      const [above, below] = [at(h), at(-h)];
      const slopes = new Float32Array(z.length);
      activations[id]!.derivative(Float32Array.from(z), slopes, z.length, parameters);
      z.forEach((_, i) => expect(slopes[i]).toBeCloseTo((above[i]! - below[i]!) / (2 * h), 4));
    }
  });

  it('passes on what is not a number, and overflows nowhere', () => {
    const { parameters } = cases[id]![0]!;
    const z = Float32Array.from([NaN, -1e30, 1e30]);
    activations[id]!.forward(z, z, 3, parameters);
    expect(z[0]).toBeNaN();
    expect(Number.isFinite(z[1]) && Number.isFinite(z[2])).toBe(true);
  });
});

describe.each(Object.keys(gates))('the twin of the gate %s', (id) => {
  it('gives what the kernel gives, and passes on what is not a number', () => {
    for (const { parameters, z, out } of cases[id]!) {
      const pieces = parameters['pieces'] ?? 2;
      const input = Float32Array.from(z);
      const output = new Float32Array(out.length);
      gates[id]!(input, output, out.length, pieces);
      expect(near(output, out)).toBe(true);
      input[(pieces - 1) * out.length] = NaN;
      gates[id]!(input, output, out.length, pieces);
      expect(Array.from(output, Number.isNaN).indexOf(true)).toBe(0);
      expect(Array.from(output).filter(Number.isNaN)).toHaveLength(1);
    }
  });
});

describe.each(Object.keys(features))('the twin of the feature %s', (id) => {
  it('gives what the kernels give', () => {
    const values = (golden.features.values as Record<string, number[]>)[id]!;
    const twin = golden.features.points.map(([x1, x2]) => features[id]!(x1!, x2!));
    expect(near(twin, values)).toBe(true);
  });
});

const overTime = golden.schedules as unknown as Record<string, Record<string, (Case & { t: number[] })[]>>;

describe.each(Object.entries(schedules))('the twins of the family %s', (family, variants) => {
  it.each(Object.keys(variants))('%s gives what the kernel gives', (id) => {
    const cases = overTime[family]![id]!;
    expect(cases.length).toBeGreaterThan(0);
    for (const { parameters, t, out } of cases) {
      const twin = t.map((step) => variants[id]!.at(step, parameters));
      expect(near(twin, out), `${JSON.stringify(parameters)}: ${twin}`).toBe(true);
      expect(variants[id]!.span(parameters)).toBeGreaterThan(0);
    }
  });

  it('move between 0 and 1 where they cycle', () => {
    for (const [id, { cycle, span }] of Object.entries(variants)) {
      if (!cycle) continue;
      const parameters = overTime[family]![id]![0]!.parameters;
      const values = Array.from({ length: 101 }, (_, i) => cycle((i * span(parameters)) / 100, parameters));
      expect(Math.min(...values)).toBeCloseTo(0, 1);
      expect(Math.max(...values)).toBeCloseTo(1, 1);
    }
  });
});

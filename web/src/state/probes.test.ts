import { describe, expect, it } from 'vitest';
import type { Measurement, ProbeLayout } from '../protocol/messages';
import { ProbeHistory, Probes, type Side } from './probes';

const layout: ProbeLayout = {
  rows: [
    { layer: 1, tensor: null },
    { layer: 2, tensor: null },
  ],
  quantities: ['low', 'high'],
  arrays: ['count'],
  length: 3,
};
const lines: ProbeLayout = { rows: [{ layer: null, tensor: null }], quantities: ['one'], arrays: [], length: 0 };

function measured(step: number, ...values: number[]): Measurement {
  return { step, every: 0.25, cost: 0.001, values: Float32Array.from(values) };
}

describe('the history of a probe', () => {
  it('finds numbers by the row, the quantity and the place in the array', () => {
    const history = new ProbeHistory(layout);
    history.take(measured(7, 0, 1, 2, 3, 4, 10, 11, 12, 13, 14));
    expect([history.width, history.size, history.length]).toEqual([5, 10, 1]);
    const read = (row: number, quantity: string, index?: number) =>
      history.moment(0)[history.place(row, quantity, index)];
    expect([read(0, 'low'), read(1, 'high'), read(1, 'count'), read(1, 'count', 2)]).toEqual([0, 11, 12, 14]);
    expect([history.place(0, 'count', 3), history.place(0, 'other')]).toEqual([-1, -1]);
  });

  it('has its arrays one after the other, and keeps fewer moments of large ones', () => {
    const two = new ProbeHistory({ ...layout, quantities: ['low'], arrays: ['count', 'sum'], length: 2 });
    two.take(measured(1, 0, 1, 2, 3, 4, 10, 11, 12, 13, 14));
    expect([...two.arrayOf(two.moment(0), 1, 'sum')]).toEqual([13, 14]);
    expect(two.moment(0)[two.place(0, 'sum', 1)]).toBe(4);
    expect(two.arrayOf(two.moment(0), 0, 'other')).toHaveLength(0);
    const large = new ProbeHistory({ ...layout, length: 2 ** 18 });
    const values = new Float32Array(large.size);
    for (let step = 0; step < 12; step++) large.take({ step, every: 0.25, cost: 0.001, values });
    expect(large.length).toBeLessThanOrEqual(4);
  });

  it('replaces what was measured at the last step, and ignores what is older or of another size', () => {
    const history = new ProbeHistory(lines);
    for (const [step, value] of [
      [1, 10],
      [3, 30],
      [3, 31],
      [2, 20],
    ] as const)
      history.take(measured(step, value));
    history.take(measured(4, 1, 2));
    expect([...history.steps()]).toEqual([1, 3]);
    expect([...history.column(0)]).toEqual([10, 31]);
    expect(history.newest?.step).toBe(3);
  });

  it('is merged where it grows too long, evenly, and keeps every extreme', () => {
    const capacity = 16;
    const history = new ProbeHistory(lines, capacity);
    const spikes = new Map([
      [5, 100],
      [6, -100],
      [901, 50],
    ]);
    for (let step = 0; step < 1000; step++) {
      history.take(measured(step, spikes.get(step) ?? 0));
      expect(history.steps().at(-1)).toBe(step);
      expect(history.column(0).at(-1)).toBe(spikes.get(step) ?? 0);
    }
    expect(history.length).toBeGreaterThan(capacity / 2 - 1);
    expect(history.length).toBeLessThanOrEqual(capacity);
    const between = [...history.steps()].slice(0, -1).map((step, i, all) => step - (all[i - 1] ?? -1));
    expect(new Set(between)).toEqual(new Set([64]));
    const where = (side: Side, extreme: number) => [...history.column(0, side)].indexOf(extreme);
    expect([where('high', 100), where('low', -100), where('high', 50)]).toEqual([0, 0, Math.floor(901 / 64)]);
    expect([...history.column(0)].every((value) => value === 0)).toBe(true);
  });

  it('takes numbers that are not defined for no extreme', () => {
    const history = new ProbeHistory(lines, 2);
    [NaN, 2, 3, NaN].forEach((value, step) => history.take(measured(step, value)));
    expect([history.length, history.rewrites]).toEqual([2, 1]);
    expect([history.moment(0, 'low')[0], history.moment(0, 'high')[0]]).toEqual([2, 2]);
    expect([history.moment(1, 'low')[0], history.moment(1, 'high')[0]]).toEqual([3, 3]);
    expect(history.moment(1)[0]).toBeNaN();
  });

  it('tells who draws what has changed', () => {
    const history = new ProbeHistory(lines, 8);
    const versions = new Set<number>();
    for (let step = 0; step < 20; step++) {
      history.take(measured(step, step));
      versions.add(history.version);
    }
    expect(versions.size).toBe(20);
    expect(history.rewrites).toBeGreaterThan(0);
  });
});

describe('the histories of a run', () => {
  const frame = (generation: number, step: number) => ({ generation, probes: { some: measured(step, step) } });

  it('begin anew with new weights or another network, and stay otherwise', () => {
    const probes = new Probes();
    probes.begin({ some: lines }, 1);
    probes.take(frame(1, 5));
    probes.begin({ some: { ...lines } }, 1);
    expect(probes.of('some')?.length).toBe(1);
    probes.take(frame(2, 3));
    expect([...probes.of('some')!.steps()]).toEqual([3]);
    probes.begin({ some: layout }, 2);
    expect(probes.of('some')?.length).toBe(0);
  });

  it('know only what the run can measure', () => {
    const probes = new Probes();
    probes.begin({}, 1);
    probes.take(frame(1, 5));
    expect(probes.of('some')).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { Curves } from '../../draw/curves';
import { Probes } from '../../state/probes';
import { probeColumns, trackOf, withGaps } from './tracks';

describe('what a probe has measured', () => {
  const layout = { rows: [{ layer: 1, tensor: null }], quantities: ['a', 'b'], arrays: [], length: 0 };
  const probes = new Probes();
  probes.begin({ some: layout }, 1);
  for (const step of [0, 1, 2, 3, 50, 51, 52]) {
    const measured = { step, every: 1, cost: 0, values: Float32Array.of(step, 10 * step) };
    probes.take({ generation: 1, probes: { some: measured } });
  }

  it('is drawn as the record is, with a gap where nobody watched', () => {
    const history = probes.of('some')!;
    const [value] = probeColumns(history, history.place(0, 'b'));
    const track = trackOf({ probes } as Parameters<typeof trackOf>[0], 'some')!;
    const [x, curve] = new Curves([{ read: (read) => read(value), reduce: 'mean' }], false).data(
      track,
      20,
      (step) => step,
    );
    expect(x).toEqual([0, 1, 2, 3, 3.5, 50, 51, 52]);
    expect(curve).toEqual([0, 10, 20, 30, null, 500, 510, 520]);
  });

  it('is nothing of a probe that the run does not know', () => {
    expect(trackOf({ probes } as Parameters<typeof trackOf>[0], 'other')).toBeNull();
  });

  it('has no gap where measurements only come less often', () => {
    expect(withGaps([0, 1, 2, 22, 42, 62])).toEqual([0, 1, 2, 3, 4, 5]);
    expect(withGaps([0, 100])).toEqual([0, 1]);
    expect(withGaps([])).toEqual([]);
  });

  it('has no gap where a few measurements come at a time', () => {
    const pairs = Array.from({ length: 12 }, (_, i) => 60 * Math.floor(i / 2) + 2 * (i % 2));
    expect(withGaps(pairs)).toEqual(pairs.map((_, at) => at));
  });
});

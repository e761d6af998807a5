import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as api from '../protocol/api';
import type { Rehearsal } from '../protocol/rehearsal';
import { homework } from '../testing/homework';
import { makeNetwork } from '../testing/networks';
import { Explain } from './explain.svelte';
import type { RunStore } from './run.svelte';

vi.mock('../protocol/api', async (original) => ({
  ...(await original<typeof api>()),
  rehearse: vi.fn(),
  checkDerivative: vi.fn(),
}));

const rehearse = vi.mocked(api.rehearse);
const told = { en: 'too many', zh: '过多' };
const { rehearsal } = homework();

/** A run that stands still, of two inputs, hidden layers and one output. */
function standing(...hidden: number[]) {
  const { layout } = makeNetwork(
    [2],
    [...hidden, 1].map((units) => ({ kind: 'dense', units })),
  );
  const config = structuredClone(homework().config);
  config.network.layers = hidden.map(() => ({ kind: 'full' }));
  return { state: 'paused', canSteer: true, id: 'r1', layout, config, catalog: homework().catalog };
}

let run: ReturnType<typeof standing>;
let walk: Explain;

beforeEach(() => {
  vi.useFakeTimers();
  run = standing(2);
  walk = new Explain(run as unknown as RunStore);
});
afterEach(() => void vi.useRealTimers());

/** Lets a batch of so many samples be rehearsed; all of them together are refused where that would be too much. */
function serve(count: number, refusesAll = false): void {
  rehearse.mockReset();
  rehearse.mockImplementation((_, sample) => {
    if (refusesAll && sample === null) return Promise.reject(new api.Problem(413, told, 'sample', 0));
    if ((sample ?? 0) >= count) return Promise.reject(new api.Problem(422, told, 'sample', 0));
    return Promise.resolve({ ...rehearsal, count, sample } as Rehearsal);
  });
}

async function come(): Promise<void> {
  walk.refresh();
  await vi.runAllTimersAsync();
}

const asked = () => rehearse.mock.calls.map(([, sample]) => sample);

describe('the sample that is followed', () => {
  it('is the first one whenever the walk is opened', async () => {
    serve(32);
    walk.show();
    await come();
    walk.choose(20);
    await vi.runAllTimersAsync();
    expect(walk.step!.rehearsal.sample).toBe(20);
    walk.hide();
    serve(10);
    walk.show();
    await come();
    expect(asked()).toEqual([0]);
  });

  it('is the first one where the batch has become too small for it, without a word', async () => {
    serve(32);
    walk.show();
    await come();
    walk.choose(20);
    await vi.runAllTimersAsync();
    serve(10);
    await come();
    expect(asked()).toEqual([20, 0]);
    expect([walk.step!.rehearsal.sample, walk.sample, walk.failure]).toEqual([0, 0, null]);
  });

  it('is the first one where all together would be too many, and that is told', async () => {
    serve(32, true);
    walk.show();
    walk.sample = null;
    await come();
    expect(asked()).toEqual([null, 0]);
    expect(walk.step!.rehearsal.sample).toBe(0);
    expect(walk.failure).toEqual({ text: told, retry: false });
    walk.choose(1);
    await vi.runAllTimersAsync();
    expect(walk.failure).toBeNull();
  });

  it('is not asked for again and again where none can be shown', async () => {
    serve(0);
    walk.show();
    await come();
    expect(asked()).toEqual([0]);
    expect(walk.failure).toEqual({ text: told, retry: true });
  });
});

describe('the weight that is looked at', () => {
  const tensor = (name: string) => run.layout.tensors.find((one) => one.name === name)!;
  const stage = (kind: string) => walk.stages.find((one) => one.kind === kind)!;

  beforeEach(async () => {
    serve(32);
    walk.show();
    await come();
  });

  it('leaves the check of another one behind', async () => {
    vi.mocked(api.checkDerivative).mockResolvedValue({ analytic: 1 } as never);
    walk.pickWeight(tensor('layer1.weight'), 0);
    await walk.verify();
    expect(walk.check).not.toBeNull();
    walk.lookAt(tensor('layer1.weight'), 3);
    expect([walk.check, walk.checkFailure, walk.unit, walk.chain]).toEqual([null, null, 1, true]);
    await walk.verify();
    expect(walk.check).not.toBeNull();
    walk.pickUnit(1, 0);
    expect(walk.check).toBeNull();
  });

  it('is the picked one in the stages of the optimizer, whatever its layer', () => {
    expect(walk.weightOf(stage('update'))).toMatchObject({ tensor: { name: 'output.weight' }, index: 0 });
    walk.lookAt(tensor('layer1.weight'), 3);
    for (const kind of ['update', 'renewed']) {
      expect(walk.weightOf(stage(kind))).toMatchObject({ tensor: { name: 'layer1.weight' }, index: 3 });
    }
    expect(walk.weightOf(stage('gradient'))).toMatchObject({ tensor: { name: 'output.weight' } });
  });

  it('is the first one of a neuron that is picked', () => {
    walk.go(walk.stages.findIndex(({ kind }) => kind === 'update'));
    walk.pickUnit(1, 1);
    expect(walk.stage!.kind).toBe('update');
    expect(walk.weightOf(walk.stage!)).toMatchObject({ tensor: { name: 'layer1.weight' }, index: 2 });
  });

  it('stays where it was when the network changes, as long as it is there', async () => {
    walk.pickWeight(tensor('output.weight'), 1);
    Object.assign(run, standing(2, 2));
    await come();
    expect(walk.weight).toEqual({ tensor: tensor('output.weight'), index: 1 });
    expect(walk.weight!.tensor.layer).toBe(3);
    Object.assign(run, standing(1));
    await come();
    expect([walk.weight, walk.chain]).toEqual([null, false]);
  });
});

describe('what is pressed in a drawing of images', () => {
  const pixel = { kind: 'pixel', column: 1, unit: 1, y: 2, x: 3 } as const;
  const looked = () => walk.weight && [walk.weight.tensor.name, walk.weight.index];

  beforeEach(async () => {
    const { layout } = makeNetwork(
      [1, 4, 4],
      [
        { kind: 'conv', units: 2, kernel: 3, padding: 1 },
        { kind: 'dense', units: 3 },
      ],
    );
    run.layout = layout;
    run.config.network.layers = [{ kind: 'conv' }];
    serve(4);
    walk.show();
    await come();
  });

  it('is a number of a kernel, for its chain', () => {
    expect(walk.pick({ kind: 'kernel', column: 1, unit: 1, from: 4 })).toBe(true);
    expect([walk.chain, ...looked()!]).toEqual([true, 'layer1.weight', 13]);
  });

  it('is a pixel, for its formula, or for the weight from there where those of the layer behind it are looked at', () => {
    walk.pick(pixel);
    expect([walk.chain, walk.unit]).toEqual([false, 27]);
    walk.goTo('gradient', 2, 2);
    walk.pick(pixel);
    expect([walk.chain, ...looked()!]).toEqual([true, 'output.weight', 2 * 32 + 27]);
    // On along the chain to the weight from another pixel, of the same unit.
    walk.pick({ ...pixel, x: 0 });
    expect([walk.chain, ...looked()!]).toEqual([true, 'output.weight', 2 * 32 + 24]);
  });
});

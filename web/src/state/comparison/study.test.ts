import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../protocol/messages';
import { stubServer } from '../../testing/wires';
import { BackgroundStudy, lengthOf, reachOf } from './study.svelte';

const result = (config: number, seed: number, values: (number | null)[], diverged_at: number | null = null) => ({
  config,
  seed,
  state: diverged_at === null ? 'done' : 'diverged',
  diverged_at,
  stopped_at: null,
  values: [values, values.map(() => 1)],
});
const asked = { configs: [{}, { seed: 2 }], seeds: 2, steps: 10, points: 2, clock: 'steps' } as const;

let calls: string[] = [];
let answers: object[] = [];
let refused = false;
let away = false;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  refused = false;
  away = false;
  stubServer((path, init) => {
    if (away) throw new TypeError('no network');
    calls.push(`${init?.method ?? 'GET'} ${path}`);
    if (init?.method === 'POST' && refused) {
      return { status: 422, body: { error: { message: { en: 'too much', zh: '太多' }, field: 'steps' } } };
    }
    if (init?.method === 'POST') return { status: 201, body: { id: 's1', control_token: 'secret' } };
    if (init?.method === 'DELETE') return { status: 204 };
    return { status: 200, body: answers.shift() ?? {} };
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const news = (more: object) => ({
  state: 'running',
  version: 1,
  done: 0,
  total: 4,
  steps: [0, 10],
  seeds: [1, 2],
  quantities: ['loss', 'test_loss'],
  claim: null,
  waits_for: null,
  results: [],
  ...more,
});

describe('a study', () => {
  it('takes the news until it is done', async () => {
    answers = [
      news({ results: [result(0, 1, [3]), result(1, 1, [4, null], 7)] }),
      news({ version: 5, state: 'done', done: 4, results: [result(0, 1, [3, 2]), result(0, 2, [5, 4])] }),
    ];
    const study = new BackgroundStudy(asked);
    const over = study.begin();
    await vi.advanceTimersByTimeAsync(100);
    expect([study.running, study.done, study.total]).toEqual([true, 0, 4]);
    expect(study.ends(0, 'loss')).toEqual([]);
    await vi.advanceTimersByTimeAsync(5000);
    await over;
    expect([study.running, study.done]).toEqual([false, 4]);
    expect(study.ends(0, 'loss')).toEqual([2, 4]);
    expect(study.ends(1, 'loss')).toEqual([]);
    expect(study.ends(0, 'moonlight')).toEqual([]);
    expect([study.astray(0), study.astray(1), study.astray()]).toEqual([0, 1, 1]);
    // Of the second seed one configuration is known.
    expect(study.finished).toBe(1);
  });

  it('can be called off, and keeps what was measured', async () => {
    answers = [news({ results: [result(0, 1, [3, 1])] })];
    const study = new BackgroundStudy(asked);
    const over = study.begin();
    await vi.advanceTimersByTimeAsync(100);
    study.cancel();
    await vi.advanceTimersByTimeAsync(5000);
    await over;
    expect(calls.slice(2)).toEqual(['DELETE /api/studies/s1']);
    expect([study.running, study.problem]).toEqual([false, null]);
    expect(study.ends(0, 'loss')).toEqual([1]);
  });

  it('says that the server is gone, and can still be called off when it is back', async () => {
    answers = [news({ results: [result(0, 1, [3, 1])] })];
    const study = new BackgroundStudy(asked);
    const over = study.begin();
    await vi.advanceTimersByTimeAsync(100);
    away = true;
    await vi.advanceTimersByTimeAsync(120_000);
    await over;
    expect([study.running, study.problem?.en]).toEqual([false, 'The server cannot be reached.']);
    away = false;
    calls = [];
    study.cancel();
    study.cancel();
    expect(calls).toEqual(['DELETE /api/studies/s1']);
  });

  it('is as long as the furthest run has come, by samples whatever the batches', () => {
    const run = (batch: number, step: number) => ({
      plan: { training: { batch_size: batch } } as RunConfig,
      step,
    });
    const runs = [run(32, 1000), run(2, 16_000)];
    expect(reachOf(runs, 'samples')).toBe(32_000);
    expect(reachOf(runs, 'steps')).toBe(16_000);
    expect(lengthOf([run(32, 4211), run(2, 67_376)], 'samples', 1e6)).toBe(140_000);
    expect(lengthOf([run(32, 3)], 'samples', 1e6)).toBe(32_000);
    expect(lengthOf([run(32, 1_234_567)], 'steps', 50_000)).toBe(50_000);
  });

  it('says why it was refused', async () => {
    refused = true;
    const study = new BackgroundStudy(asked);
    await study.begin();
    expect([study.running, study.problem]).toEqual([false, { en: 'too much', zh: '太多' }]);
  });
});

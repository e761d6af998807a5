import { afterEach, describe, expect, test, vi } from 'vitest';
import { bandOf, cancelStudy, createStudy, followStudy, withNews, type Study, type StudyResult } from './studies';

const result = (config: number, seed: number, values: (number | null)[]): StudyResult => ({
  config,
  seed,
  state: 'running',
  diverged_at: null,
  stopped_at: null,
  values: [values, values.map((value) => (value === null ? null : 10 * value))],
});

const study = (version: number, results: StudyResult[], state: Study['state'] = 'running'): Study => ({
  id: 'abc',
  state,
  version,
  done: 0,
  total: 4,
  clock: 'steps',
  steps: [0, 10, 20],
  seeds: [7, 3],
  quantities: ['loss', 'test_loss'],
  waits_for: null,
  results,
  claim: null,
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answering(answers: unknown[]) {
  const asked: { path: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push({ path, init });
    return new Response(JSON.stringify(answers.shift()), { status: 200 });
  });
  return asked;
}

describe('news', () => {
  test('take the place of what was known of the same run, in the order of the seeds', () => {
    const known = withNews(null, study(2, [result(1, 3, [1]), result(0, 7, [2])]));
    const later = withNews(known, study(5, [result(1, 3, [1, 4]), result(0, 3, [9])], 'done'));
    expect(later.results.map(({ seed, config }) => [seed, config])).toEqual([
      [7, 0],
      [3, 0],
      [3, 1],
    ]);
    expect(later.results[2]!.values[0]).toEqual([1, 4]);
    expect(later.state).toBe('done');
    expect(later.version).toBe(5);
    expect(known.results[1]!.values[0]).toEqual([1]);
  });
});

describe('following', () => {
  test('asks for what is new until the study is over', async () => {
    vi.useFakeTimers();
    const asked = answering([study(2, [result(0, 7, [1])]), study(2, []), study(3, [result(0, 7, [1, 2])], 'done')]);
    const told: number[][] = [];
    const over = followStudy(
      'abc',
      (known) => told.push(known.results[0]!.values[0] as number[]),
      new AbortController().signal,
    );
    await vi.runAllTimersAsync();
    expect((await over).state).toBe('done');
    expect(asked.map(({ path }) => path)).toEqual([
      '/api/studies/abc?since=0',
      '/api/studies/abc?since=2',
      '/api/studies/abc?since=2',
    ]);
    expect(told).toEqual([[1], [1], [1, 2]]);
  });

  const failing = (statuses: number[]) => {
    const asked: string[] = [];
    vi.stubGlobal('fetch', (path: string) => {
      asked.push(path);
      const status = statuses.shift() ?? 200;
      if (status === 0) return Promise.reject(new TypeError('no network'));
      return Promise.resolve(new Response(JSON.stringify(study(1, [], 'done')), { status }));
    });
    return asked;
  };

  test('goes on where the server did not answer for a moment', async () => {
    vi.useFakeTimers();
    const asked = failing([0, 502]);
    const over = followStudy('abc', () => {}, new AbortController().signal);
    await vi.runAllTimersAsync();
    expect((await over).state).toBe('done');
    expect(asked).toHaveLength(3);
  });

  test('gives up a server that stays away, and at once what it refuses', async () => {
    vi.useFakeTimers();
    const away = failing(Array<number>(99).fill(0));
    const over = expect(followStudy('abc', () => {}, new AbortController().signal)).rejects.toMatchObject({
      status: 0,
    });
    await vi.runAllTimersAsync();
    await over;
    expect(away).toHaveLength(15);
    const refusing = failing([404]);
    await expect(followStudy('abc', () => {}, new AbortController().signal)).rejects.toMatchObject({ status: 404 });
    expect(refusing).toHaveLength(1);
  });

  test('ends with the reason when it is aborted, and asks no more', async () => {
    vi.useFakeTimers();
    const asked = answering([study(1, []), study(1, [])]);
    const controller = new AbortController();
    const over = followStudy('abc', () => controller.abort(new Error('enough')), controller.signal);
    const failure = expect(over).rejects.toThrow('enough');
    await vi.runAllTimersAsync();
    await failure;
    expect(asked).toHaveLength(1);
  });
});

test('a study is begun with JSON and cancelled with its token', async () => {
  const asked = answering([{ id: 'a b', control_token: 'secret' }, null]);
  await createStudy({ comparison: 'one', seeds: [1, 2] });
  await cancelStudy('a b', 'secret');
  expect(asked[0]!.init.body).toBe('{"comparison":"one","seeds":[1,2]}');
  expect(asked[1]!.path).toBe('/api/studies/a%20b');
  expect(asked[1]!.init.method).toBe('DELETE');
  expect(asked[1]!.init.headers).toEqual({ Authorization: 'Bearer secret' });
});

describe('a band', () => {
  test('has the mean and the deviation of the runs that have a number there', () => {
    const found = study(1, [result(0, 7, [1, 2, 5]), result(0, 3, [3, null]), result(1, 7, [100])]);
    const band = bandOf(found, 0, 'loss');
    expect(band.counts).toEqual([2, 1, 1]);
    expect(band.mean).toEqual([2, 2, 5]);
    expect(band.low[0]).toBeCloseTo(2 - Math.SQRT2);
    expect(band.high[0]).toBeCloseTo(2 + Math.SQRT2);
    expect([band.low[1], band.high[1]]).toEqual([2, 2]);
    expect([band.least[0], band.greatest[0]]).toEqual([1, 3]);
    expect(bandOf(found, 0, 'test_loss').mean).toEqual([20, 20, 50]);
  });

  test('has nothing where no run has a number, and no points without runs', () => {
    const found = study(1, [result(0, 7, [null, 2])]);
    expect(bandOf(found, 0, 'loss')).toEqual({
      mean: [null, 2],
      low: [null, 2],
      high: [null, 2],
      least: [null, 2],
      greatest: [null, 2],
      counts: [0, 1],
    });
    expect(bandOf(found, 1, 'loss').mean).toEqual([]);
  });
});

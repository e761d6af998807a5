import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { catalogue } from '../../testing/catalogue';
import { stubServer } from '../../testing/wires';
import { merge } from '../merge';
import { raceGrid } from './race';
import { RateSearch } from './search.svelte';

const base = catalogue.default_config;
const losses = [0.3, 0.2, 0.4, 9, null, 0.1];

beforeEach(() => {
  stubServer((_, init) => {
    if (init?.method === 'POST') return { status: 201, body: { id: 's', control_token: 'secret' } };
    const results = losses.map((loss, config) => ({
      config,
      seed: 1,
      state: loss === null ? 'diverged' : 'done',
      diverged_at: loss === null ? 4 : null,
      stopped_at: null,
      values: [[loss]],
    }));
    const head = { state: 'done', version: 1, done: 6, total: 6, steps: [200], seeds: [1], claim: null };
    return { status: 200, body: { ...head, quantities: ['train_loss'], waits_for: null, results } };
  });
});
afterEach(() => vi.unstubAllGlobals());

it('finds the best rate of every optimizer, of the configuration it was asked of', async () => {
  const search = new RateSearch(base, raceGrid(['walker', 'runner'], [], catalogue), 1, 200);
  expect([search.found, search.best]).toEqual([false, [-1, -1]]);
  await vi.waitFor(() => expect(search.found).toBe(true));
  expect(search.outcomes).toEqual([
    [0.3, 0.2, 0.4],
    [9, Infinity, 0.1],
  ]);
  expect(search.winners().map(({ training }) => training.optimizer.learning_rate)).toEqual([0.01, 0.3]);
  expect(search.winners()[1]!.training.optimizer.id).toBe('runner');
});

it('is of no other data, whatever the speed', () => {
  const search = new RateSearch(base, raceGrid(['walker'], [], catalogue), 1, 200);
  expect(search.isOf({ ...base, speed: 'full' })).toBe(true);
  expect(search.isOf(merge(base, { data: { seed: 2 } }))).toBe(false);
  expect(search.isOf(undefined)).toBe(false);
});

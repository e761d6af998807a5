import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StudyRequest } from '../../protocol/studies';
import { catalogue } from '../../testing/catalogue';
import { stubServer } from '../../testing/wires';
import { merge } from '../merge';
import type { Clock } from './clock';
import { Repeats } from './repeats.svelte';

const [ready] = catalogue.comparisons;
const inSamples = { ...ready!, clock: 'samples' as const, steps: 10_000 };
const plan = catalogue.default_config;
const members = [
  { plan, step: 2000 },
  { plan, step: 2000 },
];
const runs = (clock: Clock, more: object = {}) => ({
  catalog: catalogue,
  clock,
  members,
  plans: [plan, plan],
  ready: null,
  ...more,
});

let asked: StudyRequest[] = [];

beforeEach(() => {
  asked = [];
  stubServer((_, init) => {
    if (init?.method === 'POST') {
      asked.push(JSON.parse(String(init.body)) as StudyRequest);
      return { status: 201, body: { id: 's', control_token: 'secret' } };
    }
    const results = [0, 1].map((config) => ({
      config,
      seed: 1,
      state: 'done',
      diverged_at: null,
      stopped_at: null,
      values: [[2, 1]],
    }));
    const head = {
      state: 'done',
      version: 1,
      done: 2,
      total: 2,
      clock: 'steps',
      steps: [0, 10],
      seeds: [1],
      claim: null,
    };
    return { status: 200, body: { ...head, quantities: ['train_loss'], waits_for: null, results } };
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('runs over several seeds', () => {
  it('are as long as a ready comparison on its own clock, whatever the present one', () => {
    const repeats = new Repeats(runs('wall', { ready: inSamples }));
    expect([repeats.clock, repeats.length]).toEqual(['samples', 10_000]);
  });

  it('count steps where the present clock counts seconds', () => {
    expect(new Repeats(runs('wall')).clock).toBe('steps');
    const repeats = new Repeats(runs('samples'));
    expect([repeats.clock, repeats.length]).toEqual(['samples', 64_000]);
    repeats.begin(3);
    expect(asked[0]).toMatchObject({ clock: 'samples', steps: 64_000, seeds: 3 });
  });

  it('have bands on the clock of their study only', async () => {
    const now = runs('steps');
    const repeats = new Repeats(now);
    repeats.begin(1);
    await vi.waitFor(() => expect(repeats.bandOf(members[1]!, 'train_loss')).not.toBeNull());
    expect(repeats.bandOf(members[1]!, 'train_loss')).toMatchObject({ x: [0, 10], values: { mean: [2, 1] } });
    expect(repeats.bandOf({ plan, step: 0 }, 'train_loss')).toBeNull();
    now.clock = 'wall';
    expect([repeats.clock, repeats.bandOf(members[1]!, 'train_loss')]).toEqual(['steps', null]);
  });

  it('have bands as long as they are what was repeated, from whatever seed', async () => {
    const changing = { plan, step: 2000 };
    const repeats = new Repeats(runs('steps', { members: [members[0], changing] }));
    repeats.begin(1);
    const mean = () => repeats.bandOf(changing, 'train_loss')?.values.mean;
    await vi.waitFor(() => expect(mean()).toEqual([2, 1]));
    changing.plan = merge(plan, { seed: 8, speed: 'full' });
    expect(mean()).toEqual([2, 1]);
    changing.plan = merge(plan, { training: { batch_size: plan.training.batch_size + 1 } });
    expect(mean()).toBeUndefined();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { stubServer, Wire, stubSession } from '../../testing/wires';
import { merge } from '../merge';
import { readComparison, writeQuery } from './address';
import { Comparison } from './comparison.svelte';

const base = catalogue.default_config;
const configs = [base, merge(base, { seed: 9 }), merge(base, { seed: 4 })];
const search = `?${writeQuery(configs, 'samples', catalogue)}`;

/** What the server has: the runs of its group g1, in their order, or none. */
let there: { id: string; config: RunConfig }[] = [];
let answers = 200;
let calls: string[] = [];
let stored: Map<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  stored = new Map();
  there = [];
  answers = 200;
  stubServer((path, init) => {
    const method = init?.method ?? 'GET';
    calls.push(`${method} ${path}`);
    if (method === 'POST') {
      const { runs } = JSON.parse(init!.body as string) as { runs: RunConfig[] };
      const made = runs.map((config, i) => ({ id: `new${i}`, control_token: 'new', config: merge(base, config) }));
      return { status: 201, body: { id: 'g2', control_token: 'new', clock: 'samples', runs: made } };
    }
    if (method === 'GET' && path === '/api/groups/g1' && there.length > 0)
      return { status: answers, body: { id: 'g1', clock: 'samples', runs: there } };
    return { status: method === 'DELETE' ? 204 : 404 };
  });
  vi.stubGlobal('history', { replaceState: () => undefined });
  stubSession(stored);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function left(query: string | null): void {
  there = configs.map((config, i) => ({ id: `r${i}`, config }));
  const group = { id: 'g1', token: 't', hues: { r0: 0, r1: 5, r2: 1 }, left: query };
  stored.set('livegrad.group', JSON.stringify(group));
}

async function visited(address: string): Promise<Comparison> {
  const comparison = new Comparison(catalogue);
  const asked = readComparison(address, catalogue)!;
  await comparison.resume({ ...asked, search: address });
  return comparison;
}

const began = () => calls.filter((call) => call.startsWith('POST')).length;
const remembered = () =>
  JSON.parse(stored.get('livegrad.group') ?? 'null') as { id: string; left: string | null } | null;

describe('a page with runs beside each other that is loaded again', () => {
  it('goes on with the same runs, in their colours, steered by the same token', async () => {
    left(search);
    const comparison = await visited(search);
    expect(began()).toBe(0);
    expect(comparison.members.map(({ run, hue }) => [run, hue])).toEqual([
      ['r0', 0],
      ['r1', 5],
      ['r2', 1],
    ]);
    expect([comparison.stage, comparison.clock]).toEqual(['live', 'samples']);
    Wire.all[0]!.accept();
    expect(Wire.all[0]!.sent[0]).toMatchObject({ type: 'hello', token: 't' });
    comparison.keep(search);
    expect(remembered()).toMatchObject({ id: 'g1', left: search, hues: { r1: 5 } });
  });

  it('goes on with what was there when the page was left, though the address had not come to tell it', async () => {
    left(search);
    there.pop();
    expect((await visited(search)).members).toHaveLength(2);
    expect(began()).toBe(0);
  });

  it('knows its runs by what the address says, where it was not left in an orderly way', async () => {
    left(null);
    expect((await visited(search)).members.map(({ run }) => run)).toEqual(['r0', 'r1', 'r2']);
  });

  it('begins anew when the server has them no longer', async () => {
    left(search);
    there = [];
    expect((await visited(search)).members.map(({ run }) => run)).toEqual(['new0', 'new1', 'new2']);
    expect(remembered()).toMatchObject({ id: 'g2', left: null });
  });

  it('begins other runs, or others on another clock, and gives back what the old ones held', async () => {
    for (const address of ['?compare=seed=3', search.replace('samples', 'wall')]) {
      left(search);
      calls = [];
      await visited(address);
      expect(calls).toContain('DELETE /api/groups/g1');
      expect(began()).toBe(1);
    }
  });

  it('keeps them in mind while the server does not answer', async () => {
    left(search);
    answers = 503;
    const comparison = await visited(search);
    expect([comparison.stage, began()]).toEqual(['failed', 0]);
    answers = 200;
    comparison.retry();
    await vi.advanceTimersByTimeAsync(10);
    expect([comparison.stage, comparison.members.length, began()]).toEqual(['live', 3, 0]);
  });

  it('has nothing to go on with after its runs were closed', async () => {
    left(search);
    const comparison = await visited(search);
    comparison.end();
    expect(remembered()).toBeNull();
    expect(calls.at(-1)).toBe('DELETE /api/groups/g1');
  });
});

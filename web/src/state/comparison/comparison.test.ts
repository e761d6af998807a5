import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeMessage } from '../../protocol/decode';
import type { Frame, Hello, RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { stubServer, Wire } from '../../testing/wires';
import { counters, onFrame } from '../loop';
import { merge } from '../merge';
import { Comparison } from './comparison.svelte';
import type { RateSearch } from './search.svelte';

const file = new URL('../../../../tests/server/golden/hello.msgpack', import.meta.url);
const hello = decodeMessage(readFileSync(file)) as Hello;
const base = catalogue.default_config;
const other = merge(base, { seed: 9 });

let calls: string[] = [];
let refusal: { status: number; field?: string } | null = null;
/** What happens on the page while the server adds a run. */
let meanwhile: () => void = () => undefined;
let addresses: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  addresses = [];
  refusal = null;
  meanwhile = () => undefined;
  let made = 0;
  stubServer((path, init) => {
    const method = init?.method ?? 'GET';
    calls.push(`${method} ${path}`);
    const run = (config: RunConfig) => ({ id: `r${++made}`, control_token: 't', config: merge(base, config) });
    if (refusal && method === 'POST') {
      const { status, field } = refusal;
      return { status, body: { error: { message: { en: 'no', zh: '不' }, field } } };
    }
    if (method === 'POST' && path === '/api/groups') {
      const { runs } = JSON.parse(init!.body as string) as { runs: RunConfig[] };
      return { status: 201, body: { id: 'g1', control_token: 't', runs: runs.map(run) } };
    }
    if (method === 'POST' && path.endsWith('/runs')) {
      meanwhile();
      return { status: 201, body: run((JSON.parse(init!.body as string) as { config: RunConfig }).config) };
    }
    if (method !== 'GET') return { status: 204 };
    return { status: path.endsWith('/data') ? 500 : 404 };
  });
  vi.stubGlobal('history', { replaceState: (_: unknown, __: string, address: string) => addresses.push(address) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Runs of which all are connected. */
async function opened(...configs: RunConfig[]): Promise<Comparison> {
  const comparison = new Comparison(catalogue);
  await comparison.open(configs, 'steps');
  Wire.all.forEach((wire, i) => greet(wire, configs[i]!));
  return comparison;
}

function greet(wire: Wire, config: RunConfig): void {
  wire.accept();
  wire.say({ ...hello, config, owner: true, state: 'paused', generation: 1 });
}

describe('runs beside each other', () => {
  it('are begun together, each with a stream, a colour and a badge of its own', async () => {
    const comparison = await opened(base, other);
    expect(calls.filter((call) => call.startsWith('POST'))).toEqual(['POST /api/groups']);
    expect(Wire.all.map(({ address }) => address)).toEqual([
      'ws://page.test/api/runs/r1/stream',
      'ws://page.test/api/runs/r2/stream',
    ]);
    expect(Wire.last.sent[0]).toMatchObject({ type: 'hello', token: 't' });
    expect(comparison.members.map(({ hue }) => hue)).toEqual([0, 1]);
    expect(comparison.badges.map((badge) => badge?.en)).toEqual(['seed 1', 'seed 9']);
    expect([comparison.stage, comparison.canSteer, comparison.state]).toEqual(['live', true, 'paused']);
    await vi.advanceTimersByTimeAsync(300);
    expect(addresses.at(-1)).toBe('/?compare=seed=9');
  });

  it('are steered by one word to one of them', async () => {
    const comparison = await opened(base, other);
    comparison.toggle();
    comparison.advance('epoch');
    comparison.setSpeed('full');
    const sent = Wire.all.map((wire) => wire.sent.slice(1).map(({ type }) => type));
    expect(sent).toEqual([['play', 'step', 'speed'], []]);
    expect([comparison.state, comparison.speed]).toEqual(['paused', 'full']);
  });

  it('keep their search for learning rates while one is looked into, and as long as they are there', async () => {
    const comparison = await opened(base, other);
    const cancel = vi.fn();
    const search = { study: { cancel } } as unknown as RateSearch;
    comparison.search = search;
    comparison.rest();
    comparison.wake();
    expect([comparison.search === search, cancel.mock.calls.length]).toEqual([true, 0]);
    comparison.end();
    expect([comparison.search, cancel.mock.calls.length]).toEqual([null, 1]);
  });

  it('become more and fewer, and each keeps its colour', async () => {
    const comparison = await opened(base, other);
    await comparison.add(merge(base, { seed: 4 }));
    await comparison.remove(comparison.members[1]!);
    await comparison.add(merge(base, { seed: 5 }));
    expect(comparison.members.map(({ run, hue }) => [run, hue])).toEqual([
      ['r1', 0],
      ['r3', 2],
      ['r4', 1],
    ]);
    expect(calls).toContain('DELETE /api/groups/g1/runs/r2');
    await comparison.remove(comparison.members[0]!);
    await comparison.remove(comparison.members[0]!);
    expect(comparison.members).toHaveLength(2);
  });

  it('have the names of a ready comparison as long as they are that', async () => {
    const [gaits] = catalogue.comparisons;
    const comparison = await opened(...gaits!.runs.map(({ config }) => config));
    expect(comparison.ready?.id).toBe('gaits');
    expect(comparison.badges.map((badge) => badge?.en)).toEqual(['Walker', 'Runner']);
    await comparison.add(other);
    expect(comparison.ready).toBeNull();
  });

  it('are shown further once all pictures of the last moment are drawn, or one is long in coming', async () => {
    let refresh: (now: number) => void = () => undefined;
    vi.stubGlobal('requestAnimationFrame', (callback: typeof refresh) => ((refresh = callback), 1));
    vi.stubGlobal('cancelAnimationFrame', () => undefined);
    const comparison = await opened(base, other);
    const stop = onFrame(() => undefined);
    const { members } = comparison;
    const come = (step: number) => members.forEach(({ frames }) => frames.push({ step, epoch: 0 } as Frame));
    const shown = () => members.map((member) => member.shown?.step);
    come(10);
    refresh(0);
    expect(shown()).toEqual([10, 10]);
    come(20);
    members[0]!.drawn = members[0]!.shown;
    refresh(0);
    expect(shown()).toEqual([10, 10]);
    members[1]!.drawn = members[1]!.shown;
    refresh(0);
    expect(shown()).toEqual([20, 20]);
    expect(counters.steps).toEqual([10, 10]);
    come(30);
    await vi.advanceTimersByTimeAsync(300);
    refresh(0);
    expect(shown()).toEqual([30, 30]);
    stop();
  });

  it('wait for a place where the server is full', async () => {
    refusal = { status: 429 };
    const comparison = new Comparison(catalogue);
    await comparison.open([base, other], 'steps');
    expect(comparison.stage).toBe('full');
    refusal = null;
    await vi.advanceTimersByTimeAsync(11_000);
    expect([comparison.stage, comparison.members.length]).toEqual(['live', 2]);
    expect(comparison.notice).toBeNull();
  });

  it('are not begun a second time where the server refuses what was asked, but where it was away', async () => {
    const comparison = new Comparison(catalogue);
    refusal = { status: 422, field: 'runs.1.seed' };
    await comparison.open([base, other], 'steps');
    expect([comparison.stage, comparison.problem?.field]).toEqual(['refused', 'runs.1.seed']);
    refusal = { status: 503 };
    await comparison.open([base, other], 'steps');
    expect(comparison.stage).toBe('failed');
    refusal = null;
    comparison.retry();
    await vi.advanceTimersByTimeAsync(10);
    expect(comparison.stage).toBe('live');
  });

  it('keep what there is to be told of them until others are begun', async () => {
    const told = { tone: 'error', key: 'compare.unreadable', vars: { parts: 'x' } } as const;
    const comparison = new Comparison(catalogue);
    refusal = { status: 429 };
    await comparison.resume({ configs: [base, other], clock: 'steps', search: '?x' }, told);
    refusal = null;
    await vi.advanceTimersByTimeAsync(11_000);
    expect([comparison.stage, comparison.notice]).toEqual(['live', told]);
    await comparison.open([base, other], 'steps');
    expect(comparison.notice).toBeNull();
  });

  it('take no run in that was asked for beside others', async () => {
    const comparison = await opened(base, other);
    let begun: Promise<void> = Promise.resolve();
    meanwhile = () => (begun = comparison.open([base, other], 'steps'));
    await comparison.add(merge(base, { seed: 4 }));
    await begun;
    const [stray] = calls.filter((call) => call.startsWith('DELETE /api/groups/g1/runs/'));
    expect(comparison.members).toHaveLength(2);
    expect(comparison.members.map(({ run }) => run)).not.toContain(stray?.split('/').at(-1));
    expect(stray).toBeDefined();
  });

  it('are coloured on one scale with those that are as deep, or each on its own', async () => {
    const flat = merge(base, { network: { layers: [] } });
    const comparison = await opened(base, other, flat);
    const scales = [
      [1, 2, 8],
      [1, 4, 3],
      [5, 6],
    ];
    comparison.members.forEach(({ scene }, i) => (scene.scales = scales[i]!));
    const seen = () => comparison.members.map((member) => comparison.scalesOf(member));
    expect(seen()).toEqual([
      [1, 4, 8],
      [1, 4, 8],
      [5, 6],
    ]);
    comparison.shared = false;
    expect(seen()).toEqual(scales);
  });

  it('begin again when the server has forgotten them, and end with the page', async () => {
    const comparison = await opened(base, other);
    Wire.all[0]!.lose();
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls.filter((call) => call === 'POST /api/groups')).toHaveLength(2);
    expect(comparison.notice?.key).toBe('notice.started_again');
    comparison.end();
    await vi.advanceTimersByTimeAsync(2000);
    expect(calls.at(-1)).toBe('DELETE /api/groups/g1');
    expect(comparison.members).toEqual([]);
  });
});

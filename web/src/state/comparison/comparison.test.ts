import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeMessage } from '../../protocol/decode';
import type { Frame, Hello, RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { stubServer, Wire } from '../../testing/wires';
import { counters, onFrame } from '../loop';
import { merge } from '../merge';
import { Comparison } from './comparison.svelte';

const file = new URL('../../../../tests/server/golden/hello.msgpack', import.meta.url);
const hello = decodeMessage(readFileSync(file)) as Hello;
const base = catalogue.default_config;
const other = merge(base, { seed: 9 });

let calls: string[] = [];
let busy = false;
let addresses: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  addresses = [];
  busy = false;
  let made = 0;
  stubServer((path, init) => {
    const method = init?.method ?? 'GET';
    calls.push(`${method} ${path}`);
    const run = () => ({ id: `r${++made}`, control_token: 't' });
    if (busy && method === 'POST') return { status: 429, body: { error: { message: { en: 'full', zh: '满' } } } };
    if (method === 'POST' && path === '/api/groups') {
      const { runs } = JSON.parse(init!.body as string) as { runs: RunConfig[] };
      return { status: 201, body: { id: 'g1', control_token: 't', runs: runs.map(run) } };
    }
    if (method === 'POST' && path.endsWith('/runs')) return { status: 201, body: run() };
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
    busy = true;
    const comparison = new Comparison(catalogue);
    await comparison.open([base, other], 'steps');
    expect(comparison.stage).toBe('full');
    busy = false;
    await vi.advanceTimersByTimeAsync(11_000);
    expect([comparison.stage, comparison.members.length]).toEqual(['live', 2]);
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

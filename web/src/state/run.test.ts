import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeMessage } from '../protocol/decode';
import type { Hello, RunConfig } from '../protocol/messages';
import { catalogue } from '../testing/catalogue';
import { stubServer, stubSession, Wire } from '../testing/wires';
import { merge } from './merge';
import { RunStore } from './run.svelte';

const file = new URL('../../../tests/server/golden/hello.msgpack', import.meta.url);
const hello = decodeMessage(readFileSync(file)) as Hello;
const base = catalogue.default_config;
const other = merge(base, { seed: 9 });

let stored: Map<string, string>;
let made: number;

beforeEach(() => {
  vi.useFakeTimers();
  made = 0;
  stored = new Map();
  stubServer((path, init) => {
    if (path === '/api/health') return { status: 200, body: { kernels: { state: 'ready' } } };
    if (path === '/api/catalog') return { status: 200, body: catalogue };
    if (init?.method === 'POST') return { status: 201, body: { id: `r${++made}`, control_token: `t${made}` } };
    return { status: path.endsWith('/data') ? 500 : 404 };
  });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('document', { addEventListener: () => undefined });
  vi.stubGlobal('history', { replaceState: () => undefined });
  stubSession(stored);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function greet(config: RunConfig, state: 'running' | 'paused'): void {
  Wire.last.accept();
  Wire.last.say({ ...hello, config, owner: true, state, generation: 1 });
}

async function started(): Promise<RunStore> {
  const run = new RunStore();
  await run.start();
  greet(base, 'running');
  return run;
}

const place = () => Wire.last.address.split('/')[5];
const sent = () => Wire.last.sent.slice(1).map(({ type }) => type);
const remembered = () => (JSON.parse(stored.get('livegrad.run') ?? '{}') as { id?: string }).id;

describe("the page's own run", () => {
  it('stands still while others are looked at, also when the server was restarted meanwhile', async () => {
    const run = await started();
    run.rest.begin();
    expect([sent(), run.state]).toEqual([['pause'], 'paused']);
    Wire.last.lose();
    await vi.advanceTimersByTimeAsync(2000);
    expect([place(), run.own.id]).toEqual(['r2', 'r2']);
    greet(base, 'running');
    expect([sent(), run.state]).toEqual([['pause'], 'paused']);
    run.rest.end(true);
    expect([sent(), run.state]).toEqual([['pause', 'play'], 'running']);
  });

  it('gives its place to another one and has it back, with its settings and what can be undone', async () => {
    const run = await started();
    run.set({ seed: 3 });
    await vi.advanceTimersByTimeAsync(100);
    run.rest.begin();
    const [changed, lost] = [vi.fn(), vi.fn()];
    run.visit('m1', 'group', { changed, lost });
    expect([place(), run.ready, run.canUndo, run.own.id, remembered()]).toEqual(['m1', false, false, 'r1', 'r1']);
    greet(other, 'running');
    expect([run.config?.seed, run.state, sent()]).toEqual([9, 'running', []]);
    expect(Wire.last.sent[0]).toMatchObject({ token: 'group' });
    expect(changed.mock.lastCall).toEqual([other]);
    const event = { ...hello, type: 'event', event: 'config', restarted: false };
    Wire.last.say({ ...event, config: merge(other, { seed: 4 }) });
    run.comeHome();
    expect(changed.mock.lastCall).toEqual([merge(other, { seed: 4 })]);
    expect([place(), run.wanted?.seed, run.canUndo, run.ready]).toEqual(['r1', 3, true, false]);
    greet(merge(base, { seed: 3 }), 'paused');
    run.rest.end(true);
    expect([sent(), changed.mock.calls.length, lost.mock.calls.length]).toEqual([['play'], 2, 0]);
  });

  it('is told to go on as soon as it can be told', async () => {
    const run = await started();
    run.rest.begin();
    run.visit('m1', 'group', { changed: () => undefined, lost: () => undefined });
    greet(other, 'paused');
    run.comeHome();
    run.rest.end(true);
    expect(sent()).toEqual([]);
    greet(base, 'paused');
    expect([sent(), run.state]).toEqual([['play'], 'running']);
  });

  it('does not begin a run anew that only stood in its place', async () => {
    const run = await started();
    const lost = vi.fn();
    run.visit('m1', 'group', { changed: () => undefined, lost });
    greet(other, 'paused');
    Wire.last.lose();
    await vi.advanceTimersByTimeAsync(2000);
    expect([lost.mock.calls.length, made]).toEqual([1, 1]);
  });
});

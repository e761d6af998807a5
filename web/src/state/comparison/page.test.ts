import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catalogue } from '../../testing/catalogue';
import { stubServer, stubSession, Wire } from '../../testing/wires';
import { merge } from '../merge';
import { Rest } from '../rest';
import type { RunStore } from '../run.svelte';
import { ComparePage } from './page.svelte';

/** The single run, as far as a comparison has to do with it. */
class Single {
  catalog = catalogue;
  config = catalogue.default_config;
  status = 'live' as const;
  readonly rest = new Rest(this);
  /** Which other run stands in its place. */
  shown: string | null = null;
  lost: () => void = () => undefined;
  show = () => undefined;
  constructor(
    public id: string,
    public state: 'running' | 'paused',
  ) {}
  get own() {
    return { id: this.id };
  }
  visit(id: string, _: string, lost: () => void): void {
    this.shown = id;
    this.lost = lost;
  }
  comeHome(): void {
    this.shown = null;
  }
  play(): void {
    this.state = 'running';
  }
  pause(): void {
    this.state = 'paused';
  }
}

let stored: Map<string, string>;
let hide: () => void;
let calls: string[];

beforeEach(() => {
  vi.useFakeTimers();
  stored = new Map();
  calls = [];
  stubServer((path, init) => {
    calls.push(`${init?.method ?? 'GET'} ${path}`);
    const config = catalogue.default_config;
    const runs = [
      { id: 'a', config },
      { id: 'b', config: merge(config, { seed: 2 }) },
    ];
    if (init?.method === 'POST') return { status: 201, body: { id: 'g1', control_token: 't', clock: 'steps', runs } };
    return { status: init?.method === 'DELETE' ? 204 : 404 };
  });
  go('');
  vi.stubGlobal('addEventListener', (_: string, listener: () => void) => (hide = listener));
  vi.stubGlobal('history', {
    pushState: (_: unknown, __: string, address: string) => go(address),
    replaceState: (_: unknown, __: string, address: string) => go(address),
  });
  stubSession(stored);
});
afterEach(async () => {
  // What was asked for comes, if it was not waited for.
  await vi.advanceTimersByTimeAsync(10);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function go(address: string): void {
  vi.stubGlobal('location', new URL(address, 'http://page.test/'));
}

/** The page as it is after it was loaded at the present address. */
function load(run: Single): ComparePage {
  const page = new ComparePage(run as unknown as RunStore);
  if (page.expected) page.followAddress();
  return page;
}

describe('the single run after a comparison', () => {
  it('goes on after a reload if it ran before', () => {
    const before = load(new Single('r1', 'running'));
    go('?compare=seed=2');
    before.followAddress();
    const run = new Single('r1', 'paused');
    const page = load(run);
    expect(page.comparison).not.toBeNull();
    page.close();
    expect(run.state).toBe('running');
  });

  it('stands still after a reload if it did before, whatever ran earlier', () => {
    const run = new Single('r1', 'running');
    const before = load(run);
    go('?compare=seed=2');
    before.followAddress();
    go('');
    before.followAddress();
    expect(run.state).toBe('running');
    run.pause();
    go('?compare=seed=2');
    before.followAddress();
    const page = load(run);
    page.close();
    expect(run.state).toBe('paused');
  });

  it('is not taken for another one', () => {
    const before = load(new Single('r1', 'running'));
    go('?compare=seed=2');
    before.followAddress();
    const other = new Single('r2', 'paused');
    load(other).close();
    expect(other.state).toBe('paused');
  });

  it('stands still also when it had to begin anew meanwhile, and is known again after a reload', () => {
    const run = new Single('r1', 'running');
    go('?compare=seed=2');
    const page = load(run);
    run.id = 'r2';
    run.state = 'running';
    run.rest.tell();
    expect(run.state).toBe('paused');
    hide();
    const again = new Single('r2', 'paused');
    load(again).close();
    expect(again.state).toBe('running');
    page.close();
    expect(run.state).toBe('running');
  });

  it('stays where it is if it stood still, also when it had to begin anew', () => {
    const run = new Single('r1', 'paused');
    go('?compare=seed=2');
    const page = load(run);
    run.state = 'running';
    page.close();
    expect(run.state).toBe('paused');
  });
});

describe('looking into one of several runs', () => {
  /** Two runs beside each other, and their sockets that are open. */
  async function beside(address = '?compare=seed=2') {
    go(address);
    const run = new Single('r1', 'running');
    const page = load(run);
    await vi.advanceTimersByTimeAsync(10);
    const open = () => Wire.all.filter(({ readyState }) => readyState < 3).map(({ address }) => address.split('/')[5]);
    return { run, page, open };
  }

  it('shows it in the place of the own one, and all of them again after a step back', async () => {
    const { run, page, open } = await beside();
    const { group } = page;
    expect(open()).toEqual(['a', 'b']);
    page.lookInto(group!.members[1]!);
    expect([location.search, run.shown, open()]).toEqual(['?compare=seed=2&inside=2', 'b', []]);
    expect([page.comparison, page.inside?.run]).toEqual([null, 'b']);
    go('?compare=seed=2');
    page.followAddress();
    expect([page.comparison === group, run.shown, open(), run.state]).toEqual([true, null, ['a', 'b'], 'paused']);
    go('?compare=seed=2&inside=1');
    page.followAddress();
    expect([page.comparison, run.shown]).toEqual([null, 'a']);
    expect(calls.filter((call) => !call.startsWith('GET'))).toEqual(['POST /api/groups']);
    go('');
    page.followAddress();
    expect([page.group, run.shown, run.state, open()]).toEqual([null, null, 'running', []]);
  });

  it('is a part of the address, from where the way back is to all of them', async () => {
    const { run, page, open } = await beside('?compare=seed=2&inside=2&lang=zh');
    expect([page.comparison, run.shown, open()]).toEqual([null, 'b', []]);
    expect(Wire.all).toHaveLength(0);
    expect(page.group!.badges.map((badge) => badge?.en)).toEqual(['seed 1', 'seed 2']);
    page.lookBack();
    expect([location.search, run.shown, open()]).toEqual(['?compare=seed=2&lang=zh', null, ['a', 'b']]);
    expect(page.comparison?.members).toHaveLength(2);
  });

  it('shows all of them where there is no such run, or no longer', async () => {
    const { page, open } = await beside('?compare=seed=2&inside=7');
    expect([page.comparison?.stage, open()]).toEqual(['live', ['a', 'b']]);
    page.lookInto(page.group!.members[0]!);
    (page as unknown as { run: Single }).run.lost();
    expect([page.comparison?.stage, open()]).toEqual(['live', ['a', 'b']]);
  });
});

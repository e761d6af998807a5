import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { stubServer, stubSession, Wire } from '../../testing/wires';
import { merge } from '../merge';
import { forgetInAddress } from '../remember';
import type { Host } from '../home';
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
  host: Host = { changed: () => undefined, lost: () => undefined };
  show = () => undefined;
  constructor(
    public id: string,
    public state: 'running' | 'paused',
  ) {}
  get own() {
    return { id: this.id };
  }
  visit(id: string, _: string, host: Host): void {
    this.shown = id;
    this.host = host;
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
/** The seeds of the runs that were asked for, each time. */
let begun: number[][];
/** What the browser's history has, and which of it is present. */
let entries: { state: unknown; address: string }[];
let present: number;
/** How often the page has asked for a step back. */
let steps: number;

beforeEach(() => {
  vi.useFakeTimers();
  stored = new Map();
  calls = [];
  begun = [];
  entries = [];
  present = -1;
  steps = 0;
  stubServer((path, init) => {
    calls.push(`${init?.method ?? 'GET'} ${path}`);
    const config = catalogue.default_config;
    const runs = [
      { id: 'a', config },
      { id: 'b', config: merge(config, { seed: 2 }) },
    ];
    if (init?.method === 'POST')
      begun.push((JSON.parse(String(init.body)) as { runs: RunConfig[] }).runs.map(({ seed }) => seed));
    if (init?.method === 'POST') return { status: 201, body: { id: 'g1', control_token: 't', clock: 'steps', runs } };
    return { status: init?.method === 'DELETE' ? 204 : 404 };
  });
  go('');
  vi.stubGlobal('addEventListener', (_: string, listener: () => void) => (hide = listener));
  vi.stubGlobal('history', {
    get state() {
      return entries[present]!.state;
    },
    pushState: (state: unknown, _: string, address: string) => go(address, state),
    replaceState: (state: unknown, _: string, address: string) => {
      entries[present] = { state, address };
      arrive();
    },
    back: () => steps++,
  });
  stubSession(stored);
});
afterEach(async () => {
  // What was asked for comes, if it was not waited for.
  await vi.advanceTimersByTimeAsync(10);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** On to a new entry of the history. */
function go(address: string, state: unknown = null): void {
  entries = [...entries.slice(0, ++present), { state, address }];
  arrive();
}

/** To the entry before the present one, or behind it. */
function travel(page: ComparePage, by: -1 | 1): void {
  present += by;
  arrive();
  page.followAddress();
}

function arrive(): void {
  vi.stubGlobal('location', new URL(entries[present]!.address, 'http://page.test/'));
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
  const changes = () => calls.filter((call) => !call.startsWith('GET'));

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
    travel(page, -1);
    expect([page.comparison === group, run.shown, open(), run.state]).toEqual([true, null, ['a', 'b'], 'paused']);
    travel(page, 1);
    expect([page.comparison, run.shown]).toEqual([null, 'b']);
    expect(changes()).toEqual(['POST /api/groups']);
    travel(page, -1);
    travel(page, -1);
    expect([page.group, run.shown, run.state, open()]).toEqual([null, null, 'running', []]);
  });

  it('leaves the runs be on every way back and forth, whatever their address has become', async () => {
    const { page } = await beside();
    const { group } = page;
    page.lookInto(group!.members[1]!);
    travel(page, -1);
    // What is written into the address while the page stays, as after a change inside.
    history.replaceState(history.state, '', '?learning_rate=0.2&compare=seed=2&clock=samples');
    travel(page, 1);
    expect([page.group === group, page.inside?.run]).toEqual([true, 'b']);
    travel(page, -1);
    expect([page.comparison === group, changes()]).toEqual([true, ['POST /api/groups']]);
    forgetInAddress('clock');
    travel(page, 1);
    travel(page, -1);
    expect([page.comparison === group, changes()]).toEqual([true, ['POST /api/groups']]);
  });

  it('keeps what is changed there, in the words above it and in the address, and begins anew with it', async () => {
    const { run, page } = await beside('?compare=seed=2&lang=zh');
    const { group } = page;
    page.lookInto(group!.members[1]!);
    run.host.changed(merge(catalogue.default_config, { seed: 7 }));
    expect(group!.badges.map((badge) => badge?.en)).toEqual(['seed 1', 'seed 7']);
    await vi.advanceTimersByTimeAsync(300);
    expect(location.search).toBe('?compare=seed=7&inside=2&lang=zh');
    run.host.lost();
    group!.lost();
    expect(begun.at(-1)).toEqual([1, 7]);
  });

  it('is found again by the way back after a reload', async () => {
    const { page } = await beside();
    page.lookInto(page.group!.members[1]!);
    const again = load(new Single('r1', 'paused'));
    await vi.advanceTimersByTimeAsync(10);
    const { group } = again;
    const before = changes();
    travel(again, -1);
    expect([again.comparison === group, changes()]).toEqual([true, before]);
  });

  it('is left for other runs where their address was opened anew', async () => {
    const { page } = await beside();
    const { group } = page;
    go('?compare=seed=2');
    page.followAddress();
    await vi.advanceTimersByTimeAsync(10);
    expect([page.group === group, changes()]).toEqual([
      true,
      ['POST /api/groups', 'DELETE /api/groups/g1', 'POST /api/groups'],
    ]);
  });

  it('asks for one step back, however often the way back is taken before the browser has made it', async () => {
    const { run, page } = await beside('');
    page.show([catalogue.default_config, merge(catalogue.default_config, { seed: 2 })], 'steps');
    await vi.advanceTimersByTimeAsync(10);
    page.lookInto(page.group!.members[1]!);
    page.lookBack();
    page.lookBack();
    page.close();
    expect(steps).toBe(1);
    travel(page, -1);
    expect([page.comparison?.members.length, run.shown]).toEqual([2, null]);
    page.close();
    expect(steps).toBe(2);
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
    (page as unknown as { run: Single }).run.host.lost();
    expect([page.comparison?.stage, open()]).toEqual(['live', ['a', 'b']]);
  });
});

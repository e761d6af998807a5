import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { catalogue } from '../../testing/catalogue';
import { stubServer, stubSession } from '../../testing/wires';
import type { RunStore } from '../run.svelte';
import { ComparePage } from './page.svelte';

/** The single run, as far as a comparison has to do with it. */
class Single {
  catalog = catalogue;
  config = catalogue.default_config;
  show = () => undefined;
  constructor(
    readonly id: string,
    public state: 'running' | 'paused',
  ) {}
  play(): void {
    this.state = 'running';
  }
  pause(): void {
    this.state = 'paused';
  }
}

let stored: Map<string, string>;

beforeEach(() => {
  vi.useFakeTimers();
  stored = new Map();
  stubServer((_, init) =>
    init?.method === 'POST'
      ? { status: 201, body: { id: 'g1', control_token: 't', clock: 'steps', runs: [{ id: 'a' }, { id: 'b' }] } }
      : { status: init?.method === 'DELETE' ? 204 : 404 },
  );
  go('');
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('history', {
    pushState: (_: unknown, __: string, address: string) => go(address),
    replaceState: (_: unknown, __: string, address: string) => go(address),
  });
  stubSession(stored);
});
afterEach(() => {
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
});

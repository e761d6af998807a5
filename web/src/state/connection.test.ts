import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Downstream } from '../protocol/messages';
import { stubServer, Wire } from '../testing/wires';
import { RunConnection } from './connection.svelte';

const golden = (name: string) => readFileSync(new URL(`../../../tests/server/golden/${name}.msgpack`, import.meta.url));

class Followed extends RunConnection {
  heard: Downstream['type'][] = [];
  lost = 0;

  start(id: string, token: string | null): void {
    this.follow(id, token);
  }

  stop(): void {
    this.leave();
  }

  protected received(message: Downstream): void {
    this.heard.push(message.type);
    if (message.type === 'hello') this.status = 'live';
  }

  protected gone(): void {
    this.lost++;
  }
}

let known = true;

function followed(): Followed {
  const run = new Followed();
  run.start('r1', 'secret');
  Wire.last.accept();
  Wire.last.say(golden('hello'));
  return run;
}

beforeEach(() => {
  vi.useFakeTimers();
  known = true;
  stubServer((path) => {
    if (path === '/api/health') return { status: 200, body: { kernels: { state: 'ready' } } };
    return { status: known ? 200 : 404 };
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a connection to a run', () => {
  it('says who it is, and is live with the hello', () => {
    const run = followed();
    expect(Wire.last.address).toBe('ws://page.test/api/runs/r1/stream');
    expect(Wire.last.sent[0]).toEqual({ type: 'hello', token: 'secret' });
    expect(run.heard).toEqual(['hello']);
    expect(run.canSteer).toBe(run.owner);
  });

  it('comes back after a loss and asks for what it has missed, and for the buffers that are watched', async () => {
    const run = followed();
    run.watch(['gradients']);
    run.watchProbes(['some']);
    run.series.append({ start: 0, steps: Float64Array.of(1, 2), values: new Float32Array(0) }, 3, 0);
    Wire.last.lose();
    expect(run.status).toBe('reconnecting');
    expect(run.retryAt).toBeGreaterThan(Date.now());
    await vi.advanceTimersByTimeAsync(1000);
    expect(Wire.all).toHaveLength(2);
    Wire.last.accept();
    expect(Wire.last.sent[0]).toEqual({
      type: 'hello',
      token: 'secret',
      since: 2,
      generation: 3,
      watch: ['gradients'],
      probes: ['some'],
    });
  });

  it('says that a server is full, and that a run is gone', async () => {
    const run = followed();
    Wire.last.lose(4429);
    expect(run.status).toBe('full');
    known = false;
    await vi.advanceTimersByTimeAsync(1000);
    expect(run.lost).toBe(1);
    expect(Wire.all).toHaveLength(1);
  });

  it('begins anew where a frame does not fit what came before it', async () => {
    const run = followed();
    run.layout = { ...run.layout!, parameter_count: 1 };
    Wire.last.say(golden('frame'));
    expect(run.heard).toEqual(['hello']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(Wire.all).toHaveLength(2);
  });

  it('hears nothing more of what it has left', () => {
    const run = followed();
    const before = Wire.last;
    run.start('r2', null);
    expect(Wire.last.address).toContain('/r2/');
    expect(before.readyState).toBe(3);
    run.stop();
    Wire.last.lose();
    expect(vi.getTimerCount()).toBe(0);
    expect(run.lost).toBe(0);
  });
});

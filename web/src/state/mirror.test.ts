import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeMessage } from '../protocol/decode';
import type { Downstream, Frame, Hello, RunEvent } from '../protocol/messages';
import { RunMirror } from './mirror.svelte';

const folder = new URL('../../../tests/server/golden/', import.meta.url);
const golden = <T extends Downstream>(name: string) =>
  decodeMessage(readFileSync(new URL(`${name}.msgpack`, folder))) as T;

/** The server's golden frame as the first of its weights. */
function firstFrame(): Frame {
  const frame = golden<Frame>('frame');
  return { ...frame, series: { ...frame.series, start: 0 } };
}

function mirrorOf(...messages: Downstream[]): RunMirror {
  const mirror = new RunMirror();
  for (const message of messages) mirror.reflect(message);
  return mirror;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a divergence', () => {
  const where = { step: 41, tensor: 'layer1.weight' };

  it('is known from the first message to who comes after it, and stays so with the frame that shows it', () => {
    const mirror = mirrorOf(golden<Hello>('hello_diverged'));
    expect([mirror.state, mirror.diverged]).toEqual(['diverged', where]);
    mirror.reflect({ ...firstFrame(), step: 40, state: 'diverged' });
    mirror.reflect({ ...golden<RunEvent>('event_config'), restarted: false } as RunEvent);
    expect(mirror.diverged).toEqual(where);
  });

  it('is known from its event to who is there', () => {
    const mirror = mirrorOf(golden<Hello>('hello'));
    expect(mirror.diverged).toBeNull();
    mirror.reflect(golden<RunEvent>('event_diverged'));
    expect([mirror.state, mirror.diverged]).toEqual(['diverged', where]);
  });

  const endings: [string, Downstream][] = [
    ['another state', golden('event_state')],
    ['new weights', golden('event_config')],
    ['another generation', { ...golden<RunEvent>('event_paused_idle'), generation: 4 }],
    ['a hello without one', golden('hello')],
  ];
  it.each(endings)('ends with %s', (_, message) => {
    const mirror = mirrorOf(golden<Hello>('hello_diverged'), message);
    expect(mirror.diverged).toBeNull();
  });
});

describe('what is wrong with the run', () => {
  const ids = (mirror: RunMirror) => mirror.findings.map(({ illness, layer }) => [illness, layer]);
  const found = [
    ['rate_too_high', null],
    ['saturated', 1],
  ];

  it('is known from the first message and from its event', () => {
    expect(ids(mirrorOf(golden<Hello>('hello_ill')))).toEqual(found);
    expect(ids(mirrorOf(golden<Hello>('hello'), golden<RunEvent>('event_diagnosis')))).toEqual(found);
  });

  const endings: [string, Downstream][] = [
    ['a diagnosis without findings', { ...golden<RunEvent>('event_diagnosis'), findings: [] } as RunEvent],
    ['new weights', golden('event_config')],
    ['another generation', { ...golden<RunEvent>('event_paused_idle'), generation: 4 }],
  ];
  it.each(endings)('ends with %s', (_, message) => {
    expect(mirrorOf(golden<Hello>('hello_ill'), message).findings).toEqual([]);
  });
});

describe('kernels that the run waits for', () => {
  const note = { name: { en: 'Mish', zh: 'Mish' }, done: 1, total: 2 };

  it('are known from the first message and from the event, until the event that there are none', () => {
    const mirror = mirrorOf(golden<Hello>('hello_compiling'));
    expect(mirror.awaiting).toEqual(note);
    mirror.reflect({ type: 'event', event: 'compiling', compiling: null });
    expect(mirror.awaiting).toBeNull();
    mirror.reflect(golden<RunEvent>('event_compiling'));
    expect(mirror.awaiting).toEqual(note);
    expect(mirrorOf(golden<Hello>('hello_compiling'), golden<Hello>('hello')).awaiting).toBeNull();
  });
});

describe('a frame', () => {
  it('is not taken before a layout, with another number of parameters, or after a gap in the series', () => {
    const frame = firstFrame();
    expect(mirrorOf().reflect(frame)).toBe(false);
    const mirror = mirrorOf(golden<Hello>('hello'));
    expect(mirror.reflect({ ...frame, params: frame.params.subarray(1) })).toBe(false);
    expect(mirror.reflect(golden<Frame>('frame'))).toBe(false);
    expect(mirror.latest).toBeNull();
    expect(mirror.reflect(frame)).toBe(true);
    expect([mirror.latest, mirror.series.next]).toEqual([frame, 3]);
  });

  it('of another architecture is forgotten', () => {
    const mirror = mirrorOf(golden<Hello>('hello'), firstFrame());
    const hello = golden<Hello>('hello');
    mirror.reflect(hello);
    expect(mirror.latest).not.toBeNull();
    expect(mirror.frames.next()).toBe(mirror.latest);
    mirror.reflect({ ...hello, layout: { ...hello.layout, parameter_count: 12 } });
    expect([mirror.latest, mirror.frames.next()]).toEqual([null, null]);
  });

  it('shows its numbers a little later, those of the newest', () => {
    const mirror = mirrorOf(golden<Hello>('hello'), firstFrame());
    mirror.reflect({ ...firstFrame(), seq: 6, step: 99 });
    expect([mirror.step, mirror.stats]).toEqual([0, null]);
    vi.runAllTimers();
    expect([mirror.step, mirror.epoch, mirror.rate]).toEqual([99, 2.5625, 119.5]);
    expect(mirror.stats).toBe(mirror.latest!.stats);
    mirror.reflect({ ...golden<Hello>('hello'), layout: { ...golden<Hello>('hello').layout, parameter_count: 12 } });
    expect(mirror.stats).toBeNull();
  });
});

describe('a pause because nobody watched', () => {
  it('lasts until the run goes on', () => {
    const mirror = mirrorOf(golden<Hello>('hello'), golden<RunEvent>('event_paused_idle'), golden('event_state'));
    expect([mirror.state, mirror.idle]).toEqual(['paused', true]);
    mirror.reflect({ ...golden<RunEvent>('event_state'), state: 'running' } as RunEvent);
    expect([mirror.state, mirror.idle]).toEqual(['running', false]);
  });
});

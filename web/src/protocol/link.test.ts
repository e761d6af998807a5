import { describe, expect, it } from 'vitest';
import { backoff, initialLink, transition, type LinkEffect, type LinkEvent, type LinkState } from './link';

function walk(events: LinkEvent[], from: LinkState = initialLink): { state: LinkState; effects: LinkEffect[] } {
  const effects: LinkEffect[] = [];
  let state = from;
  for (const event of events) {
    const next = transition(state, event);
    state = next.state;
    effects.push(next.effect);
  }
  return { state, effects };
}

describe('the connection’s life', () => {
  it('opens, and is open when something was heard', () => {
    const { state, effects } = walk(['start', 'heard', 'heard']);
    expect(state).toEqual({ phase: 'open', attempt: 0 });
    expect(effects).toEqual(['open', null, null]);
  });

  it('waits, probes and opens again after a loss', () => {
    const { state, effects } = walk(['start', 'heard', 'lost', 'timer', 'alive']);
    expect(effects).toEqual(['open', null, 'wait', 'probe', 'open']);
    expect(state.phase).toBe('opening');
  });

  it('waits longer every time that nobody answers', () => {
    const { state } = walk(['start', 'heard', 'lost', 'timer', 'unreachable', 'timer', 'unreachable']);
    expect(state).toEqual({ phase: 'waiting', attempt: 3 });
  });

  it('does not take an accepted socket for a working one', () => {
    const { state } = walk(['start', 'lost', 'timer', 'alive', 'lost', 'timer', 'alive', 'lost']);
    expect(state).toEqual({ phase: 'waiting', attempt: 3 });
  });

  it('begins anew with short waits once it has worked', () => {
    const { state } = walk(['start', 'lost', 'timer', 'unreachable', 'timer', 'alive', 'heard', 'lost']);
    expect(state.attempt).toBe(1);
  });

  it('tells when the run is gone, and then rests', () => {
    const { state, effects } = walk(['start', 'heard', 'lost', 'timer', 'unknown', 'timer', 'lost', 'alive']);
    expect(state.phase).toBe('gone');
    expect(effects.slice(4)).toEqual(['report-gone', null, null, null]);
  });

  it.each<LinkEvent[]>([['start'], ['start', 'heard'], ['start', 'lost'], ['start', 'lost', 'timer']])(
    'can be closed after %s …, and stays closed',
    (...events) => {
      const { state } = walk([...events, 'close', 'lost', 'timer', 'alive', 'heard']);
      expect(state).toEqual({ phase: 'closed', attempt: 0 });
    },
  );
});

describe('backoff', () => {
  it('doubles up to a cap', () => {
    const most = [1, 2, 3, 4, 5, 6, 7, 100, 1e9].map((attempt) => backoff(attempt, 1));
    expect(most).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000]);
  });

  it('spreads over the upper half', () => {
    expect(backoff(4, 0)).toBe(1000);
    expect(backoff(4, 0.5)).toBe(1500);
  });
});

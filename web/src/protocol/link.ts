/**
 * The life of the connection to one run, as a pure state machine: no socket, no clock.
 *
 * A lost connection is first probed over HTTP, because a failed WebSocket handshake does not tell a browser why:
 * the run may be unknown (the server was restarted), or nobody answers (then wait, longer each time).
 */

export type LinkPhase = 'opening' | 'open' | 'waiting' | 'probing' | 'gone' | 'closed';

export interface LinkState {
  phase: LinkPhase;
  /** Failures since the last hello; decides how long to wait. */
  attempt: number;
}

export type LinkEvent = 'start' | 'heard' | 'lost' | 'timer' | 'alive' | 'unknown' | 'unreachable' | 'close';

/** What the driver has to do after a transition. */
export type LinkEffect = 'open' | 'wait' | 'probe' | 'report-gone' | 'close' | null;

export const initialLink: LinkState = { phase: 'closed', attempt: 0 };

export function transition(state: LinkState, event: LinkEvent): { state: LinkState; effect: LinkEffect } {
  const to = (phase: LinkPhase, effect: LinkEffect, attempt = state.attempt) => ({ state: { phase, attempt }, effect });
  if (event === 'close') return to('closed', 'close', 0);
  if (event === 'start') return to('opening', 'open', 0);
  switch (state.phase) {
    case 'opening':
    case 'open':
      // Only a hello proves that the server serves the run: an accepted socket that closes at once must still back off.
      if (event === 'heard') return to('open', null, 0);
      if (event === 'lost') return to('waiting', 'wait', state.attempt + 1);
      break;
    case 'waiting':
      if (event === 'timer') return to('probing', 'probe');
      break;
    case 'probing':
      if (event === 'alive') return to('opening', 'open');
      if (event === 'unreachable') return to('waiting', 'wait', state.attempt + 1);
      if (event === 'unknown') return to('gone', 'report-gone', 0);
      break;
    case 'gone':
    case 'closed':
      break;
  }
  return { state, effect: null };
}

const FIRST_WAIT = 250;
const LONGEST_WAIT = 8000;

/**
 * Milliseconds to wait before the given attempt (1 is the first): exponential, capped, and spread over its upper
 * half by `random` in [0, 1), so that a room of browsers does not come back in one moment.
 */
export function backoff(attempt: number, random: number): number {
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt - 1, 30));
  return ceiling * (0.5 + 0.5 * random);
}

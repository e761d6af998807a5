/** The speed slider: steps a second on a logarithmic scale, a mark for "auto", full speed at the end. Pure. */

import type { Speed } from '../protocol/messages';

export const SLOWEST = 1;
export const FASTEST = 20_000;
/** Positions run from 0 to 100; numbers end at 92, and what lies beyond 96 is full speed. */
const NUMBERS_END = 92;
const FULL_BEGINS = 96;
/** So close to its mark the slider snaps to "auto". */
const SNAP = 2;

/** The position of a pace; where "auto" stands follows from the pace that it means now. */
export function speedPosition(speed: Speed, pace: number): number {
  if (speed === 'full') return 100;
  const rate = speed === 'auto' ? pace : speed;
  const share = Math.log(Math.max(rate, SLOWEST) / SLOWEST) / Math.log(FASTEST / SLOWEST);
  return NUMBERS_END * Math.min(1, Math.max(0, share));
}

export function speedAt(position: number, pace: number): Speed {
  if (position >= FULL_BEGINS) return 'full';
  if (pace > 0 && Math.abs(position - speedPosition('auto', pace)) <= SNAP) return 'auto';
  const rate = SLOWEST * (FASTEST / SLOWEST) ** (Math.min(position, NUMBERS_END) / NUMBERS_END);
  return rate < 10 ? Math.round(rate) : Number(rate.toPrecision(2));
}

/** The panels draw in turns, within a budget that leaves the rest of the refresh to the charts and the page. */
import { Turns, type Turn } from '../../state/comparison/turns';
import { invalidate, onFrame } from '../../state/loop';

const BUDGET = 8;
const MOST = 2;

const panels = new Turns(BUDGET, MOST, () => performance.now());
let count = 0;
let stop: (() => void) | undefined;

/** Lets a panel take part. Returns how it leaves. */
export function takePanelTurn(turn: Turn): () => void {
  const leave = panels.join(turn);
  count++;
  stop ??= onFrame((_, now) => {
    if (!panels.round(now)) invalidate();
  });
  invalidate();
  return () => {
    leave();
    count--;
    if (count > 0) return;
    stop?.();
    stop = undefined;
  };
}

/**
 * The charts take turns: at most one of them is drawn in a refresh, and each five times a second, so that the network
 * beside them keeps its pace.
 */
import { onFrame } from '../../state/loop';

/** Draws if there is something new; returns whether it did. */
type Chart = (now: number) => boolean;

const EVERY = 200;
/** Also without new frames: a chart may have been resized, or waited for its turn when the last one came. */
const IDLE_EVERY = 60;

const charts: Chart[] = [];
const drawnAt = new Map<Chart, number>();
let next = 0;
let stop: (() => void) | undefined;
let idle: ReturnType<typeof setInterval> | undefined;

function round(now: number): void {
  for (let i = 0; i < charts.length; i++) {
    const chart = charts[(next + i) % charts.length]!;
    if (now - (drawnAt.get(chart) ?? -Infinity) < EVERY || !chart(now)) continue;
    drawnAt.set(chart, now);
    next = (next + i + 1) % charts.length;
    return;
  }
}

/** Lets a chart take part. Returns how it leaves. */
export function takeTurn(chart: Chart): () => void {
  charts.push(chart);
  if (charts.length === 1) {
    stop = onFrame((_, now) => round(now));
    idle = setInterval(() => round(performance.now()), IDLE_EVERY);
  }
  return () => {
    charts.splice(charts.indexOf(chart), 1);
    drawnAt.delete(chart);
    if (charts.length > 0) return;
    stop?.();
    clearInterval(idle);
  };
}

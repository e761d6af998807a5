/**
 * The charts take turns: at most one of them is drawn in a refresh, and each four times a second, or less often where it
 * has many curves, so that the network beside them keeps its pace.
 */
import { onFrame } from '../../state/loop';

/** Draws if there is something new; returns whether it did. */
type Chart = (now: number) => boolean;

interface Turn {
  readonly chart: Chart;
  /** How many curves it draws now. */
  readonly curves: () => number;
}

/** Milliseconds from one drawing of a chart to its next. */
const EVERY = 250;
/** With more curves than these it takes longer to draw, and rests longer. */
const FEW_CURVES = 12;
const EVERY_OF_MANY = 400;
/** Also without new frames: a chart may have been resized, or waited for its turn when the last one came. */
const IDLE_EVERY = 60;

const charts: Turn[] = [];
const drawnAt = new Map<Turn, number>();
let next = 0;
let stop: (() => void) | undefined;
let idle: ReturnType<typeof setInterval> | undefined;

function round(now: number): void {
  for (let i = 0; i < charts.length; i++) {
    const turn = charts[(next + i) % charts.length]!;
    const every = turn.curves() > FEW_CURVES ? EVERY_OF_MANY : EVERY;
    if (now - (drawnAt.get(turn) ?? -Infinity) < every || !turn.chart(now)) continue;
    drawnAt.set(turn, now);
    next = (next + i + 1) % charts.length;
    return;
  }
}

/** Lets a chart take part. Returns how it leaves. */
export function takeTurn(chart: Chart, curves: () => number = () => 1): () => void {
  const turn = { chart, curves };
  charts.push(turn);
  if (charts.length === 1) {
    stop = onFrame((_, now) => round(now));
    idle = setInterval(() => round(performance.now()), IDLE_EVERY);
  }
  return () => {
    charts.splice(charts.indexOf(turn), 1);
    drawnAt.delete(turn);
    if (charts.length > 0) return;
    stop?.();
    clearInterval(idle);
  };
}

/** Where charts take their numbers from: the run's record, or what a probe has measured. */
import type { Record } from '../../draw/curves';
import type { ProbeHistory } from '../../state/probes';
import type { RunStore } from '../../state/run.svelte';

/** What is kept over time, and a count that grows with every change of it. */
export interface Track extends Record {
  readonly version: number;
}

/** The places of a number in a probe's row as columns: as measured last, then the least and greatest since. */
export function probeColumns(
  history: Pick<ProbeHistory, 'size'>,
  place: number,
): [value: number, low: number, high: number] {
  return [place, place + history.size, place + 2 * history.size];
}

const SIDES = ['value', 'low', 'high'] as const;
/** So many times as far from the next measurement as any of those around are, and this share of all: nobody watched then. */
const UNWATCHED = 6;
const LONG = 0.03;
/** On either side so many distances are looked at: from a busy machine measurements come a few at a time. */
const AROUND = 3;

/**
 * The moments in order, with a -1 wherever nobody watched for a while: a curve that was not seen is not drawn.
 * `steps`: those of the moments, rising.
 */
export function withGaps(steps: ArrayLike<number>): number[] {
  const span = steps.length > 0 ? steps[steps.length - 1]! - steps[0]! : 0;
  const apart = (at: number) => (at > 0 && at < steps.length ? steps[at]! - steps[at - 1]! : 0);
  return Array.from({ length: steps.length }, (_, at) => at).flatMap((at) => {
    let usual = 0;
    for (let by = 1; by <= AROUND; by++) usual = Math.max(usual, apart(at - by), apart(at + by));
    return usual > 0 && apart(at) > Math.max(UNWATCHED * usual, LONG * span) ? [-1, at] : [at];
  });
}

function probeTrack(history: ProbeHistory): Track {
  const { size, version } = history;
  const measured = history.steps();
  const moments = withGaps(measured);
  // A gap stands right behind what was measured before it.
  const steps = Float64Array.from(moments, (at, i) => (at < 0 ? measured[moments[i - 1]!]! + 0.5 : measured[at]!));
  return {
    version,
    live: null,
    series: {
      length: moments.length,
      // The last moment may change while it is the last.
      rewrites: version,
      columnCount: 3 * size,
      steps: () => steps,
      column: (index) => {
        const values = history.column(index % size, SIDES[Math.floor(index / size)]!);
        return Float32Array.from(moments, (at) => (at < 0 ? Infinity : values[at]!));
      },
    },
  };
}

/** What a chart draws: of a probe's id its history, else the record with the live row. Null while there is none. */
export function trackOf(run: Pick<RunStore, 'series' | 'latest' | 'probes'>, source: string | undefined): Track | null {
  if (source !== undefined) {
    const history = run.probes.of(source);
    return history && probeTrack(history);
  }
  const { series, latest } = run;
  const live = latest && latest.generation === series.generation ? latest : null;
  // Both grow with what comes, and go back with new weights.
  return { series, live, version: series.version + (live?.step ?? 0) };
}

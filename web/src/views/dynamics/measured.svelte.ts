/** What is known of the probes by now, as text and controls need it: looked at with every frame, told when it changes. */
import type { Measurement, ProbeId } from '../../protocol/messages';
import type { Probes } from '../../state/probes';
import type { Measured } from './groups';
import { definedOf } from './places';

export class MeasuredSoFar implements Measured {
  // Two, because what is defined makes the charts, and how often it is measured changes with the machine's load.
  private definitions = $state.raw<Readonly<Record<ProbeId, string>>>({});
  private intervals = $state.raw<Readonly<Record<ProbeId, number>>>({});
  private generation = $state(-1);
  private seen: Record<ProbeId, Measurement> = {};

  constructor(private readonly source: () => Probes) {}

  /** The histories of the present weights. */
  get probes(): Probes {
    void this.generation;
    return this.source();
  }

  /** Which quantities of a probe have a value; none is told before the first measurement. */
  defined(id: ProbeId): string {
    return this.definitions[id] ?? '';
  }

  /** Seconds from one measurement of a probe to the next; 0 while that is not known. */
  every(id: ProbeId): number {
    return this.intervals[id] ?? 0;
  }

  /** Looks at what is new of these probes. */
  look(ids: readonly ProbeId[]): void {
    const probes = this.source();
    if (probes.generation !== this.generation) {
      this.generation = probes.generation;
      this.definitions = {};
      this.intervals = {};
      this.seen = {};
    }
    for (const id of ids) {
      const history = probes.of(id);
      if (!history?.newest || history.newest === this.seen[id]) continue;
      this.seen[id] = history.newest;
      const defined = definedOf(history.layout, history.newest.values);
      const every = rounded(history.newest.every);
      if (defined !== this.definitions[id]) this.definitions = { ...this.definitions, [id]: defined };
      if (every !== this.intervals[id]) this.intervals = { ...this.intervals, [id]: every };
    }
  }
}

/** One digit that counts: a text that is told does not flicker. */
function rounded(seconds: number): number {
  return seconds > 0 ? Math.max(0.1, Number(seconds.toPrecision(1))) : 0;
}

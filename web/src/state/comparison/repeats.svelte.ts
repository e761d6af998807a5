/** The same runs over several seeds, in the background. */

import type { Catalog, RunConfig } from '../../protocol/messages';
import { bandOf, type Band, type StudyClock } from '../../protocol/studies';
import { alike } from '../merge';
import type { Clock } from './clock';
import type { ReadyComparison } from './ready';
import { BackgroundStudy, lengthOf, studyOf, type Reached } from './study.svelte';

/** The runs that are repeated, as they are at the moment. */
interface Repeated {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly members: readonly Reached[];
  readonly plans: readonly RunConfig[];
  readonly ready: ReadyComparison | null;
}

/** A run, and what it was when the study was begun. */
interface Studied {
  readonly run: Reached;
  readonly plan: RunConfig;
}

export class Repeats {
  study = $state.raw<BackgroundStudy | null>(null);
  /** Of which runs the study is, in its order. */
  private studied: readonly Studied[] = [];

  constructor(private readonly runs: Repeated) {}

  /** What a study of the runs counts: a ready comparison has a clock of its own, and none counts seconds. */
  get clock(): StudyClock {
    const { ready, clock } = this.runs;
    return this.study?.known?.clock ?? ready?.clock ?? (clock === 'samples' ? 'samples' : 'steps');
  }

  /** How long a study is, in the unit of its clock: as long as a ready comparison, or as the runs have come. */
  get length(): number {
    const { ready, members, catalog } = this.runs;
    return ready?.steps ?? lengthOf(members, this.clock, catalog.studies.limits.steps);
  }

  /** Runs all of them with so many seeds. */
  begin(seeds: number): void {
    this.forget();
    const { ready, plans, members } = this.runs;
    this.studied = members.map((run) => ({ run, plan: run.plan }));
    this.study = new BackgroundStudy(
      ready ? { comparison: ready.id, seeds } : studyOf(plans, this.clock, this.length, seeds),
    );
    void this.study.begin();
  }

  forget(): void {
    this.study?.cancel();
    this.study = null;
    this.studied = [];
  }

  /** A quantity of a run over all seeds, and where it was measured; null where that is not known, or on another clock. */
  bandOf(run: Reached, quantity: string): { x: number[]; values: Band } | null {
    const known = this.study?.known;
    // What is another run by now has not been repeated; with another seed it is the same.
    const same = ({ plan }: Studied) => alike({ ...plan, seed: run.plan.seed }, run.plan);
    const config = this.studied.findIndex((studied) => studied.run === run && same(studied));
    if (!known || config < 0 || known.clock !== this.runs.clock || !known.quantities.includes(quantity)) return null;
    const values = bandOf(known, config, quantity);
    return values.mean.length > 0 ? { x: known.steps.slice(0, values.mean.length), values } : null;
  }
}

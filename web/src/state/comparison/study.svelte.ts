/** Many runs in the background, as the page shows them: how far they are, what came of them, and how to call them off. */

import * as api from '../../protocol/api';
import type { RunConfig, Text } from '../../protocol/messages';
import * as studies from '../../protocol/studies';
import { both } from '../both';
import { difference } from '../merge';

/** Studies are at least so long, and measured at so many places. */
const LEAST_STEPS = 1000;
const POINTS = 41;

/** A run, and how far it has come. */
export interface Reached {
  readonly plan: RunConfig;
  readonly step: number;
}

export class BackgroundStudy {
  /** As far as it is known; null before the server has said anything. */
  known = $state.raw<studies.Study | null>(null);
  /** Why it was not begun, or could not go on. */
  problem = $state.raw<Text | null>(null);
  /** Called off, or refused. */
  stopped = $state(false);

  private readonly over = $derived(this.known?.state === 'done' || this.known?.state === 'cancelled');
  readonly running = $derived(!this.stopped && !this.over);
  readonly done = $derived(this.known?.done ?? 0);
  readonly total = $derived(this.known?.total ?? 0);

  private readonly abort = new AbortController();
  private begun: { id: string; token: string } | null = null;

  constructor(readonly asked: studies.StudyRequest) {}

  /** Resolves when it is over, however it ends. */
  async begin(): Promise<void> {
    try {
      const { id, control_token } = await studies.createStudy(this.asked);
      this.begun = { id, token: control_token };
      if (this.stopped) return this.callOff();
      await studies.followStudy(id, (study) => (this.known = study), this.abort.signal);
    } catch (problem) {
      if (this.abort.signal.aborted) return;
      if (!(problem instanceof api.Problem)) throw problem;
      this.problem = problem.text ?? both(problem.status === 0 ? 'explain.unreachable' : 'failed.title');
      this.stopped = true;
    }
  }

  /** Nothing more is measured; what was stays. Also where it is no longer followed: the server may be at it still. */
  cancel(): void {
    if (this.over) return;
    this.stopped = true;
    this.abort.abort();
    this.callOff();
  }

  /** Runs that left the numbers: of a configuration, or of all. */
  astray(config?: number): number {
    const lost = this.known?.results.filter(({ diverged_at }) => diverged_at !== null) ?? [];
    return config === undefined ? lost.length : lost.filter((one) => one.config === config).length;
  }

  /** Seeds with which all configurations have ended, however they did. */
  get finished(): number {
    const { known } = this;
    const ended = known?.results.filter(({ state }) => state !== 'waiting' && state !== 'running') ?? [];
    const of = (seed: number) => ended.filter((one) => one.seed === seed).length;
    return known?.seeds.filter((seed) => of(seed) * known.seeds.length === known.total).length ?? 0;
  }

  /** The last values of a quantity in those runs of a configuration that came to the end. */
  ends(config: number, quantity: string): number[] {
    const { known } = this;
    const row = known?.quantities.indexOf(quantity) ?? -1;
    const results = known?.results.filter((one) => one.config === config && one.diverged_at === null) ?? [];
    const last = (known?.steps.length ?? 0) - 1;
    return results
      .map(({ values }) => values[row]?.[last])
      .filter((value): value is number => typeof value === 'number');
  }

  private callOff(): void {
    const { begun } = this;
    this.begun = null;
    if (!begun) return;
    studies.cancelStudy(begun.id, begun.token).catch((problem: unknown) => {
      // It may have ended by itself.
      if (!(problem instanceof api.Problem)) throw problem;
    });
  }
}

/** How far the furthest run has come, in what a study counts: steps, or samples, which are each run's own batches. */
export function reachOf(runs: readonly Reached[], clock: studies.StudyClock): number {
  return Math.max(0, ...runs.map(({ plan, step }) => step * (clock === 'samples' ? plan.training.batch_size : 1)));
}

/** How long a study of runs is, in what it counts: as far as they have come, to two digits. */
export function lengthOf(runs: readonly Reached[], clock: studies.StudyClock, most: number): number {
  const least = LEAST_STEPS * (clock === 'samples' ? (runs[0]?.plan.training.batch_size ?? 1) : 1);
  const reach = reachOf(runs, clock);
  const digit = 10 ** Math.max(0, Math.floor(Math.log10(reach || 1)) - 1);
  return Math.min(most, Math.max(least, Math.ceil(reach / digit) * digit));
}

/** The same runs over several seeds: the first one, and what leads from it to each. */
export function studyOf(
  plans: readonly RunConfig[],
  clock: studies.StudyClock,
  steps: number,
  seeds: number,
): studies.StudyRequest {
  const [base] = plans as [RunConfig, ...RunConfig[]];
  const configs = plans.map((plan) => difference(base, plan));
  return { base, configs, seeds, steps, points: POINTS, clock };
}

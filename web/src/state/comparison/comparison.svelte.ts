/** Runs beside each other: begins them, follows them, steers all of them at once. */

import * as api from '../../protocol/api';
import * as groups from '../../protocol/groups';
import type { Catalog, PartialConfig, RunConfig, Speed, Text, Upstream } from '../../protocol/messages';
import { circumstancesOf } from '../circumstances';
import { invalidate, setFrameSource } from '../loop';
import { alike } from '../merge';
import type { Notice } from '../notice';
import { addressWith } from '../pageAddress';
import { MOST_RUNS, writeInside, writeQuery } from './address';
import type { Clock } from './clock';
import { differences, join } from './differences';
import { Member, stateOf, type Neighbours } from './member.svelte';
import { readyOf } from './ready';
import { Repeats } from './repeats.svelte';
import { forgetGroup, rememberGroup, resumeGroup, type Asked } from './resume';
import { SharedSamples } from './samples';
import { Screen } from './screen';
import type { RateSearch } from './search.svelte';
import { questions } from './whatIf';

/** "refused": the server does not take what was asked, which it would not do later either. */
export type Stage = 'opening' | 'live' | 'full' | 'refused' | 'failed';

const ADDRESS_AFTER = 250;

export class Comparison implements Neighbours {
  members = $state.raw<readonly Member[]>([]);
  clock = $state<Clock>('steps');
  stage = $state<Stage>('opening');
  /** Wall-clock milliseconds of the next attempt while the stage is "full". */
  retryAt = $state(0);
  /** Why they could not be begun, unless the stage is "live" or "opening". */
  problem = $state.raw<api.Problem | null>(null);
  notice = $state.raw<Notice | null>(null);
  /** Between a click and the run that it asked for. */
  adding = $state(false);
  /** The run that stands out: it is pointed at. */
  lit = $state<Member | null>(null);
  /** Where all charts over time are read, in what their axis counts. */
  cursor = $state<number | null>(null);
  /** Whether pictures can be compared by their colours, and profiles by their heights. */
  shared = $state(true);
  /** Which two charts the person has asked for, in place of what suits the runs, and of which ready comparison. */
  asked = $state.raw<{ of: string; charts: [string, string] } | null>(null);
  /** The ready comparison that has been stopped where it is to be looked at. */
  stoppedFor = '';
  readonly samples = new SharedSamples();
  /** The test image that all of them look at. */
  sample = $state(0);

  private wantedSpeed = $state.raw<Speed | null>(null);

  readonly plans = $derived(this.members.map((member) => member.plan));
  /** The ready comparison that they are, if any: it has a sentence on what to watch. */
  readonly ready = $derived.by(() => readyOf(this.catalog.comparisons, this.plans));
  /** What each run differs in, in words; null where all are the same. A ready comparison has names for its own. */
  readonly badges = $derived.by<(Text | null)[]>(
    () => this.ready?.runs.map(({ label }) => label) ?? differences(this.plans, this.catalog).map(join),
  );
  /** All of it, as it stands in the address. */
  readonly query = $derived.by(() => writeQuery(this.plans, this.clock, this.catalog));
  readonly connected = $derived(this.members.some(({ status }) => status === 'live'));
  readonly canSteer = $derived(this.stage === 'live' && this.connected);
  readonly state = $derived(stateOf(this.members));
  readonly speed = $derived<Speed>(this.wantedSpeed ?? this.plans[0]?.speed ?? 'auto');
  readonly pace = $derived(Math.min(...this.members.map(({ pace }) => pace), Infinity));
  /** The furthest of the runs: what the clock shows. */
  readonly step = $derived(Math.max(0, ...this.members.map(({ step }) => step)));
  readonly epoch = $derived(Math.max(0, ...this.members.map(({ epoch }) => epoch)));
  /** Of all of them together. */
  readonly samplesPerSecond = $derived(this.members.reduce((sum, member) => sum + member.samplesPerSecond, 0));
  readonly hasRoom = $derived(this.members.length < MOST_RUNS);
  readonly drawable = $derived(this.members.length > 0 && this.members.every(({ layout }) => layout !== null));

  /** The same runs over several seeds. */
  readonly repeats = new Repeats(this);
  /** For the learning rates of a race, if there was one of these runs. */
  search = $state.raw<RateSearch | null>(null);
  private readonly screen = new Screen();
  private id: string | null = null;
  /** What steers each of the runs. */
  token = '';
  /** The one that is looked into. */
  inside = $state.raw<Member | null>(null);
  /** Nobody looks at them together just now. */
  private resting = false;
  private addressTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private again: (() => void) | null = null;
  private ended = false;
  /** Counts what was begun: what comes of an earlier one comes too late. */
  private turn = 0;

  constructor(readonly catalog: Catalog) {
    this.show();
  }

  private show(): void {
    setFrameSource(() => {
      const now = performance.now();
      // Every run is drawn from its own frames; all that the loop has to know is whether there are new ones.
      if (this.screen.pull(this.members, this.clock, now)) invalidate();
      return null;
    });
  }

  /** How far the axis over time goes at least: as far as a ready comparison, where that is told on this clock. */
  get reach(): number {
    return this.ready?.clock === this.clock ? this.ready.steps : 0;
  }

  // ── life ───────────────────────────────────────────────────────────────────

  /** Begins these runs, and leaves those that there were. `notice` is what there is to be told of them. */
  async open(configs: readonly PartialConfig[], clock: Clock, notice: Notice | null = null): Promise<void> {
    const turn = this.begin(clock, notice);
    try {
      const { id, control_token: token, runs } = await groups.createGroup({ runs: [...configs], clock });
      if (turn !== this.turn) return void groups.deleteGroup(id, token).catch(ignore);
      this.adopt(id, token, () => runs.map((run, i) => this.member(run, i)));
    } catch (problem) {
      if (turn === this.turn) this.failed(problem, () => void this.open(configs, clock, notice));
    }
  }

  /** After a reload: goes on with the tab's own runs, if they are still there and are these; else begins these. */
  async resume(asked: Asked, notice: Notice | null = null): Promise<void> {
    const turn = this.begin(asked.clock, notice);
    try {
      const resumed = await resumeGroup(this.catalog, asked);
      if (turn !== this.turn) return;
      if (!resumed) return await this.open(asked.configs, asked.clock, notice);
      const { own, group } = resumed;
      this.clock = group.clock;
      this.adopt(own.id, own.token, () => group.runs.map((run, i) => this.member(run, own.hues[run.id] ?? i)));
    } catch (problem) {
      if (turn === this.turn) this.failed(problem, () => void this.resume(asked, notice));
    }
  }

  /** The page is being left, perhaps to come back. */
  keep(left: string | null): void {
    const hues = Object.fromEntries(this.members.map(({ run, hue }) => [run, hue]));
    if (this.id) rememberGroup({ id: this.id, token: this.token, hues, left });
  }

  /** Lets the runs be, which go on unseen: one of them is looked into. */
  rest(): void {
    this.resting = true;
    clearTimeout(this.addressTimer);
    this.addressTimer = undefined;
    for (const member of this.members) member.part();
  }

  /** Follows them again. */
  wake(): void {
    if (!this.resting) return;
    this.resting = false;
    this.show();
    for (const member of this.members) member.join(this.token);
  }

  private begin(clock: Clock, notice: Notice | null): number {
    clearTimeout(this.retryTimer);
    this.leave();
    this.stage = 'opening';
    this.notice = notice;
    this.clock = clock;
    this.wantedSpeed = null;
    return ++this.turn;
  }

  private adopt(id: string, token: string, join: () => Member[]): void {
    this.id = id;
    this.token = token;
    this.members = join();
    this.stage = 'live';
    this.keep(null);
  }

  /** Ends the runs: nobody looks at them any more. */
  end(): void {
    this.ended = true;
    this.turn++;
    clearTimeout(this.retryTimer);
    clearTimeout(this.addressTimer);
    this.leave();
  }

  /** After stage "failed", or not waiting for the next attempt. */
  retry(): void {
    this.again?.();
  }

  private leave(): void {
    this.repeats.forget();
    this.forgetSearch();
    for (const member of this.members) member.part();
    this.members = [];
    if (this.id) {
      forgetGroup();
      void groups.deleteGroup(this.id, this.token).catch(ignore);
    }
    this.id = null;
  }

  private failed(problem: unknown, again: () => void): void {
    if (!(problem instanceof api.Problem)) throw problem;
    this.again = again;
    this.problem = problem;
    this.stage = stageAfter(problem);
    if (this.stage !== 'full') return;
    const seconds = problem.retryAfter || 10;
    this.retryAt = Date.now() + 1000 * seconds;
    this.retryTimer = setTimeout(again, 1000 * seconds);
  }

  private member({ id, config }: Pick<groups.CreatedRun, 'id' | 'config'>, hue: number): Member {
    const member = new Member(this, id, config, hue);
    if (!this.resting) member.join(this.token);
    return member;
  }

  // ── what a member asks for ─────────────────────────────────────────────────

  /** The server was restarted, or kept the group long enough: the same runs begin again. */
  lost(): void {
    if (this.stage !== 'live' || this.ended) return;
    const { plans, clock } = this;
    void this.open(plans, clock, { tone: 'info', key: 'notice.started_again' });
  }

  changed(): void {
    this.addressTimer ??= setTimeout(() => {
      this.addressTimer = undefined;
      this.writeAddress();
    }, ADDRESS_AFTER);
  }

  // ── what goes out ──────────────────────────────────────────────────────────

  toggle(): void {
    if (this.state === 'running') this.pause();
    else this.play();
  }

  play(): void {
    if (this.command({ type: 'play' })) this.tell('running');
  }

  pause(): void {
    if (this.command({ type: 'pause' })) this.tell('paused');
  }

  advance(unit: 'step' | 'epoch', count = 1): void {
    if (this.command({ type: 'step', count, unit })) this.tell('paused');
  }

  /** New weights for all, from the same seed or another one. */
  reset(seed?: number): void {
    this.command(seed === undefined ? { type: 'reset' } : { type: 'reset', seed });
  }

  setSpeed(speed: Speed): void {
    if (this.command({ type: 'speed', speed })) this.wantedSpeed = speed;
  }

  setClock(clock: Clock): void {
    const { turn } = this;
    if (!this.id || !this.canSteer || clock === this.clock) return;
    this.clock = clock;
    groups
      .commandGroup(this.id, this.token, { type: 'clock', clock })
      .catch((problem: unknown) => this.tellProblem(problem, turn));
    this.changed();
  }

  /** One more run: the present one with a change. It begins at 0 while the others wait for it. */
  async add(config: RunConfig): Promise<void> {
    const { id, token, turn } = this;
    if (!id || !this.hasRoom || this.adding) return;
    this.adding = true;
    try {
      const run = await groups.addRun(id, token, config);
      if (turn !== this.turn) return void groups.removeRun(id, token, run.id).catch(ignore);
      const places = Array.from({ length: MOST_RUNS }, (_, i) => i);
      const hue = places.find((i) => this.members.every((member) => member.hue !== i)) ?? 0;
      this.members = [...this.members, this.member(run, hue)];
      this.keep(null);
      this.changed();
    } catch (problem) {
      this.tellProblem(problem, turn);
    } finally {
      this.adding = false;
    }
  }

  async remove(member: Member): Promise<void> {
    const { id, token, turn } = this;
    if (!id || this.members.length < 3) return;
    member.part();
    this.members = this.members.filter((other) => other !== member);
    if (this.lit === member) this.lit = null;
    this.changed();
    await groups.removeRun(id, token, member.run).catch((problem: unknown) => this.tellProblem(problem, turn));
  }

  forgetSearch(): void {
    this.search?.study.cancel();
    this.search = null;
  }

  dismiss(): void {
    this.notice = null;
  }

  /** What could be otherwise in a run. */
  questionsAbout(member: Member) {
    const { plan, data } = member;
    return questions(plan, this.catalog, circumstancesOf(this.catalog, plan, data));
  }

  /** What full colour stands for in the columns of a run's network: shared by those that are as deep. */
  scalesOf({ scene }: Member): readonly number[] {
    if (!this.shared) return scene.scales;
    const alike = this.members.filter((other) => other.scene.scales.length === scene.scales.length);
    return scene.scales.map((_, column) => Math.max(...alike.map((other) => other.scene.scales[column]!)));
  }

  /** Whether a configuration is among the runs already. */
  has(config: RunConfig): boolean {
    return this.plans.some((plan) => alike(plan, config));
  }

  /** What steers one steers them all. */
  private command(message: Upstream): boolean {
    return this.canSteer && this.members.some((member) => member.status === 'live' && member.steer(message));
  }

  /** Shown at once; what the server says of each run follows. */
  private tell(state: 'running' | 'paused'): void {
    for (const member of this.members) {
      if (member.state === 'running' || member.state === 'paused') member.state = state;
    }
  }

  private tellProblem(problem: unknown, turn: number): void {
    if (!(problem instanceof api.Problem)) throw problem;
    if (turn !== this.turn) return;
    this.notice = problem.text ? { tone: 'error', text: problem.text } : { tone: 'error', key: 'failed.title' };
  }

  private writeAddress(): void {
    if (!this.query || this.ended) return;
    const { query, inside } = this;
    const whole = inside ? writeInside(query, this.members.indexOf(inside)) : query;
    history.replaceState(history.state, '', addressWith(whole));
  }
}

function stageAfter({ status }: api.Problem): Stage {
  if (status === 429) return 'full';
  return status >= 400 && status < 500 ? 'refused' : 'failed';
}

/** The server may have ended it by itself. */
function ignore(problem: unknown): void {
  if (!(problem instanceof api.Problem)) throw problem;
}

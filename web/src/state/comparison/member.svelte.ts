/** One of several runs beside each other: followed over a socket of its own, steered together with the others. */

import { Course } from '../../model/course';
import type { Catalog, Downstream, Frame, RunConfig, RunData, RunState, Upstream } from '../../protocol/messages';
import { RunConnection } from '../connection.svelte';
import { same } from '../merge';
import { Scene } from '../scene.svelte';
import type { Progress } from './abreast';
import type { Clock } from './clock';
import type { SharedSamples } from './samples';

/** Pictures of runs beside each other are small, and there are many. */
const FINEST_GRID = 40;
/** Milliseconds without a frame after which the others no longer wait for one of it. */
const UNHEARD = 250;

/** What a member needs of those it stands beside. */
export interface Neighbours {
  readonly catalog: Catalog;
  readonly samples: SharedSamples;
  /** The server no longer knows the run. */
  lost(): void;
  /** What a run is has changed. */
  changed(): void;
}

export class Member extends RunConnection {
  data = $state.raw<RunData | null>(null);
  /** The frame that is to be on the screen. Not reactive. */
  shown: Frame | null = null;
  /** The frame that is on the screen; whoever draws it says so. */
  drawn: Frame | null = null;
  /** What its picture shows, brought up to date by whoever draws it. */
  readonly scene = new Scene(this, { side: FINEST_GRID });

  /** When it did what. Not reactive. */
  readonly course = new Course();

  /** What it is, where it was changed while others than this followed it. */
  private word = $state.raw<RunConfig | null>(null);
  private dataFor: RunConfig['data'] | null = null;
  /** When the last frame came. */
  private heard = -Infinity;

  /** `hue` is the place of its colour, which it keeps as long as it is there. */
  constructor(
    private readonly among: Neighbours,
    readonly run: string,
    /** As it was when the page began to follow it. */
    private readonly first: RunConfig,
    readonly hue: number,
  ) {
    super();
  }

  get catalog(): Catalog {
    return this.among.catalog;
  }

  /** What it is, also before its stream has said so. */
  get plan(): RunConfig {
    return this.word ?? this.config ?? this.first;
  }

  join(token: string): void {
    this.follow(this.run, token);
  }

  /** What it is by now, said by who follows it meanwhile; its layout and its frames are those of before. */
  told(config: RunConfig): void {
    this.word = config;
    this.among.changed();
  }

  /** Sends a command; false when there is no connection to send it over. */
  steer(message: Upstream): boolean {
    return this.send(message);
  }

  part(): void {
    this.leave();
  }

  /** How far it is on a clock, at least: its last batch may have gone beyond. */
  progress(clock: Clock, now: number): Progress {
    const place = ({ step, epoch }: Frame) => {
      // A round of seconds ends where each one's step does: no two frames are of the same moment.
      if (clock === 'wall') return 0;
      return clock === 'steps' ? step : epoch * (this.data?.train.count ?? 0) - this.plan.training.batch_size;
    };
    const { waiting } = this.frames;
    return {
      waiting: waiting.map(place),
      shown: this.shown ? place(this.shown) : 0,
      holds: this.state === 'running' && this.status === 'live' && now - this.heard < UNHEARD,
    };
  }

  /** Takes a waiting frame to the screen. */
  show(index: number): void {
    this.shown = this.frames.skipTo(index);
  }

  protected received(message: Downstream): void {
    if (message.type === 'frame') {
      this.heard = performance.now();
      this.course.take(message);
    }
    if (message.type === 'hello') this.status = 'live';
    if (message.type === 'hello' || (message.type === 'event' && message.event === 'config')) {
      this.word = null;
      void this.loadData(message.config.data);
      this.among.changed();
    }
  }

  protected gone(): void {
    this.among.lost();
  }

  private async loadData(wanted: RunConfig['data']): Promise<void> {
    if (same(this.dataFor, wanted)) return;
    this.dataFor = wanted;
    const data = await this.among.samples.of(this.run, wanted);
    if (!same(this.dataFor, wanted)) return;
    this.data = data;
    // The connection is failing; the next hello asks again.
    if (!data) this.dataFor = null;
  }
}

/** What a person sees of all of them as one. */
export function stateOf(members: readonly Member[]): RunState {
  if (members.some(({ state }) => state === 'running')) return 'running';
  if (members.some(({ state }) => state === 'paused')) return 'paused';
  return members[0]?.state ?? 'paused';
}

/** The run as the server last told it: every message changes what the page shows. No socket here. */

import { Series } from '../model/series';
import type {
  Column,
  Compiling,
  Divergence,
  Downstream,
  Finding,
  Frame,
  Hello,
  Layout,
  RunConfig,
  RunEvent,
  RunState,
  Stop,
} from '../protocol/messages';
import { FrameQueue } from './frameQueue';
import { Probes } from './probes';

/** Numbers as text change at most this often, in milliseconds, so that they can be read. */
const TEXT_EVERY = 100;

export class RunMirror {
  /** As the server confirmed it; fits `layout` and the frames, so drawing reads this one. */
  config = $state.raw<RunConfig | null>(null);
  layout = $state.raw<Layout | null>(null);
  state = $state<RunState>('paused');
  /** Whether this tab may steer. */
  owner = $state(false);
  generation = $state(-1);
  step = $state(0);
  epoch = $state(0);
  /** Measured steps a second. */
  rate = $state(0);
  /** The results of `columns`, as fast as they can be read; null before there are some. */
  stats = $state.raw<Float32Array | null>(null);
  stepsPerEpoch = $state(1);
  evaluated = $state.raw<[train: number, test: number]>([0, 0]);
  /** Steps a second that the speed "auto" means. */
  pace = $state(0);
  diverged = $state.raw<Divergence | null>(null);
  /** How training ended by itself, until it goes on. */
  stopped = $state.raw<Stop | null>(null);
  /** What is wrong with the run, the most severe first. */
  findings = $state.raw<readonly Finding[]>([]);
  /** The kernels that the run waits for before it goes on, if any. */
  awaiting = $state.raw<Compiling | null>(null);
  /** The server paused the run because nobody had watched it for a while. */
  idle = $state(false);

  readonly columns = $derived<Column[]>(this.layout?.columns ?? []);

  /** The newest frame. Not reactive. */
  latest: Frame | null = null;
  /** What the drawing loop shows, a frame or two behind. */
  readonly frames = new FrameQueue();
  /** The run's record. Not reactive: look at `series.version`. */
  readonly series = new Series();
  /** What was measured while it was watched. Not reactive: look at each history's `version`. */
  readonly probes = new Probes();

  private textTimer: ReturnType<typeof setTimeout> | undefined;

  /** Takes what a message says. False: a frame that does not fit what came before it, of which nothing was taken. */
  reflect(message: Downstream): boolean {
    if (message.type === 'frame') return this.reflectFrame(message);
    if (message.type === 'hello') this.reflectHello(message);
    else this.reflectEvent(message);
    return true;
  }

  /** What is known is of a run that is no longer looked at. */
  protected forget(): void {
    this.config = this.layout = null;
    this.latest = this.stats = null;
    this.frames.clear();
    this.state = 'paused';
    this.step = this.epoch = this.rate = 0;
    this.diverged = this.stopped = this.awaiting = null;
    this.findings = [];
  }

  private reflectHello(hello: Hello): void {
    this.generation = hello.generation;
    this.reflectPlan(hello);
    this.owner = hello.owner;
    this.state = hello.state;
    this.diverged = hello.diverged;
    this.stopped = hello.stopped;
    this.findings = hello.findings;
    this.awaiting = hello.compiling;
  }

  private reflectFrame(frame: Frame): boolean {
    // The event that explains another architecture is on its way, but then this frame came before it.
    if (!this.layout || frame.params.length !== this.layout.parameter_count) return false;
    if (!this.series.append(frame.series, frame.generation, this.layout.columns.length)) return false;
    this.latest = frame;
    this.probes.take(frame);
    this.frames.push(frame);
    this.textTimer ??= setTimeout(() => {
      this.textTimer = undefined;
      this.showNumbers();
    }, TEXT_EVERY);
    return true;
  }

  private reflectEvent(event: RunEvent): void {
    if (event.generation !== undefined && event.generation !== this.generation) {
      this.generation = event.generation;
      this.diverged = null;
      this.stopped = null;
      this.findings = [];
    }
    switch (event.event) {
      case 'config':
        if (event.restarted) {
          this.diverged = this.stopped = null;
          this.findings = [];
        }
        this.reflectPlan(event);
        break;
      case 'state':
        this.state = event.state;
        if (event.state !== 'diverged') this.diverged = null;
        if (event.state !== 'finished') this.stopped = null;
        if (event.state === 'running') this.idle = false;
        break;
      case 'diagnosis':
        this.findings = event.findings;
        break;
      case 'compiling':
        this.awaiting = event.compiling;
        break;
      case 'diverged':
        this.state = 'diverged';
        this.diverged = { step: event.step, tensor: event.tensor };
        break;
      case 'paused_idle':
        this.state = 'paused';
        this.idle = true;
        break;
      case 'finished':
        this.state = 'finished';
        this.stopped = {
          step: event.step,
          best_epoch: event.best_epoch,
          best_step: event.best_step,
          best_loss: event.best_loss,
        };
        break;
    }
  }

  private reflectPlan(
    plan: Pick<Hello, 'config' | 'layout' | 'steps_per_epoch' | 'evaluated' | 'pace' | 'probes'>,
  ): void {
    if (this.latest && this.latest.params.length !== plan.layout.parameter_count) {
      this.latest = this.stats = null;
      this.frames.clear();
    }
    this.config = plan.config;
    this.layout = plan.layout;
    this.stepsPerEpoch = plan.steps_per_epoch;
    this.evaluated = plan.evaluated;
    this.pace = plan.pace;
    this.probes.begin(plan.probes, this.generation);
  }

  private showNumbers(): void {
    const frame = this.latest;
    if (!frame) return;
    this.step = frame.step;
    this.epoch = frame.epoch;
    this.rate = frame.rate;
    this.stats = frame.stats;
  }
}

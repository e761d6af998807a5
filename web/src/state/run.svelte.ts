/** The page's view of one run: starts it, follows it, steers it. Drawing reads it; nothing else talks to the server. */

import * as api from '../protocol/api';
import type {
  Catalog,
  Downstream,
  LayerConfig,
  ParameterEdit,
  PartialConfig,
  Preset,
  RunConfig,
  RunData,
  Speed,
  Upstream,
} from '../protocol/messages';
import { circumstancesOf } from './circumstances';
import { comparesIn } from './comparison/address';
import { RunConnection } from './connection.svelte';
import { fitDivisors } from './divisors';
import { History } from './history';
import type { Home, Host } from './home';
import { LeftOut } from './leftOut';
import { setFrameSource } from './loop';
import { difference, join, merge, same } from './merge';
import type { Notice } from './notice';
import { presetOf } from './presets';
import { layerRefusal, type LayerRefusal } from './refusal';
import { rememberedRun, rememberRun } from './remember';
import { addressWith } from './pageAddress';
import { Rest } from './rest';
import { createRun, openRun, waitForKernels, type Opened } from './startup';
import { writeConfig } from './url';

/** Commands of one gesture are sent together. */
const SEND_AFTER = 60;
const ADDRESS_AFTER = 250;

export class RunStore extends RunConnection {
  /** While status is "compiling". */
  compiling = $state.raw({ done: 0, total: 0, label: '' });
  catalog = $state.raw<Catalog | null>(null);
  /** The configuration with everything that the person has asked for already in it; controls read and change this one. */
  wanted = $state.raw<RunConfig | null>(null);
  data = $state.raw<RunData | null>(null);
  notice = $state.raw<Notice | null>(null);
  /** What was last said against a change of layers; until the next change. */
  refusal = $state.raw<LayerRefusal | null>(null);
  /** Position in `config.network.layers` whose settings are open; -1 means all of them at once. */
  selectedLayer = $state<number | null>(null);
  /** Where on the screen the selected layer stands. */
  layerAnchor = $state.raw<DOMRect | null>(null);

  canUndo = $state(false);
  canRedo = $state(false);

  /** Everything that the page draws is there. */
  readonly ready = $derived(this.catalog !== null && this.config !== null && this.layout !== null);
  /** The preset that the settings are just now, if any. */
  readonly preset = $derived(this.catalog && this.wanted ? presetOf(this.catalog.presets, this.wanted) : null);
  /** What choices have to fit: the data that were asked for last; own data themselves say what they are. */
  readonly circumstances = $derived(circumstancesOf(this.catalog, this.wanted, this.data));
  /** What the data are, also while they are on their way. */
  readonly task = $derived(this.data?.task ?? this.circumstances.task);
  readonly kind = $derived(this.data?.kind ?? this.circumstances.kind);

  readonly speed = $derived<Speed>(this.wanted?.speed ?? 'auto');
  /** While others are looked at. */
  readonly rest = new Rest(this);

  private home: Home | null = null;
  private history = new History();
  private unsent: PartialConfig | null = null;
  private sendTimer: ReturnType<typeof setTimeout> | undefined;
  private addressTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private dataFor: RunConfig['data'] | null = null;
  private leftOut = new LeftOut();

  constructor() {
    super();
    this.show();
  }

  /** Lets the page's drawers draw this run. */
  show(): void {
    setFrameSource(() => this.frames.next());
  }

  /** The page's own run, whichever is shown. */
  get own(): { id: string | null; token: string | null } {
    const { id, token } = this;
    return this.home ?? { id, token };
  }

  // ── life ───────────────────────────────────────────────────────────────────

  /** Opens what the address asks for. Call it once. */
  async start(): Promise<void> {
    addEventListener('online', () => this.hurry());
    addEventListener('pagehide', () => {
      const { id, token } = this.own;
      if (id && token) rememberRun({ id, token, left: location.search });
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.hurry();
    });
    await this.boot();
  }

  /** After status "failed" or "full": tries everything again. */
  async retry(): Promise<void> {
    clearTimeout(this.retryTimer);
    if (this.hurry()) return;
    if (this.config && this.catalog) await this.begin(() => createRun(this.wanted ?? this.config ?? {}, null));
    else await this.boot();
  }

  /** Looks anew at what can be chosen: files of a data set may have come. */
  async refreshCatalog(): Promise<void> {
    try {
      this.catalog = await api.getCatalog();
    } catch (failure) {
      // Without the server the old one stays; that the server is gone is told where the run is watched.
      if (!(failure instanceof api.Problem)) throw failure;
    }
  }

  /** For a viewer: leaves the run that somebody else steers and starts the same configuration as an own one. */
  async copy(): Promise<void> {
    await this.begin(() => createRun(this.config ?? {}, null));
  }

  private async boot(): Promise<void> {
    this.status = 'loading';
    await this.begin(async () => {
      await waitForKernels((kernels) => {
        this.status = 'compiling';
        this.compiling = kernels;
      });
      this.status = 'connecting';
      this.catalog = await api.getCatalog();
      return openRun(this.catalog, location.search, rememberedRun());
    });
  }

  /** Follows the run that `open` brings; a failure becomes a state of the page. */
  private async begin(open: () => Promise<Opened>): Promise<void> {
    try {
      this.adopt(await open());
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      if (problem.status === 429) {
        const seconds = problem.retryAfter || 10;
        this.status = 'full';
        this.retryAt = Date.now() + 1000 * seconds;
        this.retryTimer = setTimeout(() => void this.retry(), 1000 * seconds);
      } else {
        this.status = 'failed';
        this.notice = problem.text ? { tone: 'error', text: problem.text } : null;
      }
    }
  }

  private adopt({ id, token, notice }: Opened): void {
    if (token) rememberRun({ id, token });
    if (this.home) {
      this.home = { ...this.home, id, token };
      return;
    }
    this.notice = notice;
    this.dataFor = null;
    this.follow(id, token);
  }

  /** The server no longer knows the run (it was restarted, or kept it long enough): the same configuration starts again on its own. */
  protected gone(): void {
    if (this.home) return this.home.host.lost();
    if (this.token === null) {
      rememberRun(null);
      this.status = 'failed';
      this.notice = { tone: 'info', key: 'notice.run_ended' };
      return;
    }
    const notice: Notice = { tone: 'info', key: 'notice.started_again' };
    void this.begin(() => createRun(this.wanted ?? this.config ?? {}, notice));
  }

  // ── beside other runs ────────────────────────────────────────────────────────

  /** Shows a run of this tab's in the place of the own one, which rests, until `comeHome`. */
  visit(id: string, token: string, host: Host): void {
    this.flush();
    const { wanted, history } = this;
    this.home = { ...this.own, wanted, history, ...this.home, host };
    this.turnTo(id, token, null, new History());
  }

  comeHome(): void {
    const { home } = this;
    if (!home?.id) return;
    this.flush();
    this.home = null;
    this.turnTo(home.id, home.token, home.wanted, home.history);
  }

  private turnTo(id: string, token: string | null, wanted: RunConfig | null, history: History): void {
    clearTimeout(this.retryTimer);
    this.forget();
    this.wanted = wanted;
    this.data = this.dataFor = this.unsent = null;
    this.notice = this.refusal = this.selectedLayer = null;
    this.history = history;
    this.canUndo = history.canUndo;
    this.canRedo = history.canRedo;
    this.leftOut = new LeftOut();
    this.status = 'connecting';
    this.follow(id, token);
  }

  // ── what comes in ──────────────────────────────────────────────────────────

  protected received(message: Downstream): void {
    if (message.type === 'hello') {
      this.takePlan(message.config);
      this.status = 'live';
      if (this.unsent) this.flush();
      if (!this.home) this.rest.tell();
    } else if (message.type === 'event' && message.event === 'config') {
      this.takePlan(message.config);
    } else if (message.type === 'event' && message.event === 'error' && this.status === 'live') {
      // Before the hello it only says why the connection is about to be closed, which the link finds out itself.
      this.wanted = this.config && this.unsent ? merge(this.config, this.unsent) : this.config;
      this.refusal = layerRefusal(message.field, message.message);
      // Where a layer's settings are open, it is said there.
      if (!this.refusal || this.selectedLayer === null) this.notice = { tone: 'error', text: message.message };
      if (this.wanted) this.history.forget(this.wanted);
      this.canUndo = this.history.canUndo;
    }
  }

  /** Does what follows from a configuration that the server has taken over. */
  private takePlan(config: RunConfig): void {
    const n = this.leftOut.taken(config);
    if (n > 0) this.notice = { tone: 'info', key: 'notice.layers_left_out', vars: { n } };
    this.wanted = this.unsent ? merge(config, this.unsent) : config;
    if (!same(this.dataFor, config.data)) void this.loadData(config.data);
    this.home?.host.changed(config);
    this.addressTimer ??= setTimeout(() => {
      this.addressTimer = undefined;
      this.writeAddress();
    }, ADDRESS_AFTER);
  }

  private async loadData(wanted: RunConfig['data']): Promise<void> {
    if (!this.id) return;
    this.dataFor = wanted;
    try {
      const data = await api.getData(this.id);
      if (same(this.dataFor, wanted)) this.data = data;
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      // The connection is failing; the next hello asks again.
      this.dataFor = null;
    }
  }

  /** An own run stands in the address with all its configuration; a watched one with its id. */
  private writeAddress(): void {
    // While runs stand beside each other, the address is theirs.
    if (!this.config || !this.catalog || !this.id || comparesIn(location.search)) return;
    const own = this.token ? writeConfig(this.config, this.catalog) : `run=${this.id}`;
    const address = addressWith(own);
    if (address !== location.pathname + location.search + location.hash)
      history.replaceState(history.state, '', address);
  }

  // ── what goes out ──────────────────────────────────────────────────────────

  play(): void {
    if (this.diverged) return;
    if (this.command({ type: 'play' })) this.state = 'running';
  }

  pause(): void {
    if (this.command({ type: 'pause' })) this.state = 'paused';
  }

  toggle(): void {
    if (this.state === 'running') this.pause();
    else this.play();
  }

  advance(unit: 'step' | 'epoch', count = 1): void {
    this.command({ type: 'step', count, unit });
  }

  /** New weights, from the same seed or another one. */
  reset(seed?: number): void {
    if (seed === undefined) this.command({ type: 'reset' });
    else this.command({ type: 'reset', seed });
  }

  setSpeed(speed: Speed): void {
    this.set({ speed });
  }

  setParameter(tensor: string, index: number, value: number): void {
    const edit: ParameterEdit = { tensor, index, value };
    this.command({ type: 'set', parameters: [edit] });
  }

  /** Changes a part of the configuration: shown at once, sent with what else changes in the same moment. */
  set(patch: PartialConfig): void {
    if (!this.canSteer || !this.wanted) return;
    this.history.record(this.wanted, merge(this.wanted, patch), performance.now());
    this.change(patch);
  }

  /** Changes the hidden layers, from what the person has asked for so far (also when two clicks follow fast). */
  setLayers(update: (layers: LayerConfig[]) => LayerConfig[]): void {
    if (!this.wanted || !this.catalog) return;
    this.set({ network: { layers: fitDivisors(update(this.wanted.network.layers), this.catalog) } });
  }

  undo(): void {
    const target = this.canSteer && this.wanted ? this.history.undo(this.wanted) : null;
    if (target) this.change(this.wayTo(target));
  }

  redo(): void {
    const target = this.canSteer && this.wanted ? this.history.redo(this.wanted) : null;
    if (target) this.change(this.wayTo(target));
  }

  /** After a divergence: a tenth of the learning rate, new weights, on again. */
  tameLearningRate(): void {
    const optimizer = this.wanted?.training.optimizer;
    const rate = optimizer?.['learning_rate'];
    if (!optimizer || typeof rate !== 'number') return;
    this.set({ training: { optimizer: { ...optimizer, learning_rate: Number((rate / 10).toPrecision(6)) } } });
    this.flush();
    this.reset();
    this.play();
  }

  /** Takes over all of a preset's configuration as one change, and begins it with new weights; goes on unless paused. */
  apply({ config }: Preset): void {
    if (!this.canSteer || !this.wanted) return;
    const goesOn = this.state !== 'paused';
    this.set(this.wayTo(config));
    this.flush();
    this.reset();
    if (goesOn) this.command({ type: 'play' });
  }

  dismiss(): void {
    this.notice = null;
  }

  /** What has to change. With other data a loss that is not named would become the usual one of their task. */
  private wayTo(target: RunConfig): PartialConfig {
    const change = difference(this.wanted!, target);
    return change.data ? { ...change, training: { ...change.training, loss: target.training.loss } } : change;
  }

  private change(patch: PartialConfig): void {
    if (!this.wanted) return;
    this.canUndo = this.history.canUndo;
    this.canRedo = this.history.canRedo;
    this.wanted = merge(this.wanted, patch);
    this.refusal = null;
    this.unsent = this.unsent ? join(this.unsent, patch) : patch;
    this.sendTimer ??= setTimeout(() => this.flush(), SEND_AFTER);
  }

  private flush(): void {
    clearTimeout(this.sendTimer);
    this.sendTimer = undefined;
    const { unsent } = this;
    if (!unsent || !this.send({ type: 'set', config: unsent })) return;
    this.leftOut.sent(unsent, this.config, this.wanted);
    this.unsent = null;
  }

  /** Sends a command of the owner's; what was changed before it goes first. */
  private command(message: Upstream): boolean {
    if (!this.canSteer) return false;
    this.flush();
    return this.send(message);
  }
}

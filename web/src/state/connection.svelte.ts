/**
 * One run over its socket: says hello, takes what comes, asks again after a loss. What follows from a message, and what is
 * to be done when the run is gone, is the business of whoever extends this: the page's own run, or one of several beside
 * each other.
 */

import * as api from '../protocol/api';
import type { LinkPhase } from '../protocol/link';
import type { Downstream, ProbeId, Upstream, WatchField } from '../protocol/messages';
import { RunSocket } from '../protocol/socket';
import { RunMirror } from './mirror.svelte';
import { Watching } from './watching';

export type Status = 'loading' | 'compiling' | 'connecting' | 'live' | 'reconnecting' | 'full' | 'failed';

/** The close code of a server that takes no more viewers. */
const TOO_MANY_VIEWERS = 4429;

export abstract class RunConnection extends RunMirror {
  status = $state<Status>('loading');
  /** Wall-clock milliseconds of the next attempt while status is "full" or "reconnecting". */
  retryAt = $state(0);
  /** The run's id; null before there is one. */
  id = $state<string | null>(null);

  readonly samplesPerSecond = $derived(
    this.state === 'running' ? this.rate * (this.config?.training.batch_size ?? 0) : 0,
  );
  readonly canSteer = $derived(this.owner && this.status === 'live');

  /** What steers the run; null: somebody else's run, to be watched only. */
  protected token: string | null = null;
  private socket: RunSocket | null = null;
  private readonly watching = new Watching((message) => this.send(message));

  /** Does what follows from a message that `reflect` has taken. Status "live" begins here, with the hello. */
  protected abstract received(message: Downstream): void;
  /** The server no longer knows the run. */
  protected abstract gone(): void;

  /** Tries at once instead of waiting, if it does wait. */
  hurry(): boolean {
    return this.socket?.hurry() ?? false;
  }

  /** Which big buffers frames should carry besides the parameters. */
  watch(fields: WatchField[]): void {
    this.watching.setFields(fields);
  }

  /** Has these measured for `probes` until the returned function is called; whoever else shows them keeps them. */
  watchProbes(ids: readonly ProbeId[]): () => void {
    return this.watching.probes(ids);
  }

  /** Leaves whatever run was followed and follows this one. */
  protected follow(id: string, token: string | null): void {
    this.leave();
    this.id = id;
    this.token = token;
    this.owner = token !== null;
    this.idle = false;
    this.series.reset(-1, 0);
    this.probes.forget();
    this.socket = new RunSocket(api.streamAddress(id), {
      hello: () => this.greeting(),
      take: (message) => this.take(message),
      probe: () => this.probe(id),
      changed: (phase, code, wait) => this.phaseChanged(phase, code, wait),
    });
    this.socket.open();
  }

  /** Closes the connection; nothing comes in any more. */
  protected leave(): void {
    this.socket?.close();
    this.socket = null;
  }

  /** False when there is no connection to send it over. */
  protected send(message: Upstream): boolean {
    return this.socket?.send(message) ?? false;
  }

  private greeting(): Upstream {
    const hello: Upstream & { type: 'hello' } = { type: 'hello' };
    if (this.token) hello.token = this.token;
    if (this.series.generation >= 0) {
      hello.since = this.series.next;
      hello.generation = this.series.generation;
    }
    const { fields, probes } = this.watching.watched;
    if (fields.length) hello.watch = fields;
    if (probes.length) hello.probes = probes;
    return hello;
  }

  private take(message: Downstream): void {
    if (!this.reflect(message)) this.socket?.restart();
    else this.received(message);
  }

  private async probe(id: string): Promise<'alive' | 'unknown' | 'unreachable'> {
    try {
      const health = await api.getHealth();
      if (health.kernels.state === 'compiling') return 'unreachable';
      await api.getRun(id);
      return 'alive';
    } catch (problem) {
      return problem instanceof api.Problem && problem.status === 404 ? 'unknown' : 'unreachable';
    }
  }

  private phaseChanged(phase: LinkPhase, code: number, wait: number): void {
    if (phase === 'waiting') {
      this.status = code === TOO_MANY_VIEWERS ? 'full' : 'reconnecting';
      this.retryAt = Date.now() + wait;
    }
    if (phase === 'gone') this.gone();
  }
}

/** What this tab asks to be sent besides the usual, for all who draw: big buffers, and probes while somebody shows them. */

import type { ProbeId, Upstream, WatchField } from '../protocol/messages';

/** The part of a message that says what is watched. */
export interface Watched {
  fields: WatchField[];
  probes: ProbeId[];
}

export class Watching {
  private fields: WatchField[] = [];
  private readonly watchers = new Map<ProbeId, number>();
  private waiting = false;

  constructor(private readonly send: (message: Upstream) => unknown) {}

  get watched(): Watched {
    return { fields: this.fields, probes: [...this.watchers.keys()].sort() };
  }

  /** Which big buffers frames should carry besides the parameters. */
  setFields(fields: WatchField[]): void {
    this.fields = fields;
    this.tell();
  }

  /** Has probes measured until the returned function is called. */
  probes(ids: readonly ProbeId[]): () => void {
    this.count(ids, 1);
    let watched = true;
    return () => {
      if (watched) this.count(ids, -1);
      watched = false;
    };
  }

  private count(ids: readonly ProbeId[], by: 1 | -1): void {
    for (const id of ids) {
      const watchers = (this.watchers.get(id) ?? 0) + by;
      if (watchers > 0) this.watchers.set(id, watchers);
      else this.watchers.delete(id);
    }
    this.tell();
  }

  /** Charts come and go together: one message tells all of it. */
  private tell(): void {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => {
      this.waiting = false;
      this.send({ type: 'watch', ...this.watched });
    });
  }
}

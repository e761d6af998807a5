/** Notices that the server has left out layers which newly chosen data do not suit. Pure. */

import type { PartialConfig, RunConfig } from '../protocol/messages';
import { same } from './merge';

export class LeftOut {
  private before: Pick<RunConfig, 'data' | 'network'> | null = null;

  /** A change was sent: `config` is what the run still does, `wanted` what it is to do. */
  sent(change: PartialConfig, config: RunConfig | null, wanted: RunConfig | null): void {
    if (change.network?.layers) this.before = null;
    else if (change.data && config && wanted) this.before = { data: config.data, network: wanted.network };
  }

  /** A configuration was taken over; returns how many layers are gone with the former data. */
  taken(config: RunConfig): number {
    if (!this.before || same(config.data, this.before.data)) return 0;
    const gone = this.before.network.layers.length - config.network.layers.length;
    this.before = null;
    return Math.max(0, gone);
  }
}

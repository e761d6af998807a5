/** The samples of runs: those with the same data share them. */

import * as api from '../../protocol/api';
import type { RunConfig, RunData } from '../../protocol/messages';

export class SharedSamples {
  private readonly known: { [data: string]: Promise<RunData | null> | undefined } = {};

  /** Those of a run; null where they cannot be had just now. */
  of(id: string, data: RunConfig['data']): Promise<RunData | null> {
    const key = JSON.stringify(data);
    const known = this.known[key];
    if (known) return known;
    const loading = api.getData(id).catch((problem: unknown) => {
      if (!(problem instanceof api.Problem)) throw problem;
      this.known[key] = undefined;
      return null;
    });
    this.known[key] = loading;
    return loading;
  }
}

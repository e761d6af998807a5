/** A search for the learning rate that suits each optimizer best: what it was asked of, and what came of it. */

import type { RunConfig } from '../../protocol/messages';
import { alike, merge } from '../merge';
import { bestOf, outcome, type Cell } from './race';
import { BackgroundStudy } from './study.svelte';

export class RateSearch {
  readonly study: BackgroundStudy;
  /** What each cell of the grid has come to; NaN where that is not known yet. */
  readonly outcomes = $derived.by(() => {
    let place = 0;
    return this.grid.map((row) =>
      row.map(() => {
        const cell = place++;
        return outcome(this.study.ends(cell, 'train_loss'), this.study.astray(cell));
      }),
    );
  });
  /** The place of the best cell of each row; -1 where there is none. */
  readonly best = $derived(this.outcomes.map(bestOf));
  readonly found = $derived.by(() => !this.study.running && this.best.filter((place) => place >= 0).length >= 2);

  /** `base` is what all else is taken from. */
  constructor(
    private readonly base: RunConfig,
    readonly grid: readonly (readonly Cell[])[],
    readonly seeds: number,
    readonly steps: number,
  ) {
    const configs = grid.flat().map(({ change }) => change);
    this.study = new BackgroundStudy({ base, configs, seeds, steps, points: 1, clock: 'steps' });
    void this.study.begin();
  }

  /** Whether it is about this configuration. */
  isOf(config: RunConfig | undefined): boolean {
    return config !== undefined && alike(this.base, config);
  }

  /** Every optimizer at its best. */
  winners(): RunConfig[] {
    return this.grid.flatMap((row, i) => (this.best[i]! >= 0 ? [merge(this.base, row[this.best[i]!]!.change)] : []));
  }
}

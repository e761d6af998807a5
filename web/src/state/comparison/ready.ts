/** The catalogue's ready comparisons: which one the runs are. Pure. */

import type { Catalog, RunConfig } from '../../protocol/messages';
import { alike } from '../merge';

export type ReadyComparison = Catalog['comparisons'][number];

/** The ready comparison that these runs are, in this order and at whatever speed; null where they are none. */
export function readyOf(comparisons: readonly ReadyComparison[], plans: readonly RunConfig[]): ReadyComparison | null {
  const theseRuns = ({ runs }: ReadyComparison) =>
    runs.length === plans.length && runs.every(({ config }, i) => alike(config, plans[i]!));
  return comparisons.find(theseRuns) ?? null;
}

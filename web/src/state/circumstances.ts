/** What choices have to fit in a whole configuration. Pure. */

import type { Catalog, RunConfig, RunData } from '../protocol/messages';
import { variantOf } from './families';
import type { Circumstances } from './fitness';

/** Those of what was asked for last; own data themselves say what they are. */
export function circumstancesOf(
  catalog: Catalog | null,
  wanted: RunConfig | null,
  present: RunData | null,
): Circumstances {
  if (!catalog || !wanted) return {};
  const { data, training } = wanted;
  const dataset = variantOf(catalog, 'datasets', data.dataset.id);
  const about = dataset?.uploaded ? present : dataset;
  const used = [training.optimizer, ...(training.switch ? [training.switch.optimizer] : [])];
  return {
    task: about?.task ?? undefined,
    kind: about?.kind ?? undefined,
    samples: present?.train.count,
    batch: training.batch_size,
    usualBatch: catalog.default_config.training.batch_size,
    optimizers: used.flatMap(({ id }) => variantOf(catalog, 'optimizers', id) ?? []),
    schedule: variantOf(catalog, 'schedules', training.schedule.id),
    cycling: catalog.families.schedules.filter((schedule) => schedule.cycles),
  };
}

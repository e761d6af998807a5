/** What runs beside each other have in common, as a sentence that holds for them. Pure. */

import type { TextKey } from '../../i18n/i18n.svelte';
import type { Catalog, RunConfig } from '../../protocol/messages';
import { piecesOf } from '../families';
import { same } from '../merge';

export function sharedWords(configs: readonly RunConfig[], catalog: Catalog): TextKey {
  const agree = (read: (config: RunConfig) => unknown) =>
    configs.every((config) => same(read(config), read(configs[0]!)));
  if (!agree(({ data }) => data)) return 'compare.shared_nothing';
  const drawn = agree(({ seed }) => seed);
  const weights = drawn && agree((config) => firstWeights(config, catalog));
  const batches =
    drawn && agree(({ training: { batch_size, batch_schedule, sampling } }) => [batch_size, batch_schedule, sampling]);
  if (weights && batches) return 'compare.shared_words';
  return weights ? 'compare.shared_weights' : batches ? 'compare.shared_batches' : 'compare.shared_data';
}

/** What the draw of the first weights depends on: of what becomes of a layer's sums, only how many it takes of a unit. */
function firstWeights({ network }: RunConfig, catalog: Catalog): unknown {
  const layers = network.layers.map(({ activation, ...layer }) => ({
    ...layer,
    pieces: activation && piecesOf(activation, catalog),
    dropout: undefined,
  }));
  return [layers, network.output];
}

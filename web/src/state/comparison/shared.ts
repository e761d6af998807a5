/** What runs beside each other have in common, as a sentence that holds for them. Pure. */

import type { TextKey } from '../../i18n/i18n.svelte';
import type { RunConfig } from '../../protocol/messages';
import { same } from '../merge';

export function sharedWords(configs: readonly RunConfig[]): TextKey {
  const agree = (read: (config: RunConfig) => unknown) =>
    configs.every((config) => same(read(config), read(configs[0]!)));
  if (!agree(({ data }) => data)) return 'compare.shared_nothing';
  const drawn = agree(({ seed }) => seed);
  const weights = drawn && agree(firstWeights);
  const batches =
    drawn && agree(({ training: { batch_size, batch_schedule, sampling } }) => [batch_size, batch_schedule, sampling]);
  if (weights && batches) return 'compare.shared_words';
  return weights ? 'compare.shared_weights' : batches ? 'compare.shared_batches' : 'compare.shared_data';
}

/** What the draw of the first weights depends on: what becomes of a layer's sums is not part of it. */
function firstWeights({ network }: RunConfig): unknown {
  const layers = network.layers.map((layer) => ({ ...layer, activation: undefined, dropout: undefined }));
  return [layers, network.output];
}

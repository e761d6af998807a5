/** What could be otherwise in a configuration: one change each, from the catalogue. Pure. */

import type {
  Catalog,
  Choice,
  FamilyId,
  LayerChoice,
  LayerConfig,
  PartialConfig,
  RunConfig,
  Text,
} from '../../protocol/messages';
import { both } from '../both';
import { usualChoice } from '../families';
import type { Circumstances, Reason } from '../fitness';
import { reasonAgainst } from '../fitness';
import { changeLayers, ALL_LAYERS } from '../layers';
import { merge, same } from '../merge';
import { number } from './differences';

export interface Alternative {
  /** Of its own among all. */
  id: string;
  label: Text;
  help: Text;
  formula: string;
  source: string;
  change: PartialConfig;
  /** Why it makes no sense just now. */
  against: Reason | null;
}

export interface Question {
  id: string;
  label: Text;
  alternatives: Alternative[];
}

/** How much larger or smaller what is told by size alone is tried. */
const RATES = [0.1, 0.3, 3, 10];
const BATCHES = [2, 8, 32, 128, 512];
const LAYER_PARTS: [LayerChoice, FamilyId, 'layer.activation' | 'layer.initializer' | 'layer.normalization'][] = [
  ['activation', 'activations', 'layer.activation'],
  ['initializer', 'initializers', 'layer.initializer'],
  ['normalization', 'normalizations', 'layer.normalization'],
];

/** Everything that can be changed by one click, without what is so already. */
export function questions(config: RunConfig, catalog: Catalog, circumstances: Circumstances): Question[] {
  const { training, network } = config;
  const alternative = (id: string, label: Text, change: PartialConfig, more: Partial<Alternative> = {}) => ({
    id,
    label,
    help: label,
    formula: '',
    source: '',
    change,
    against: null,
    ...more,
  });
  const family = (id: FamilyId, present: string | null, change: (choice: Choice) => PartialConfig, usual?: Choice) =>
    catalog.families[id]
      .filter((variant) => variant.id !== present)
      .map((variant) =>
        alternative(`${id}.${variant.id}`, variant.label, change(usualChoice(variant, usual)), {
          help: variant.help,
          formula: variant.formula,
          source: variant.source,
          against: reasonAgainst(variant, circumstances),
        }),
      );
  const found: Question[] = [];
  const ask = (id: string, label: Text, alternatives: Alternative[]) => {
    const real = alternatives.filter(({ change }) => !same(merge(config, change), config));
    if (real.length > 0) found.push({ id, label, alternatives: real });
  };

  ask(
    'optimizer',
    both('training.optimizer'),
    family(
      'optimizers',
      training.optimizer.id,
      (optimizer) => ({ training: { optimizer } }),
      catalog.default_config.training.optimizer,
    ),
  );
  const rate = training.optimizer['learning_rate'];
  if (typeof rate === 'number') {
    ask(
      'rate',
      both('over_time.learning_rate'),
      RATES.map((factor) => {
        const learning_rate = Number((rate * factor).toPrecision(3));
        const label = both('compare.times', {
          factor: factor < 1 ? `÷ ${Math.round(1 / factor)}` : `× ${factor}`,
          value: number(learning_rate),
        });
        return alternative(`rate.${factor}`, label, {
          training: { optimizer: { ...training.optimizer, learning_rate } },
        });
      }),
    );
  }
  for (const [part, id, label] of LAYER_PARTS) {
    const own = network.layers.filter((layer) => part in layer);
    if (own.length === 0) continue;
    const present = new Set(own.map((layer) => layer[part]!.id));
    const change = (choice: Choice) => ({
      network: { layers: changeLayers(network.layers, ALL_LAYERS, { [part]: choice }) },
    });
    ask(part, both(label), family(id, present.size === 1 ? [...present][0]! : null, change));
  }
  ask(
    'batch',
    both('over_time.batch_size'),
    [...new Set(BATCHES.map((size) => Math.min(size, circumstances.samples ?? size)))].map((batch_size) =>
      alternative(`batch.${batch_size}`, both('compare.batch_size', { n: batch_size }), { training: { batch_size } }),
    ),
  );
  ask('size', both('compare.size'), sizes(network.layers, catalog, alternative));
  ask(
    'regularizer',
    both('training.regularization'),
    family('regularizers', null, (choice) => ({ training: { regularizers: [choice] } })).concat(
      training.regularizers.length
        ? [alternative('regularizers', both('compare.no_regularizers'), { training: { regularizers: [] } })]
        : [],
    ),
  );
  ask('dropout', both('compare.dropout'), dropouts(network.layers, alternative));
  ask(
    'schedule',
    both('training.schedule'),
    family('schedules', training.schedule.id, (schedule) => ({ training: { schedule } })),
  );
  ask(
    'sampling',
    both('data.sampling'),
    family('samplings', training.sampling.id, (sampling) => ({ training: { sampling } })),
  );
  ask('seed', both('compare.another_seed_title'), [
    alternative('seed', both('compare.another_seed'), { seed: config.seed + 1 }),
  ]);
  return found;
}

type Make = (id: string, label: Text, change: PartialConfig) => Alternative;

/** Deeper, less deep, wider, narrower: where all layers are of one kind that is told by its units. */
function sizes(layers: readonly LayerConfig[], catalog: Catalog, make: Make): Alternative[] {
  const kind = catalog.families.layer_kinds.find(({ id }) => id === layers[0]?.kind);
  const param = kind?.params.find(({ id }) => id === kind.counted);
  if (!kind || !param || layers.some((layer) => layer.kind !== kind.id)) return [];
  const last = layers.at(-1)!;
  const scaled = (factor: number) =>
    layers.map((layer) => {
      const count = Math.round(Number(layer[param.id]) * factor);
      return { ...layer, [param.id]: Math.min(param.maximum, Math.max(1, count)) };
    });
  const alternatives = [
    make('size.wider', both('compare.wider'), { network: { layers: scaled(2) } }),
    make('size.narrower', both('compare.narrower'), { network: { layers: scaled(0.5) } }),
  ];
  if (layers.length < catalog.limits.layers)
    alternatives.push(make('size.deeper', both('compare.deeper'), { network: { layers: [...layers, { ...last }] } }));
  if (layers.length > 1)
    alternatives.push(make('size.flatter', both('compare.flatter'), { network: { layers: layers.slice(0, -1) } }));
  return alternatives;
}

function dropouts(layers: readonly LayerConfig[], make: Make): Alternative[] {
  if (!layers.some((layer) => typeof layer['dropout'] === 'number')) return [];
  return [0, 0.2, 0.5].map((dropout) => {
    const label =
      dropout === 0 ? both('compare.no_dropout') : both('compare.dropout_of', { rate: `${100 * dropout} %` });
    return make(`dropout.${dropout}`, label, {
      network: { layers: changeLayers([...layers], ALL_LAYERS, { dropout }) },
    });
  });
}

/** The configuration with the change of an alternative in it, ready to run beside the one it comes from. */
export function changed(config: RunConfig, { change }: Pick<Alternative, 'change'>): RunConfig {
  return merge(config, change);
}

/** A small made-up catalogue for tests: the page must work with names that it has never heard of. */

import type { Catalog, LayerConfig, Param, Preset, RunConfig, Variant } from '../protocol/messages';

export function param(id: string, fallback: number, fields: Partial<Param> = {}): Param {
  return {
    id,
    label: { en: id, zh: id },
    help: { en: id, zh: id },
    default: fallback,
    minimum: 0,
    maximum: 1,
    scale: 'linear',
    integer: false,
    live: true,
    exclusive_minimum: false,
    unit: '',
    choices: [],
    divides_units: false,
    ...fields,
  };
}

export function variant(id: string, params: Param[] = [], fields: Partial<Variant> = {}): Variant {
  const text = { en: id, zh: id };
  return { id, label: text, help: text, formula: 'x', source: 'somebody', params, ...fields };
}

const layer: LayerConfig = {
  kind: 'full',
  units: 8,
  activation: { id: 'bendy' },
  initializer: { id: 'small', spread: 0.5 },
  bias_initializer: { id: 'flat' },
  normalization: { id: 'plain' },
  dropout: 0,
  dropconnect: 0,
};

const slide: LayerConfig = {
  kind: 'slide',
  filters: 4,
  kernel: 3,
  padding: 'same',
  activation: { id: 'kinked', slope: 0.01 },
  initializer: { id: 'small', spread: 0.5 },
  bias_initializer: { id: 'flat' },
  normalization: { id: 'plain' },
  dropout: 0,
  stride: 1,
  skip: 0,
};
const shrink: LayerConfig = { kind: 'shrink', size: 2, stride: 2 };

const config: RunConfig = {
  seed: 1,
  data: {
    dataset: { id: 'rings', samples: 400, noise: 0.1 },
    train_share: 0.5,
    seed: 1,
    features: ['east', 'north'],
    preprocessing: { id: 'scaled' },
  },
  network: {
    input: { dropout: 0 },
    layers: [layer, layer],
    output: { initializer: { id: 'small', spread: 0.5 }, bias_initializer: { id: 'flat' } },
  },
  training: {
    loss: { id: 'distance' },
    optimizer: { id: 'walker', learning_rate: 0.02, memory: 0.9 },
    schedule: { id: 'steady' },
    regularizers: [],
    batch_size: 32,
    clipping: { id: 'free' },
    sampling: { id: 'dealt' },
    warmup: 0,
    momentum_schedule: { id: 'even' },
    batch_schedule: { id: 'fixed' },
    averaging: { id: 'plain' },
    stopping: { id: 'never' },
    switch: null,
    augmentation: { shift: 0, rotation: 0, flip: false, noise: 0 },
  },
  speed: 'auto',
};

function preset(id: string, change: Partial<RunConfig>): Preset {
  const text = { en: id, zh: id };
  return { id, label: text, watch: text, group: text, config: { ...config, ...change } };
}

const text = (en: string) => ({ en, zh: en });

const size = (id: string, fallback: number, maximum: number) =>
  param(id, fallback, { maximum, integer: true, live: false });
const rate = (id: string) => param(id, 0, { maximum: 0.9 });
const padding = param('padding', 0, {
  maximum: 2,
  integer: true,
  live: false,
  choices: ['same', 'valid', '1'].map((word) => [word, { en: word, zh: word }]),
});
const samples = param('samples', 500, { minimum: 100, maximum: 5000, integer: true });
const noise = param('noise', 0.1, { unit: '%' });
const learningRate = param('learning_rate', 0.01, { scale: 'log', maximum: 100, exclusive_minimum: true });

export const catalogue: Catalog = {
  illnesses: [],
  families: {
    layer_kinds: [
      variant('full', [size('units', 8, 512), rate('dropout'), rate('dropconnect')], {
        choices: ['activation', 'initializer', 'bias_initializer', 'normalization'],
        counted: 'units',
        takes_image: false,
        gives_image: false,
      }),
      variant('slide', [size('filters', 4, 64), size('kernel', 3, 7), padding, rate('dropout'), size('skip', 0, 8)], {
        choices: ['activation', 'initializer', 'bias_initializer', 'normalization'],
        counted: 'filters',
        takes_image: true,
        gives_image: true,
      }),
      variant('shrink', [size('size', 2, 8), size('stride', 2, 8)], { takes_image: true, gives_image: true }),
      variant('mean', [], { takes_image: true, gives_image: false }),
    ],
    activations: [variant('bendy'), variant('kinked', [param('slope', 0.01)])],
    initializers: [variant('small', [param('spread', 0.5)]), variant('nothing')],
    bias_initializers: [variant('flat'), variant('raised', [param('height', 0.1)])],
    normalizations: [variant('plain'), variant('level', [param('momentum', 0.1)])],
    losses: [
      variant('distance', [], { tasks: ['regression', 'binary'] }),
      variant('surprise', [], { tasks: ['binary'] }),
    ],
    optimizers: [
      variant('walker', [learningRate, param('memory', 0.9)]),
      variant('runner', [{ ...learningRate, default: 0.1 }]),
    ],
    schedules: [variant('steady'), variant('stairs', [param('every', 1000, { maximum: 1e6, integer: true })])],
    momentum_schedules: [variant('even'), variant('rising', [param('start', 0.5)])],
    batch_schedules: [variant('fixed'), variant('growing', [param('pace', 0.5)])],
    averagings: [variant('plain'), variant('smooth', [param('memory', 0.9)])],
    stoppings: [variant('never'), variant('tired', [param('breath', 0.2)])],
    regularizers: [variant('pull', [param('rate', 0.001)]), variant('push', [param('rate', 0.001)])],
    clippings: [variant('free'), variant('fenced', [param('limit', 1, { maximum: 1000 })])],
    samplings: [variant('dealt'), variant('thrown')],
    datasets: [
      variant('rings', [samples, noise], { task: 'binary', kind: 'plane', classes: 2 }),
      variant('chest', [], { task: 'binary', kind: 'plane', classes: 2, uploaded: true }),
      variant('waves', [samples, { ...noise, default: 0.2 }], { task: 'regression', kind: 'plane', classes: 1 }),
    ],
    features: [variant('east'), variant('north'), variant('east_squared')],
    probes: [],
    preprocessings: [variant('raw'), variant('scaled')],
  },
  default_config: config,
  default_layers: { full: layer, slide, shrink, mean: { kind: 'mean' } },
  convolutional: [slide, shrink],
  comparisons: [
    {
      id: 'gaits',
      label: text('Gaits'),
      watch: text('Who is first?'),
      claim: text('The runner is.'),
      clock: 'steps',
      steps: 600,
      chart: 'curves',
      quantity: 'train_loss',
      runs: [
        { label: text('Walker'), config },
        {
          label: text('Runner'),
          config: { ...config, training: { ...config.training, optimizer: { id: 'runner', learning_rate: 0.1 } } },
        },
      ],
    },
  ],
  studies: {
    quantities: [
      { id: 'loss', label: text('Batch loss'), help: text(''), scale: 'log', unit: '', symbol: 'L' },
      { id: 'train_loss', label: text('Training loss'), help: text(''), scale: 'log', unit: '', symbol: 'L' },
      { id: 'test_loss', label: text('Test loss'), help: text(''), scale: 'log', unit: '', symbol: 'L' },
      { id: 'test_accuracy', label: text('Test accuracy'), help: text(''), scale: 'linear', unit: '%', symbol: '' },
    ],
    learning_rates: { walker: [0.003, 0.01, 0.03], runner: [0.03, 0.1, 0.3] },
    limits: { configs: 64, seeds: 20, points: 200, steps: 1_000_000, measurements: 20_000, parameters: 1_000_000 },
  },
  presets: [preset('bumpy', { seed: 5 }), preset('calm', { training: { ...config.training, batch_size: 64 } })],
  headings: {},
  limits: {
    layers: 32,
    dropout: 0.9,
    batch_size: 5000,
    warmup: 1e6,
    switch: 1e6,
    augmentation: { shift: 8, rotation: 45, noise: 1 },
    work: 5e8,
    seed: 2 ** 32 - 1,
    speed_minimum: 0.5,
    speed_maximum: 1e6,
    train_share_minimum: 0.1,
    train_share_maximum: 0.9,
    message_bytes: 65536,
    images: 5000,
    images_bytes: 25_165_824,
    upload_bytes: 5242880,
    table_rows: 20000,
    table_columns: 64,
    idle_pause_seconds: 120,
    keep_minutes: 30,
  },
  version: '0',
  protocol: 1,
};

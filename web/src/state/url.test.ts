import { describe, expect, it } from 'vitest';
import type { LayerConfig, PartialConfig, RunConfig } from '../protocol/messages';
import { catalogue } from '../testing/catalogue';
import { merge } from './merge';
import { pageQuery, readConfig, readPageOptions, writeConfig } from './url';

const base = catalogue.default_config;

/** The server's completion, as the brief gives it: unsaid parameters come from the default configuration or the catalogue. */
function complete(patch: PartialConfig): RunConfig {
  const merged = structuredClone(merge(base, patch));
  const fill = (
    family: keyof typeof catalogue.families,
    choice: { id: string; [key: string]: unknown },
    usual?: object,
  ) => {
    const found = catalogue.families[family].find((candidate) => candidate.id === choice.id)!;
    const kept = usual as { id: string; [key: string]: unknown } | undefined;
    const before = catalogue.families[family].find((candidate) => candidate.id === kept?.id)?.params ?? [];
    for (const parameter of found.params) {
      const shared = before.some((other) => JSON.stringify(other) === JSON.stringify(parameter));
      choice[parameter.id] ??= kept && (kept.id === choice.id || shared) ? kept[parameter.id] : parameter.default;
    }
  };
  fill('datasets', merged.data.dataset, base.data.dataset);
  fill('optimizers', merged.training.optimizer, base.training.optimizer);
  fill('clippings', merged.training.clipping, base.training.clipping);
  fill('samplings', merged.training.sampling, base.training.sampling);
  fill('schedules', merged.training.schedule, base.training.schedule);
  fill('momentum_schedules', merged.training.momentum_schedule);
  fill('batch_schedules', merged.training.batch_schedule);
  fill('averagings', merged.training.averaging);
  fill('stoppings', merged.training.stopping);
  if (merged.training.switch) fill('optimizers', merged.training.switch.optimizer);
  fill('bias_initializers', merged.network.output.bias_initializer);
  merged.training.regularizers.forEach((choice) => fill('regularizers', choice));
  for (const { activation, initializer, bias_initializer, normalization } of merged.network.layers) {
    if (activation) fill('activations', activation);
    if (initializer) fill('initializers', initializer);
    if (bias_initializer) fill('bias_initializers', bias_initializer);
    if (normalization) fill('normalizations', normalization);
  }
  return merged;
}

const layer = base.network.layers[0]!;
const [slide, shrink] = catalogue.convolutional as [LayerConfig, LayerConfig];

const configs: [string, PartialConfig, string][] = [
  ['the default', {}, ''],
  [
    'one number of a choice',
    { data: { dataset: { id: 'rings', samples: 400, noise: 0.3 } } },
    'dataset=rings(noise:0.3)',
  ],
  [
    'another variant that shares a parameter keeps its value unsaid',
    { data: { dataset: { id: 'waves', samples: 400, noise: 0.2 } } },
    'dataset=waves',
  ],
  [
    'another variant with its own default',
    { training: { optimizer: { id: 'runner', learning_rate: 0.1 } } },
    'optimizer=runner',
  ],
  [
    'what changes over time',
    {
      training: {
        switch: { step: 700, optimizer: { id: 'runner', learning_rate: 0.2 } },
        momentum_schedule: { id: 'rising', start: 0.25 },
        batch_schedule: { id: 'growing', pace: 0.5 },
        averaging: { id: 'smooth', memory: 0.9 },
        stopping: { id: 'tired', breath: 0.5 },
      },
    },
    'switch=700:runner(learning_rate:0.2)&momentum_schedule=rising(start:0.25)&batch_schedule=growing' +
      '&averaging=smooth&stopping=tired(breath:0.5)',
  ],
  [
    'both initializers of the output',
    { network: { output: { initializer: { id: 'nothing' }, bias_initializer: { id: 'raised', height: 0.3 } } } },
    'output=nothing&output_bias=raised(height:0.3)',
  ],
  [
    'a table of one’s own',
    { data: { dataset: { id: 'chest', table: 'Ab-3_x', target: 3, columns: [0, 2], task: 'auto' } } },
    'dataset=chest(table:Ab-3_x;target:3;columns:(0,2);task:auto)',
  ],
  [
    'a table with one input',
    { data: { dataset: { id: 'chest', table: 'Ab-3_x', target: 1, columns: [0], task: 'auto' } } },
    'dataset=chest(table:Ab-3_x;target:1;columns:(0);task:auto)',
  ],
  ['no hidden layer', { network: { layers: [] } }, 'layers='],
  ['layers in rows', { network: { layers: [layer, layer, layer, { ...layer, units: 4 }] } }, 'layers=3*8,4'],
  [
    'a layer with everything else',
    {
      network: {
        layers: [
          {
            kind: 'full',
            units: 3,
            activation: { id: 'kinked', slope: 0.2 },
            initializer: { id: 'nothing' },
            bias_initializer: { id: 'raised', height: 0.2 },
            normalization: { id: 'level', momentum: 0.1 },
            dropout: 0.25,
            dropconnect: 0.5,
          },
        ],
      },
    },
    'layers=3(activation:kinked(slope:0.2);initializer:nothing;bias_initializer:raised(height:0.2);normalization:level;dropout:0.25;dropconnect:0.5)',
  ],
  [
    'layers of other kinds',
    { network: { layers: [slide, shrink, slide, shrink, { kind: 'mean' }, { ...layer, units: 4 }] } },
    'layers=slide,shrink,slide,shrink,mean,4',
  ],
  [
    'layers of other kinds in rows',
    { network: { layers: [slide, slide, { ...shrink, size: 3 }] } },
    'layers=2*slide,shrink(size:3)',
  ],
  [
    'what is set in a layer of another kind',
    {
      network: {
        layers: [
          { ...slide, filters: 16, kernel: 5, padding: 'valid', activation: { id: 'bendy' } },
          { ...slide, padding: 1, normalization: { id: 'level', momentum: 0.2 } },
        ],
      },
    },
    'layers=slide(filters:16;kernel:5;padding:valid;activation:bendy),slide(padding:1;normalization:level(momentum:0.2))',
  ],
  [
    'two regularizers',
    {
      training: {
        regularizers: [
          { id: 'pull', rate: 0.01 },
          { id: 'push', rate: 0.001 },
        ],
      },
    },
    'regularizers=pull(rate:0.01),push',
  ],
  [
    'numbers in exponent form',
    { training: { regularizers: [{ id: 'pull', rate: 1e-8 }] } },
    'regularizers=pull(rate:1e-8)',
  ],
  ['a bound on the gradient', { training: { clipping: { id: 'fenced', limit: 0.5 } } }, 'clipping=fenced(limit:0.5)'],
  [
    'warm-up and the order of samples',
    { training: { warmup: 200, sampling: { id: 'thrown' } } },
    'warmup=200&sampling=thrown',
  ],
  [
    'what is done to training images',
    { training: { augmentation: { shift: 1.5, rotation: 0, flip: true, noise: 0.1 } } },
    'augmentation=shift:1.5;flip:true;noise:0.1',
  ],
  ['silenced inputs', { network: { input: { dropout: 0.2 } } }, 'input_dropout=0.2'],
  ['features', { data: { features: ['north', 'east_squared'] } }, 'features=north,east_squared'],
  ['speeds', { speed: 'full', seed: 7 }, 'seed=7&speed=full'],
  ['a slow speed', { speed: 0.5 }, 'speed=0.5'],
];

describe('a configuration as an address', () => {
  it.each(configs)('writes %s', (_, patch, query) => {
    expect(writeConfig(complete(patch), catalogue)).toBe(query);
  });

  it.each(configs)('reads back %s', (_, patch) => {
    const config = complete(patch);
    const link = readConfig(writeConfig(config, catalogue), catalogue);
    expect(link.unreadable).toEqual([]);
    expect(complete(link.config)).toEqual(config);
  });

  it('survives what mail programs do to it: everything percent-encoded', () => {
    const query = 'layers=8(activation:kinked(slope:0.2)),4&regularizers=pull(rate:0.5)';
    const encoded = query.replace(/[():;,*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
    expect(readConfig(encoded, catalogue)).toEqual(readConfig(query, catalogue));
  });
});

describe('a preset in an address', () => {
  const [bumpy, calm] = catalogue.presets;

  it('is written by its name alone, with the speed that it is watched at', () => {
    expect(writeConfig(bumpy!.config, catalogue)).toBe('preset=bumpy');
    expect(writeConfig({ ...calm!.config, speed: 'full' }, catalogue)).toBe('preset=calm&speed=full');
  });

  it('is written out as soon as anything else differs', () => {
    expect(writeConfig({ ...bumpy!.config, seed: 6 }, catalogue)).toBe('seed=6');
  });

  it('is read as all of its configuration, whatever stands before or behind it changing that', () => {
    expect(readConfig('preset=calm', catalogue)).toEqual({ config: calm!.config, unreadable: [] });
    for (const query of ['preset=calm&warmup=7', 'warmup=7&preset=calm&embed=1'])
      expect(readConfig(query, catalogue).config).toEqual(merge(calm!.config, { training: { warmup: 7 } }));
    expect(catalogue.presets[1]!.config.training.warmup).toBe(0);
  });

  it('is refused by its name where nobody knows it, or where there are two', () => {
    expect(readConfig('preset=unheard', catalogue)).toEqual({ config: {}, unreadable: ['preset=unheard'] });
    expect(readConfig('preset=', catalogue).unreadable).toEqual(['preset']);
    expect(readConfig('preset=calm&preset=bumpy', catalogue).unreadable).toEqual(['preset=bumpy']);
  });
});

describe('nonsense in an address', () => {
  it.each([
    ['an unknown key', 'colour=red', 'colour=red'],
    ['a key of an object itself', '__proto__=1', '__proto__=1'],
    ['a key that every object has', 'constructor=1', 'constructor=1'],
    ['an unclosed parenthesis', 'optimizer=walker(memory:0.9', 'optimizer=walker(memory:0.9'],
    ['a parameter without a value', 'optimizer=walker(memory)', 'optimizer=walker(memory)'],
    ['an id within a choice', 'optimizer=walker(id:runner)', 'optimizer=walker(id:runner)'],
    ['an unknown part of a layer', 'layers=8(colour:red)', 'layers=8(colour:red)'],
    ['an unknown part of another kind', 'layers=slide(units:3)', 'layers=slide(units:3)'],
    ['a kind within a layer', 'layers=slide(kind:mean)', 'layers=slide(kind:mean)'],
    ['a word where a choice belongs', 'layers=slide(activation:)', 'layers=slide(activation:)'],
    ['more layers than there can be', 'layers=999999999*8', 'layers=999999999*8'],
    ['no layers at all', 'layers=0*8', 'layers=0*8'],
    ['an empty choice', 'loss=', 'loss'],
    ['an unknown change of images', 'augmentation=shift:2;squeeze:1', 'augmentation=shift:2;squeeze:1'],
    ['a change of images without a value', 'augmentation=shift', 'augmentation=shift'],
    ['no change of images', 'augmentation=', 'augmentation'],
  ])('names %s', (_, query, named) => {
    const link = readConfig(query, catalogue);
    expect(link.unreadable).toEqual([named]);
    expect(link.config).toEqual({});
  });

  it('leaves wrong names and numbers to the server, as they are', () => {
    const link = readConfig('optimizer=nobody(learning_rate:NaN)&seed=1e999&batch_size=-5', catalogue);
    expect(link.unreadable).toEqual([]);
    expect(link.config).toEqual({
      training: { optimizer: { id: 'nobody', learning_rate: 'NaN' }, batch_size: -5 },
      seed: '1e999',
    });
  });

  it('leaves wrong changes of images to the server, too', () => {
    const { config, unreadable } = readConfig('augmentation=shift:99;flip:maybe;rotation:false', catalogue);
    expect(unreadable).toEqual([]);
    expect(config.training?.augmentation).toEqual({ shift: 99, rotation: false, flip: 'maybe', noise: 0 });
  });

  it('leaves wrong layers to the server, too', () => {
    const { config, unreadable } = readConfig('layers=slide(kernel:99;padding:nowhere),nothing', catalogue);
    expect(unreadable).toEqual([]);
    expect(config.network?.layers).toEqual([
      { ...slide, kernel: 99, padding: 'nowhere' },
      { ...layer, units: 'nothing' },
    ]);
  });

  it('shortens what it repeats', () => {
    expect(readConfig(`${'x'.repeat(5000)}=1`, catalogue).unreadable[0]).toHaveLength(60);
  });
});

describe('the page’s own keys', () => {
  it('are no part of the configuration', () => {
    expect(readConfig('embed=1&lang=zh&theme=dark&run=abc', catalogue)).toEqual({ config: {}, unreadable: [] });
    expect(readPageOptions('?embed=1&run=abc')).toEqual({ run: 'abc', embed: true });
    expect(pageQuery('?seed=3&embed=1&theme=dark&run=abc')).toBe('embed=1&theme=dark');
  });
});

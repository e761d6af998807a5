/**
 * The configuration as an address, and back. Pure.
 *
 *   ?dataset=ID(noise:0.2)&layers=3*8,4(activation:ID;dropout:0.2)&optimizer=ID(learning_rate:0.1)&seed=3
 *   ?dataset=ID&layers=KIND(filters:16;padding:valid),KIND,10&augmentation=shift:2;flip:true
 *   ?preset=ID&speed=full
 *
 * A preset stands for all of its configuration; whatever else is said changes that.
 *
 * Only what differs from the default configuration is written; within a choice, only what differs from what the
 * server takes where nothing is said: the default configuration's value where it makes the same choice or declares the
 * very same parameter, else the parameter's own default. A layer that begins with its units is of the kind that those
 * of the default configuration are, the others begin with their kind. A list of numbers stands in parentheses: `columns:(0,2)`.
 * Reading checks the grammar and nothing else: names and bounds are the server's business, so what cannot be a number
 * is passed on as it is and refused there, with the field's name.
 */

import type {
  Augmentation,
  Catalog,
  Choice,
  FamilyId,
  LayerChoice,
  LayerConfig,
  Param,
  PartialConfig,
  RunConfig,
  Speed,
  Variant,
} from '../protocol/messages';
import { same } from './merge';
import { presetOf } from './presets';

type Defaults = Pick<Catalog, 'families' | 'default_config' | 'default_layers' | 'presets'>;

/** What the page itself reads from the address, besides the configuration. */
export interface PageOptions {
  /** The run to watch, instead of starting one. */
  run: string | null;
  embed: boolean;
}

export interface ReadLink {
  config: PartialConfig;
  /** Pieces of the address that could not be read, as they stood there. */
  unreadable: string[];
}

/** The families of a layer's choices, by their names in the configuration. */
const LAYER_CHOICES: Record<LayerChoice, FamilyId> = {
  activation: 'activations',
  initializer: 'initializers',
  bias_initializer: 'bias_initializers',
  normalization: 'normalizations',
};

const PRESET = 'preset';
/** What an address says of runs that stand beside this one: see `state/comparison/address.ts`. */
const COMPARISON_KEYS = ['compare', 'clock', 'inside'];
const PAGE_KEYS = ['run', 'embed', 'lang', 'theme', 'scale'];
/** More than any configuration needs; guards against counts like 8*999999999. */
const MOST_LAYERS = 64;

export function readPageOptions(search: string): PageOptions {
  const params = new URLSearchParams(search);
  return { run: params.get('run'), embed: params.get('embed') === '1' };
}

/** The part of the address that is about the page, not about the configuration, to be kept. */
export function pageQuery(search: string): string {
  const kept = [...new URLSearchParams(search)].filter(([key]) => PAGE_KEYS.includes(key) && key !== 'run');
  return kept.map(([key, value]) => `${key}=${escape(value)}`).join('&');
}

/** The part of the address that is about the configuration of a run that is alone, or of the first of several, in words. */
export function configQuery(search: string): string {
  const others = [...PAGE_KEYS, ...COMPARISON_KEYS];
  const kept = [...new URLSearchParams(search)].filter(([key]) => !others.includes(key));
  return kept.map(([key, value]) => `${key}=${value}`).join('&');
}

// ── writing ──────────────────────────────────────────────────────────────────

export function writeConfig(config: RunConfig, defaults: Defaults): string {
  const { families, default_config: base, presets } = defaults;
  const preset = presetOf(presets, config);
  if (preset) {
    const speed = config.speed === preset.config.speed ? [] : [`speed=${config.speed}`];
    return [`preset=${preset.id}`, ...speed].join('&');
  }
  const choice = (family: FamilyId, value: Choice, usual?: Choice) => writeChoice(value, families[family], usual);
  const parts: string[] = [];
  const put = (key: string, value: unknown, usual: unknown, text: () => string) => {
    if (!same(value, usual)) parts.push(`${key}=${escape(text())}`);
  };
  const { data, network, training } = config;
  put('dataset', data.dataset, base.data.dataset, () => choice('datasets', data.dataset, base.data.dataset));
  put('train_share', data.train_share, base.data.train_share, () => String(data.train_share));
  put('data_seed', data.seed, base.data.seed, () => String(data.seed));
  put('features', data.features, base.data.features, () => data.features.join(','));
  put('preprocessing', data.preprocessing, base.data.preprocessing, () =>
    choice('preprocessings', data.preprocessing, base.data.preprocessing),
  );
  put('input_dropout', network.input.dropout, base.network.input.dropout, () => String(network.input.dropout));
  put('layers', network.layers, base.network.layers, () => writeLayers(network.layers, defaults));
  put('output', network.output.initializer, base.network.output.initializer, () =>
    choice('initializers', network.output.initializer, base.network.output.initializer),
  );
  put('output_bias', network.output.bias_initializer, base.network.output.bias_initializer, () =>
    choice('bias_initializers', network.output.bias_initializer, base.network.output.bias_initializer),
  );
  put('loss', training.loss, base.training.loss, () => choice('losses', training.loss, base.training.loss));
  put('optimizer', training.optimizer, base.training.optimizer, () =>
    choice('optimizers', training.optimizer, base.training.optimizer),
  );
  put('schedule', training.schedule, base.training.schedule, () =>
    choice('schedules', training.schedule, base.training.schedule),
  );
  put('switch', training.switch, base.training.switch, () =>
    training.switch ? `${training.switch.step}:${choice('optimizers', training.switch.optimizer)}` : '',
  );
  put('momentum_schedule', training.momentum_schedule, base.training.momentum_schedule, () =>
    choice('momentum_schedules', training.momentum_schedule, base.training.momentum_schedule),
  );
  put('batch_schedule', training.batch_schedule, base.training.batch_schedule, () =>
    choice('batch_schedules', training.batch_schedule, base.training.batch_schedule),
  );
  put('averaging', training.averaging, base.training.averaging, () =>
    choice('averagings', training.averaging, base.training.averaging),
  );
  put('stopping', training.stopping, base.training.stopping, () =>
    choice('stoppings', training.stopping, base.training.stopping),
  );
  put('warmup', training.warmup, base.training.warmup, () => String(training.warmup));
  put('clipping', training.clipping, base.training.clipping, () =>
    choice('clippings', training.clipping, base.training.clipping),
  );
  put('regularizers', training.regularizers, base.training.regularizers, () =>
    training.regularizers.map((regularizer) => choice('regularizers', regularizer)).join(','),
  );
  put('batch_size', training.batch_size, base.training.batch_size, () => String(training.batch_size));
  put('sampling', training.sampling, base.training.sampling, () =>
    choice('samplings', training.sampling, base.training.sampling),
  );
  put('augmentation', training.augmentation, base.training.augmentation, () =>
    writeParts(training.augmentation, base.training.augmentation),
  );
  put('seed', config.seed, base.seed, () => String(config.seed));
  put('speed', config.speed, base.speed, () => String(config.speed));
  return parts.join('&');
}

/** Of some numbers and switches by name, those that differ from what is usual. */
function writeParts(parts: object, usual: object): string {
  const before = Object.entries(usual);
  return Object.entries(parts)
    .filter(([key, value]) => !before.some(([name, other]) => name === key && other === value))
    .map(([key, value]) => `${key}:${value}`)
    .join(';');
}

function writeChoice(choice: Choice, variants: Variant[] | undefined, usual?: Choice): string {
  const params = paramsOf(variants, choice.id);
  const known = usual ? paramsOf(variants, usual.id) : [];
  const changed = Object.entries(choice).filter(([key, value]) => {
    if (key === 'id') return false;
    const param = params.find((candidate) => candidate.id === key);
    const kept = usual && (usual.id === choice.id || known.some((other) => same(other, param)));
    return value !== (kept ? usual[key] : param?.default);
  });
  const text = (value: Choice[string]) => (Array.isArray(value) ? `(${value.join(',')})` : value);
  return changed.length
    ? `${choice.id}(${changed.map(([key, value]) => `${key}:${text(value)}`).join(';')})`
    : choice.id;
}

function paramsOf(variants: Variant[] | undefined, id: string): Param[] {
  return variants?.find((variant) => variant.id === id)?.params ?? [];
}

function writeLayers(layers: LayerConfig[], defaults: Defaults): string {
  const runs: { text: string; count: number }[] = [];
  for (const layer of layers) {
    const text = writeLayer(layer, defaults);
    const last = runs.at(-1);
    if (last?.text === text) last.count += 1;
    else runs.push({ text, count: 1 });
  }
  return runs.map(({ text, count }) => (count > 1 ? `${count}*${text}` : text)).join(',');
}

function writeLayer(layer: LayerConfig, defaults: Defaults): string {
  const usual = usualLayer(layer.kind, defaults);
  const counted = layer.kind === unnamedKind(defaults) ? countedOf(defaults) : '';
  const parts: string[] = [];
  for (const [key, value] of Object.entries(layer)) {
    if (key === 'kind' || key === counted || value === undefined || same(value, usual?.[key])) continue;
    const text =
      typeof value === 'object' ? writeChoice(value, defaults.families[LAYER_CHOICES[key as LayerChoice]]) : value;
    parts.push(`${key}:${text}`);
  }
  const name = counted ? String(layer[counted]) : layer.kind;
  return parts.length ? `${name}(${parts.join(';')})` : name;
}

/** The kind of layer that is told by its units alone: that of the default configuration. */
function unnamedKind({ default_config: base }: Pick<Defaults, 'default_config'>): string {
  return base.network.layers[0]?.kind ?? '';
}

/** What counts the units of that kind. */
function countedOf(defaults: Pick<Defaults, 'default_config' | 'families'>): string {
  return defaults.families.layer_kinds.find((kind) => kind.id === unnamedKind(defaults))?.counted ?? '';
}

/** What a layer is when its address says nothing but its kind: as the default configuration's first one, or the kind's. */
function usualLayer(
  kind: string,
  { default_config: base, default_layers: usual }: Pick<Defaults, 'default_config' | 'default_layers'>,
): LayerConfig | undefined {
  const first = base.network.layers[0];
  return first?.kind === kind ? first : usual[kind];
}

// ── reading ──────────────────────────────────────────────────────────────────

export function readConfig(search: string, defaults: Defaults): ReadLink {
  const params = new URLSearchParams(search);
  const preset = defaults.presets.find((candidate) => candidate.id === params.get(PRESET));
  const link: ReadLink = { config: preset ? structuredClone(preset.config) : {}, unreadable: [] };
  for (const [key, value] of params) {
    if (PAGE_KEYS.includes(key) || COMPARISON_KEYS.includes(key) || (key === PRESET && value === preset?.id)) continue;
    const patch = Object.hasOwn(readers, key) ? readers[key]!(value, defaults) : null;
    if (patch === null) {
      link.unreadable.push(shorten(value ? `${key}=${value}` : key));
      continue;
    }
    const { config } = link;
    if (patch.data) patch.data = { ...config.data, ...patch.data };
    if (patch.network) {
      const output = { ...config.network?.output, ...patch.network.output };
      patch.network = { ...config.network, ...patch.network, ...(Object.keys(output).length ? { output } : {}) };
    }
    if (patch.training) patch.training = { ...config.training, ...patch.training };
    Object.assign(config, patch);
  }
  return link;
}

const readers: Record<string, (value: string, defaults: Defaults) => PartialConfig | null> = {
  dataset: (value) => wrap(readChoice(value), (dataset) => ({ data: { dataset } })),
  train_share: (value) => ({ data: { train_share: number(value) } }),
  data_seed: (value) => ({ data: { seed: number(value) } }),
  features: (value) => ({ data: { features: value === '' ? [] : value.split(',') } }),
  preprocessing: (value) => wrap(readChoice(value), (preprocessing) => ({ data: { preprocessing } })),
  input_dropout: (value) => ({ network: { input: { dropout: number(value) } } }),
  layers: (value, defaults) => wrap(readLayers(value, defaults), (layers) => ({ network: { layers } })),
  output: (value) => wrap(readChoice(value), (initializer) => ({ network: { output: { initializer } } })),
  output_bias: (value) =>
    wrap(readChoice(value), (bias_initializer) => ({ network: { output: { bias_initializer } } })),
  loss: (value) => wrap(readChoice(value), (loss) => ({ training: { loss } })),
  optimizer: (value) => wrap(readChoice(value), (optimizer) => ({ training: { optimizer } })),
  schedule: (value) => wrap(readChoice(value), (schedule) => ({ training: { schedule } })),
  switch: (value) => wrap(readSwitch(value), (next) => ({ training: { switch: next } })),
  momentum_schedule: (value) => wrap(readChoice(value), (momentum_schedule) => ({ training: { momentum_schedule } })),
  batch_schedule: (value) => wrap(readChoice(value), (batch_schedule) => ({ training: { batch_schedule } })),
  averaging: (value) => wrap(readChoice(value), (averaging) => ({ training: { averaging } })),
  stopping: (value) => wrap(readChoice(value), (stopping) => ({ training: { stopping } })),
  warmup: (value) => ({ training: { warmup: number(value) } }),
  clipping: (value) => wrap(readChoice(value), (clipping) => ({ training: { clipping } })),
  regularizers: (value) => wrap(readList(value), (regularizers) => ({ training: { regularizers } })),
  batch_size: (value) => ({ training: { batch_size: number(value) } }),
  sampling: (value) => wrap(readChoice(value), (sampling) => ({ training: { sampling } })),
  augmentation: (value, defaults) =>
    wrap(readAugmentation(value, defaults), (augmentation) => ({ training: { augmentation } })),
  seed: (value) => ({ seed: number(value) }),
  speed: (value) => ({ speed: (value === 'auto' || value === 'full' ? value : number(value)) as Speed }),
};

function readChoice(text: string): Choice | null {
  const call = readCall(text);
  if (!call) return null;
  const choice: Choice = { id: call.name };
  for (const [key, value] of call.fields) {
    if (key === 'id') return null;
    const list = /^\((.*)\)$/.exec(value);
    choice[key] = list ? split(list[1]!, ',').map(number) : number(value);
  }
  return choice;
}

/** `step:optimizer`. */
function readSwitch(text: string): RunConfig['training']['switch'] {
  const [step, optimizer] = /^(\d+):(.+)$/.exec(text)?.slice(1) ?? [];
  const choice = optimizer === undefined ? null : readChoice(optimizer);
  return choice && { step: number(step!), optimizer: choice };
}

/** `part:value;part:value`; what is not said is as usual. */
function readAugmentation(text: string, { default_config: base }: Defaults): Augmentation | null {
  const usual = base.training.augmentation;
  const fields = readCall(`parts(${text})`)?.fields;
  if (!fields?.length || !fields.every(([key]) => Object.hasOwn(usual, key))) return null;
  const said = fields.map(([key, value]) => [key, value === 'true' || (value !== 'false' && number(value))]);
  return { ...usual, ...Object.fromEntries(said) };
}

function readList(text: string): Choice[] | null {
  if (text === '') return [];
  const choices = split(text, ',').map(readChoice);
  return choices.every((choice) => choice !== null) ? choices : null;
}

function readLayers(text: string, defaults: Defaults): LayerConfig[] | null {
  if (text === '') return [];
  const layers: LayerConfig[] = [];
  for (const part of split(text, ',')) {
    const repeated = /^(\d+)\*(.+)$/.exec(part);
    const layer = readLayer(repeated?.[2] ?? part, defaults);
    const count = Number(repeated?.[1] ?? 1);
    if (!layer || count < 1 || layers.length + count > MOST_LAYERS) return null;
    for (let i = 0; i < count; i++) layers.push(structuredClone(layer));
  }
  return layers;
}

function readLayer(text: string, defaults: Defaults): LayerConfig | null {
  const call = readCall(text);
  if (!call) return null;
  const named = Object.hasOwn(defaults.default_layers, call.name);
  const usual = usualLayer(named ? call.name : unnamedKind(defaults), defaults);
  if (!usual) return null;
  const layer = structuredClone(usual);
  if (!named) layer[countedOf(defaults)] = number(call.name);
  for (const [key, value] of call.fields) {
    if (key === 'kind' || !Object.hasOwn(usual, key)) return null;
    const part = typeof usual[key] === 'object' ? readChoice(value) : number(value);
    if (part === null) return null;
    layer[key] = part;
  }
  return layer;
}

/** `name` or `name(key:value;key:value)`; null when it is neither. */
function readCall(text: string): { name: string; fields: [string, string][] } | null {
  const match = /^([^\s():;,*]+)(?:\((.*)\))?$/.exec(text);
  if (!match) return null;
  const fields: [string, string][] = [];
  for (const part of match[2] ? split(match[2], ';') : []) {
    const colon = part.indexOf(':');
    if (colon < 1) return null;
    fields.push([part.slice(0, colon), part.slice(colon + 1)]);
  }
  return { name: match[1]!, fields };
}

/** Splits at a separator that does not stand within parentheses. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth += 1;
    else if (text[i] === ')') depth -= 1;
    else if (text[i] === separator && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** A number; what is none stays a text, which the server refuses by the field's name. */
function number(text: string): number {
  const value = Number(text);
  const plain = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text) && Number.isFinite(value);
  return plain ? value : (text as unknown as number);
}

function wrap<T>(value: T | null, into: (value: T) => PartialConfig): PartialConfig | null {
  return value === null ? null : into(value);
}

/** Percent-encoding that leaves the grammar's own signs readable; all of them are allowed in a query. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/%(28|29|3A|3B|2C|2A)/g, (code) => decodeURIComponent(code));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

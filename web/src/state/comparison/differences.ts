/**
 * What several configurations differ in, in the words of the catalogue: what stands on the badge of each run. Pure.
 *
 * A configuration is looked at part by part. A part in which all runs agree is not mentioned; in any other, each run says
 * what it has: "another optimizer", "learning rate 0.3", "30 layers".
 */

import en from '../../i18n/en.json';
import type { Catalog, Choice, FamilyId, LayerConfig, Param, RunConfig, Text, Variant } from '../../protocol/messages';
import { both } from '../both';
import { usualChoice } from '../families';
import { kindOf } from '../layers';
import { same } from '../merge';

type Known = Pick<Catalog, 'families' | 'default_config'>;
type Key = keyof typeof en;

/** Families whose members do not say by themselves what they are chosen for. */
const NAMED: Partial<Record<FamilyId, Key>> = {
  bias_initializers: 'layer.bias_initializer',
  clippings: 'training.clipping',
  averagings: 'compare.averaging',
  stoppings: 'compare.stopping',
  momentum_schedules: 'over_time.momentum',
  batch_schedules: 'over_time.batch_size',
};
/** What a member is called for whose name other families know too. */
const CALLED: Partial<Record<FamilyId, Key>> = {
  ...NAMED,
  activations: 'layer.activation',
  initializers: 'layer.initializer',
  normalizations: 'layer.normalization',
  optimizers: 'training.optimizer',
  schedules: 'training.schedule',
  losses: 'training.loss',
  preprocessings: 'data.preprocessing',
  samplings: 'data.sampling',
};
const LAYER_FAMILIES: Record<string, FamilyId> = {
  activation: 'activations',
  initializer: 'initializers',
  bias_initializer: 'bias_initializers',
  normalization: 'normalizations',
};
/** What each run says of one thing in which they differ. */
type Aspect = (Text | null)[];

/** Runs that differ in more things than this do not tell all of them. */
const FEW_ASPECTS = 2;
const SOME_ASPECTS = 3;
/** More layers than this are not told one by one. */
const MOST_LAYERS = 2;

/** One list of phrases a configuration, empty where they are all the same. */
export function differences(configs: readonly RunConfig[], catalog: Known): Text[][] {
  const aspects: Aspect[] = [];
  const add = (aspect: Aspect | null) => void (aspect && aspects.push(aspect));
  const values = <T>(read: (config: RunConfig) => T): T[] => configs.map(read);
  const choices = (family: FamilyId, read: (config: RunConfig) => Choice) =>
    add(ofChoices(family, values(read), catalog));
  const plain = <T>(read: (config: RunConfig) => T, say: (value: T) => Text) => add(ofValues(values(read), say));

  choices('datasets', ({ data }) => data.dataset);
  plain(
    ({ data }) => data.features,
    (features) => both('compare.features', { features: labels('features', features, catalog) }),
  );
  choices('preprocessings', ({ data }) => data.preprocessing);
  plain(
    ({ data }) => data.train_share,
    (share) => both('compare.train_share', { share: percent(share) }),
  );
  plain(
    ({ data }) => data.seed,
    (n) => both('compare.data_seed', { n }),
  );
  aspects.push(
    ...ofLayers(
      values(({ network }) => network.layers),
      catalog,
    ),
  );
  plain(
    ({ network }) => network.input.dropout,
    (rate) => both('compare.input_dropout', { rate: number(rate) }),
  );
  add(
    ofChoices(
      'initializers',
      values(({ network }) => network.output.initializer),
      catalog,
      both('layer.output'),
    ),
  );
  add(
    ofChoices(
      'bias_initializers',
      values(({ network }) => network.output.bias_initializer),
      catalog,
      both('layer.output'),
    ),
  );
  choices('optimizers', ({ training }) => training.optimizer);
  choices('schedules', ({ training }) => training.schedule);
  plain(
    ({ training }) => training.warmup,
    (n) => both('compare.warmup', { n }),
  );
  choices('losses', ({ training }) => training.loss);
  plain(
    ({ training }) => training.regularizers,
    (list) => regularizers(list, catalog),
  );
  choices('clippings', ({ training }) => training.clipping);
  plain(
    ({ training }) => training.batch_size,
    (n) => both('compare.batch_size', { n }),
  );
  choices('samplings', ({ training }) => training.sampling);
  choices('momentum_schedules', ({ training }) => training.momentum_schedule);
  choices('batch_schedules', ({ training }) => training.batch_schedule);
  choices('averagings', ({ training }) => training.averaging);
  choices('stoppings', ({ training }) => training.stopping);
  plain(
    ({ training }) => training.switch,
    (change) =>
      change
        ? both('compare.switch', { optimizer: labels('optimizers', [change.optimizer.id], catalog), step: change.step })
        : both('compare.no_switch'),
  );
  plain(
    ({ training }) => training.augmentation,
    ({ shift, rotation, flip, noise }) =>
      shift || rotation || flip || noise ? both('compare.augmented') : both('compare.not_augmented'),
  );
  plain(
    ({ seed }) => seed,
    (n) => both('compare.seed', { n }),
  );
  return configs.map((_, run) => phrasesOf(run, aspects));
}

/**
 * What a run says of itself. Where runs differ in many things, it is silent about those in which it is like most. A run that
 * is so in all of them says all if that is not too much, else that in which they differ most.
 */
function phrasesOf(run: number, aspects: readonly Aspect[]): Text[] {
  const own = (shown: readonly Aspect[]) => shown.flatMap((aspect) => aspect[run] ?? []);
  if (aspects.length <= FEW_ASPECTS) return own(aspects);
  const special = own(aspects.filter((aspect) => aspect[run]?.en !== usualIn(aspect)));
  if (special.length > 0) return special;
  if (aspects.length <= SOME_ASPECTS) return own(aspects);
  const kinds = aspects.map((aspect) => new Set(aspect.map((phrase) => phrase?.en)).size);
  return own([aspects[kinds.indexOf(Math.max(...kinds))]!]);
}

/** What most of the runs say, or the first of those that are as many. */
function usualIn(aspect: Aspect): string | undefined {
  const said = aspect.map((phrase) => phrase?.en);
  const count = (one: string | undefined) => said.filter((other) => other === one).length;
  return said.reduce((most, one) => (count(one) > count(most) ? one : most));
}

/** Several phrases as one; null for none. */
export function join(phrases: readonly Text[]): Text | null {
  if (phrases.length === 0) return null;
  return { en: phrases.map((one) => one.en).join(', '), zh: phrases.map((one) => one.zh).join('，') };
}

/** A number as it stands in a phrase: "0.3", "1e-6" as 1 × 10⁻⁶ would be too long for a badge. */
export function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function differ(values: readonly unknown[]): boolean {
  return values.some((value) => !same(value, values[0]));
}

function ofValues<T>(values: readonly T[], say: (value: T) => Text): Text[] | null {
  return differ(values) ? values.map(say) : null;
}

function labels(family: FamilyId, ids: readonly string[], { families }: Known): Text[] {
  return ids.map((id) => families[family].find((variant) => variant.id === id)?.label ?? { en: id, zh: id });
}

/**
 * A choice of each run: which member it is where these differ, and of its parameters those that are not as usual, or that
 * differ among the runs that have the same.
 */
function ofChoices(
  family: FamilyId,
  choices: readonly (Choice | undefined)[],
  catalog: Known,
  where?: Text,
): (Text | null)[] | null {
  if (!differ(choices)) return null;
  const several = differ(choices.map((choice) => choice?.id));
  return choices.map((choice) => {
    if (!choice) return null;
    const variant = catalog.families[family].find(({ id }) => id === choice.id);
    if (!variant) return { en: choice.id, zh: choice.id };
    const usual = usualChoice(variant, usualOf(family, catalog));
    const alike = choices.filter((other) => other?.id === choice.id);
    const params = variant.params.filter(
      ({ id }) => differ(alike.map((other) => other![id])) || (several && !same(choice[id], usual[id])),
    );
    const phrases = params.map((param) => ofParam(param, choice[param.id]));
    if (several) phrases.unshift(nameOf(family, variant, catalog));
    const phrase = join(phrases);
    return phrase && where ? both('compare.at', { where, what: phrase }) : phrase;
  });
}

/** What the default configuration chooses of a family that it chooses once from. */
function usualOf(family: FamilyId, { default_config: { training } }: Known): Choice | undefined {
  return family === 'optimizers' ? training.optimizer : undefined;
}

function nameOf(family: FamilyId, { id, label }: Variant, { families }: Known): Text {
  const elsewhere = Object.entries(families).some(
    ([other, members]) => other !== family && members.some((one) => one.id === id || one.label.en === label.en),
  );
  const called = NAMED[family] ?? (elsewhere ? CALLED[family] : undefined);
  return called ? both('compare.named', { name: both(called), value: label }) : label;
}

function ofParam({ label, unit, choices }: Param, value: Choice[string] | undefined): Text {
  const word = choices.find(([name]) => name === String(value))?.[1];
  if (word) return both('compare.named', { name: label, value: word });
  const text =
    typeof value !== 'number'
      ? String(value ?? '')
      : unit === '%'
        ? percent(value)
        : `${number(value)}${unit && ` ${unit}`}`;
  return both('compare.param', { name: within(label), value: text });
}

/** A label as it stands within a phrase: not as at the beginning of a sentence. */
function within({ en, zh }: Text): Text {
  return { en: /^[A-Z][a-z]/.test(en) ? en[0]!.toLowerCase() + en.slice(1) : en, zh };
}

function regularizers(list: readonly Choice[], catalog: Known): Text {
  if (list.length === 0) return both('compare.no_regularizers');
  const told = list.map((choice) => {
    const variant = catalog.families.regularizers.find(({ id }) => id === choice.id);
    if (!variant) return { en: choice.id, zh: choice.id };
    const strengths = variant.params.map(({ id }) => number(Number(choice[id]))).join(', ');
    return { en: `${variant.label.en} ${strengths}`, zh: `${variant.label.zh} ${strengths}` };
  });
  return join(told)!;
}

// ── layers ───────────────────────────────────────────────────────────────────

function ofLayers(runs: readonly LayerConfig[][], catalog: Known): Aspect[] {
  const aspects: Aspect[] = [];
  const add = (aspect: Aspect | null) => void (aspect && aspects.push(aspect));
  add(
    ofValues(
      runs.map((layers) => layers.length),
      (n) => both(n === 0 ? 'compare.no_layers' : n === 1 ? 'compare.layer' : 'compare.layers', { n }),
    ),
  );
  const kinds = runs.map((layers) => layers.map(({ kind }) => kind).filter(isNew));
  // What has no layers has none of any kind.
  if (differ(kinds.filter((list) => list.length > 0)))
    add(kinds.map((list) => join(labels('layer_kinds', list, catalog))));
  const parts = new Set(runs.flatMap((layers) => layers.flatMap((layer) => Object.keys(layer))));
  parts.delete('kind');
  for (const part of parts) {
    const columns = runs.map((layers) => layers.map((layer) => layer[part]));
    const uniform = columns.map((column) => oneOf(column.filter((value) => value !== undefined)));
    if (uniform.every((value) => value !== null)) {
      if (differ(uniform.filter((value) => value !== undefined))) add(ofPart(part, uniform, runs, catalog));
      continue;
    }
    if (!differ(columns)) continue;
    const depth = Math.max(...runs.map((layers) => layers.length));
    const places = Array.from({ length: depth }, (_, i) => i).filter((i) => differ(columns.map((column) => column[i])));
    if (places.length > MOST_LAYERS) add(runs.map((layers) => listed(part, layers, catalog)));
    else {
      for (const i of places) {
        const at = both('layer.title', { number: i + 1 });
        add(
          ofPart(
            part,
            columns.map((column) => column[i]),
            runs,
            catalog,
            at,
          ),
        );
      }
    }
  }
  return aspects;
}

function isNew<T>(value: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(value) === index;
}

/** The value that all of them are; undefined of none, null of several. */
function oneOf<T>(values: readonly T[]): T | undefined | null {
  return differ(values) ? null : values[0];
}

/** One part of a layer, a run each: a choice, a number or a word. */
function ofPart(
  part: string,
  values: readonly LayerConfig[string][],
  runs: readonly LayerConfig[][],
  catalog: Known,
  where?: Text,
): (Text | null)[] | null {
  if (!differ(values)) return null;
  const family = LAYER_FAMILIES[part];
  if (family) return ofChoices(family, values as (Choice | undefined)[], catalog, where);
  return values.map((value, run) => {
    if (value === undefined || value === null || typeof value === 'object') return null;
    const kind = runs[run]!.map((layer) => kindOf(layer, catalog)).find((one) =>
      one?.params.some(({ id }) => id === part),
    );
    const param = kind?.params.find(({ id }) => id === part);
    if (!param) return null;
    const phrase =
      part === kind!.counted ? both('compare.count', { n: value, name: within(param.label) }) : ofParam(param, value);
    return where ? both('compare.at', { where, what: phrase }) : phrase;
  });
}

/** "16–8–4 units", or the names of the choices in order. */
function listed(part: string, layers: readonly LayerConfig[], catalog: Known): Text | null {
  const family = LAYER_FAMILIES[part];
  const values = layers.map((layer) => layer[part]).filter((value) => value !== undefined);
  if (family)
    return join(
      labels(
        family,
        values.map((value) => (value as Choice).id),
        catalog,
      ),
    );
  const param = layers.flatMap((layer) => kindOf(layer, catalog)?.params ?? []).find(({ id }) => id === part);
  return param ? both('compare.count', { n: values.join('–'), name: within(param.label) }) : null;
}

/** Reading the catalogue: finding variants, and making choices of them. Pure. */

import type { Catalog, Choice, FamilyId, Param, RunConfig, Variant } from '../protocol/messages';

export function variantOf(catalog: Catalog, family: FamilyId, id: string): Variant | undefined {
  return catalog.families[family]?.find((variant) => variant.id === id);
}

/** The variant as a choice with its defaults; parameters that the former choice also had keep their values. */
export function choose(variant: Variant, former?: Choice): Choice {
  const choice: Choice = { id: variant.id };
  for (const param of variant.params) {
    const kept = former?.id === variant.id ? former[param.id] : undefined;
    choice[param.id] = typeof kept === 'number' ? kept : param.default;
  }
  return choice;
}

/** What a variant's parameters are by default: those of the default configuration where it makes the same choice. */
export function usualChoice(variant: Variant, usual?: Choice): Choice {
  return usual?.id === variant.id ? usual : choose(variant);
}

/** What stands among the training but is a matter of the data. */
const OF_THE_DATA = ['batch_size', 'sampling'];

/** How it is trained by default, for data of that task, but for the batches. */
export function usualTraining(
  { default_config: base, families }: Catalog,
  task: string,
): Partial<RunConfig['training']> {
  const entries = Object.entries(base.training).filter(([key]) => !OF_THE_DATA.includes(key));
  const training: Partial<RunConfig['training']> = Object.fromEntries(entries);
  const fitting = families.losses.filter((loss) => loss.tasks?.includes(task));
  if (fitting[0] && !fitting.some((loss) => loss.id === base.training.loss.id)) training.loss = choose(fitting[0]);
  return training;
}

export function paramValue(choice: Choice, param: Param): number {
  const value = choice[param.id];
  return typeof value === 'number' ? value : param.default;
}

/** The text of `help` and `label` of a number that is no variant's, as the sliders want it. */
export function ownParam(
  fields: Pick<Param, 'id' | 'label' | 'help' | 'default' | 'minimum' | 'maximum'> & Partial<Param>,
): Param {
  return {
    scale: 'linear',
    integer: false,
    live: false,
    exclusive_minimum: false,
    unit: '',
    choices: [],
    divides_units: false,
    ...fields,
  };
}

/** How many weighted sums a unit has with an activation: one, and of a gate several. */
export function piecesOf(activation: Choice, catalog: Catalog): number {
  const variant = variantOf(catalog, 'activations', activation.id);
  const pieces = variant?.params.find((param) => param.id === 'pieces');
  return pieces ? paramValue(activation, pieces) : (variant?.pieces ?? 1);
}

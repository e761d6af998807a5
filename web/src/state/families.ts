/** Reading the catalogue: finding variants, and making choices of them. Pure. */

import type { Catalog, Choice, FamilyId, Param, Variant } from '../protocol/messages';

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

export function paramValue(choice: Choice, param: Param): number {
  const value = choice[param.id];
  return typeof value === 'number' ? value : param.default;
}

/** The text of `help` and `label` of a number that is no variant's, as the sliders want it. */
export function ownParam(
  fields: Pick<Param, 'id' | 'label' | 'help' | 'default' | 'minimum' | 'maximum'> & Partial<Param>,
): Param {
  return { scale: 'linear', integer: false, live: false, exclusive_minimum: false, unit: '', choices: [], ...fields };
}

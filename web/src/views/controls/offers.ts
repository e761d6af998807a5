/** What a menu of choices offers: what fits the words that were typed, under the headings of its groups. Pure. */

import type { Text, Variant } from '../../protocol/messages';

/** Families with more members than this can be searched. */
const FEW = 8;

export interface Section {
  heading: Text | null;
  variants: Variant[];
}

export function isSearched(variants: readonly Variant[]): boolean {
  return variants.length > FEW;
}

/** Those in which every word stands: in the label of either language, the id, or the source. */
export function matching(variants: readonly Variant[], query: string): Variant[] {
  const words = plain(query).split(' ').filter(Boolean);
  return variants.filter(({ id, label, source }) => {
    const text = plain([id, label.en, label.zh, source].join(' '));
    return words.every((word) => text.includes(word));
  });
}

/** By groups, in the order in which each first appears; those without a group come under no heading. */
export function sections(variants: readonly Variant[]): Section[] {
  const found = new Map<string, Section>();
  for (const variant of variants) {
    const heading = variant.group ?? null;
    const key = heading?.en ?? '';
    const section = found.get(key) ?? { heading, variants: [] };
    section.variants.push(variant);
    found.set(key, section);
  }
  return [...found.values()];
}

/** As it is compared: no capitals, no accents, and an underscore or a hyphen is a space. */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[_\s-]+/g, ' ');
}

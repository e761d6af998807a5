/** What makes no sense with the present data, and why: one rule for all menus, by what the catalogue says. Pure. */

import en from '../i18n/en.json';
import zh from '../i18n/zh.json';
import type { Text, Variant } from '../protocol/messages';

/** What a choice has to fit. */
export interface Circumstances {
  task?: string | undefined;
  kind?: string | undefined;
  /** Whether the choice is that of a layer whose units are channels of an image. */
  image?: boolean | undefined;
}

type Fitted = Pick<Variant, 'tasks' | 'kinds'> & { unavailable?: Text | null; needs_image?: Text | null };

/** Why a variant cannot be chosen just now, in one sentence; null where it can. */
export function reasonAgainst(variant: Fitted, { task, kind, image }: Circumstances): Text | null {
  if (variant.unavailable) return variant.unavailable;
  if (variant.needs_image && !image) return variant.needs_image;
  return misfit('task', variant.tasks, task) ?? misfit('kind', variant.kinds, kind);
}

/** The sentence that only `fitting` will do; null where they hold what is there, or nothing is known. */
function misfit(
  subject: 'task' | 'kind',
  fitting: string[] | null | undefined,
  present: string | undefined,
): Text | null {
  if (!fitting || present === undefined || fitting.includes(present)) return null;
  const sentence = (texts: Record<string, string>, comma: string) => {
    const name = (id: string) => texts[`fit.${subject}_${id}`] ?? id;
    return texts['fit.only']!.replace('{fitting}', fitting.map(name).join(comma)).replace('{present}', name(present));
  };
  return { en: sentence(en, ', '), zh: sentence(zh, '、') };
}

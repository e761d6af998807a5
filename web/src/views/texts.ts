/** The page's own explanations in both languages at once, as the catalogue gives those of its choices. */

import en from '../i18n/en.json';
import zh from '../i18n/zh.json';
import type { Text } from '../protocol/messages';

type Named = { [Key in keyof typeof en]: Key extends `${infer Name}_help` ? Name : never }[keyof typeof en];

/** `label` from the key itself, `help` from the key with `_help` behind it. */
export function texts(key: Named & keyof typeof en): { label: Text; help: Text } {
  const help = `${key}_help` as keyof typeof en;
  return { label: { en: en[key], zh: zh[key] }, help: { en: en[help], zh: zh[help] } };
}

/** The page's own texts in both languages at once, for what is put together with texts of the catalogue. */

import en from '../i18n/en.json';
import zh from '../i18n/zh.json';
import type { Text } from '../protocol/messages';

/** A text in both languages, with `{name}` filled in: lists with commas between, texts in their language. */
export function both(key: keyof typeof en, vars: Record<string, string | number | Text | readonly Text[]> = {}): Text {
  const filled = (texts: Record<string, string>, language: keyof Text, comma: string) =>
    texts[key]!.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = vars[name];
      if (value === undefined) return whole;
      if (typeof value !== 'object') return String(value);
      return 'en' in value ? value[language] : value.map((each) => each[language]).join(comma);
    });
  return { en: filled(en, 'en', ', '), zh: filled(zh, 'zh', '、') };
}

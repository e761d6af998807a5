/** The page's language and its texts. The texts of choices come from the catalogue, all others from the JSON files. */

import type { Text } from '../protocol/messages';
import { forgetInAddress, remember } from '../state/remember';
import en from './en.json';
import zh from './zh.json';

export type Lang = 'en' | 'zh';
export type TextKey = keyof typeof en;
export type Vars = Record<string, string | number>;

const texts: Record<Lang, Record<string, string>> = { en, zh };

class I18n {
  /** public/early.js has decided before the first paint. */
  lang = $state<Lang>(document.documentElement.lang.startsWith('zh') ? 'zh' : 'en');

  choose(lang: Lang): void {
    this.lang = lang;
    document.documentElement.lang = lang === 'zh' ? 'zh-CN' : 'en';
    remember('lang', lang);
    forgetInAddress('lang');
  }
}

export const i18n = new I18n();

/** The text of a key in the current language, with `{name}` filled in from `vars`. */
export function t(key: TextKey, vars?: Vars): string {
  return fill(texts[i18n.lang][key] ?? key, vars);
}

/** A text that brings both languages with it, as the catalogue's and the server's do. */
export function say(text: Text): string {
  return text[i18n.lang];
}

export function fill(text: string, vars: Vars | undefined): string {
  return vars ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(vars[name] ?? whole)) : text;
}

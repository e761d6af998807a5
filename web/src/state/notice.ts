/** What the page has to tell in passing. */

import { say, t, type TextKey, type Vars } from '../i18n/i18n.svelte';
import type { Text } from '../protocol/messages';

/** Something to tell in passing: a text of the page's own, or one that the server brought in both languages. */
export interface Notice {
  tone: 'info' | 'error';
  key?: TextKey;
  vars?: Vars;
  text?: Text;
}

/** The text of a notice in the current language; a text of the server's fills the `{why}` of the page's own. */
export function noticeText({ key, vars, text }: Notice): string {
  const why = text ? say(text) : '';
  return key ? t(key, { why, ...vars }) : why;
}

import { describe, expect, it } from 'vitest';
import en from './en.json';
import zh from './zh.json';

const english = en as Record<string, string>;
const chinese = zh as Record<string, string>;
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('the two languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(Object.keys(english))('both say %s, with the same places to fill in', (key) => {
    expect(english[key]).not.toBe('');
    expect(chinese[key]).not.toBe('');
    expect(holes(chinese[key]!)).toEqual(holes(english[key]!));
  });

  it('are different languages', () => {
    // Names and signs may be alike; sentences may not.
    const alike = Object.keys(english).filter(
      (key) => english[key] === chinese[key] && /[a-z]{4,} [a-z]{2,}/i.test(english[key]!),
    );
    expect(alike).toEqual([]);
  });
});

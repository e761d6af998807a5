import { describe, expect, it } from 'vitest';
import { variant } from '../../testing/catalogue';
import { isSearched, matching, sections } from './offers';

const near = { en: 'Near', zh: '近' };
const far = { en: 'Far', zh: '远' };
const walker = variant('slow_walker', [], {
  label: { en: 'Walker', zh: '步行者' },
  group: near,
  source: 'Müller 1951',
});
const runner = variant('runner', [], { label: { en: 'Runner', zh: '跑者' }, group: far, source: 'Bolt et al. 2009' });
const rambler = variant('rambler', [], { label: { en: 'Rambler', zh: '漫步者' }, group: near });
const all = [walker, runner, rambler];

describe('searching a family', () => {
  it.each([
    ['', all],
    ['  ', all],
    ['RUN', [runner]],
    ['步', [walker, rambler]],
    ['slow walk', [walker]],
    ['slow-walk', [walker]],
    ['slow_walk', [walker]],
    ['2009 bolt', [runner]],
    ['muller', [walker]],
    ['walker 2009', []],
    ['.*', []],
  ])('finds by "%s"', (query, found) => {
    expect(matching(all, query)).toEqual(found);
  });

  it('is for large families', () => {
    expect(isSearched(Array.from({ length: 8 }, () => walker))).toBe(false);
    expect(isSearched(Array.from({ length: 9 }, () => walker))).toBe(true);
  });
});

describe('groups of a family', () => {
  it('come in the order in which they first appear, with all their members', () => {
    expect(sections(all)).toEqual([
      { heading: near, variants: [walker, rambler] },
      { heading: far, variants: [runner] },
    ]);
  });

  it('are one without a heading where the catalogue has none', () => {
    const bare = [variant('one'), variant('two')];
    expect(sections(bare)).toEqual([{ heading: null, variants: bare }]);
  });

  it('are none where nothing is offered', () => {
    expect(sections([])).toEqual([]);
  });
});

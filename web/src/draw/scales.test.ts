import { describe, expect, it } from 'vitest';
import { scopeOf } from '../state/scales.svelte';
import { FULL_COLOUR, ownScale, sharedScales } from './scales';

describe('the scales of colours', () => {
  const values = Float32Array.of(0.1, -0.2, 4, -8, NaN, Infinity, 0, 0);

  it('takes what is looked at and nothing beside it', () => {
    expect(ownScale(values, 0, 2)).toBeCloseTo(FULL_COLOUR * 0.2);
    expect(ownScale(values, 2, 2)).toBeCloseTo(FULL_COLOUR * 8);
    expect(ownScale(values, 3, 3)).toBeCloseTo(FULL_COLOUR * 8);
  });

  it('is a number to divide by where nothing differs from zero', () => {
    expect(ownScale(values, 6, 2)).toBe(1);
    expect(ownScale(values, 4, 2)).toBe(1);
  });

  it('is shared by all layers only where that is asked for', () => {
    expect(sharedScales('layer', [1, 3, 2])).toEqual([1, 3, 2]);
    expect(sharedScales('map', [1, 3, 2])).toEqual([1, 3, 2]);
    expect(sharedScales('global', [1, NaN, 3, 2])).toEqual([3, 3, 3, 3]);
  });
});

describe('the choice of a scale', () => {
  it('takes the address before what was remembered, and neither when they name none', () => {
    expect(scopeOf('map', 'global')).toBe('map');
    expect(scopeOf(null, 'global')).toBe('global');
    expect(scopeOf('huge', null)).toBe('layer');
  });
});

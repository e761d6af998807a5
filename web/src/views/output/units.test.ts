import { describe, expect, it } from 'vitest';
import type { RunData } from '../../protocol/messages';
import { endText, inUnit, targetEnds, targetText } from './units';

const axis = { name: 'price', offset: 100, scale: 50 };
const data = (fields: Partial<RunData>) => ({ classNames: [], target: axis, ...fields }) as unknown as RunData;

describe('own units', () => {
  it('turn scaled numbers back', () => {
    expect(inUnit(axis, -1)).toBe(50);
    expect(targetText(data({ task: 'regression' }), 0.5)).toBe('125.0');
    expect(targetEnds(data({ task: 'regression' }))).toEqual(['50', 'price 100', '150']);
  });

  it('name two classes with their probability', () => {
    const binary = data({ task: 'binary', classNames: ['no', 'yes'] });
    expect(targetText(binary, 0.5)).toBe('yes 75.0 %');
    expect(targetText(binary, -3)).toBe('no 100.0 %');
    expect(targetEnds(binary)).toEqual(['no', 'price', 'yes']);
  });

  it('are no matter of the built-in data, or of what is no number', () => {
    expect(targetText(data({ target: null, task: 'regression' }), 0.5)).toBe('0.500');
    expect(targetText(data({ task: 'binary' }), NaN)).toBe('–');
    expect(targetEnds(null)).toEqual(['−1', '0', '+1']);
  });

  it('end without decimals that say nothing', () => {
    expect(['6.000', '-2.500'].map(Number).map(endText)).toEqual(['6', '−2.500']);
  });
});

import { describe, expect, it } from 'vitest';
import { csvOfFilters, table } from './exports';

describe('a table', () => {
  it('has names in quotes where they need them, numbers as precise as they are, and nothing for what is missing', () => {
    const rows = [
      ['Layer 1, "first"', 1, Math.fround(1.1)],
      ['plain', NaN, null],
    ];
    expect(table(['layer', 'a,b', 'value'], rows)).toBe('layer,"a,b",value\n"Layer 1, ""first""",1,1.1\nplain,,\n');
  });

  it('of filters has the step of each of their moments', () => {
    const moments = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
    const strip = { steps: [0, 30], moments, chosen: 1, pictures: 1, width: 2, height: 1, scale: null };
    expect(csvOfFilters(strip).split('\n')).toEqual([
      'step,filter,weight 1,weight 2',
      '0,1,1,2',
      '0,2,3,4',
      '30,1,5,6',
      '30,2,7,8',
      '',
    ]);
  });
});

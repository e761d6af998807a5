import { describe, expect, it } from 'vitest';
import { badPlace, excerpt } from './place';

describe('the place of what is wrong', () => {
  it('is read from the field', () => {
    expect(badPlace('rows.3.columns.2')).toEqual({ row: 3, column: 2 });
    expect(badPlace('rows.12')).toEqual({ row: 12, column: 0 });
    expect(badPlace('table')).toBeNull();
    expect(badPlace(null)).toBeNull();
  });

  it('is shown among its neighbours', () => {
    const text = 'a,b\r\n1,2\n3,x\r4,5';
    expect(excerpt(text, { row: 3, column: 2 })).toEqual([
      { number: 2, text: '1,2', bad: false },
      { number: 3, text: '3,x', bad: true },
      { number: 4, text: '4,5', bad: false },
    ]);
    expect(excerpt(text, { row: 1, column: 0 }, 1, 2)[0]).toEqual({ number: 1, text: 'a,…', bad: true });
    expect(excerpt(text, { row: 9, column: 0 })).toEqual([]);
  });
});

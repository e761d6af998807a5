import { describe, expect, it } from 'vitest';
import { inLines, inTwoLines, shorten } from './shorten';

/** Every sign is ten points wide. */
const context = { measureText: (text: string) => ({ width: 10 * Array.from(text).length }) as TextMetrics };

describe('shorten', () => {
  it('leaves what fits', () => {
    expect(shorten(context, 'ship', 40)).toBe('ship');
  });

  it('cuts what does not, with its dots in the room', () => {
    expect(shorten(context, 'automobile', 60)).toBe('autom…');
    expect(shorten(context, '汽车和卡车', 30)).toBe('汽车…');
  });

  it('keeps a first sign in any case', () => {
    expect(shorten(context, 'ship', 5)).toBe('s…');
  });
});

describe('lines', () => {
  it('are as many as it takes, and none begins with what closes a sentence', () => {
    expect(inLines(context, 'as it was', 90)).toEqual(['as it was']);
    expect(inLines(context, 'all of these words', 80)).toEqual(['all of', 'these', 'words']);
    expect(inLines(context, '批量大小，动量。', 40)).toEqual(['批量大', '小，动', '量。']);
    expect(inLines(context, 'automobile', 60)).toEqual(['automobile']);
    expect(inLines(context, '', 60)).toEqual(['']);
  });
});

describe('two lines', () => {
  it('are one where it fits, and part between words, behind a comma if that will do', () => {
    expect(inTwoLines(context, 'one line', 80)).toEqual(['one line']);
    expect(inTwoLines(context, 'two of these', 80)).toEqual(['two of', 'these']);
    expect(inTwoLines(context, 'a, b of it', 60)).toEqual(['a, b', 'of it']);
    expect(inTwoLines(context, 'a, b of it', 70)).toEqual(['a,', 'b of it']);
  });

  it('part beside any Chinese sign, and the second is shortened', () => {
    expect(inTwoLines(context, '批量大小，动量', 50)).toEqual(['批量大小，', '动量']);
    expect(inTwoLines(context, '批量大小，动量', 30)).toEqual(['批量大', '小，…']);
    expect(inTwoLines(context, 'automobile', 60)).toEqual(['autom…']);
  });
});

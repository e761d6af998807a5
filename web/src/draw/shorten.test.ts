import { describe, expect, it } from 'vitest';
import { shorten } from './shorten';

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

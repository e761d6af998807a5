import { describe, expect, it } from 'vitest';
import golden from '../generated/formulas.golden.json';
import type { LayerConfig, Variant } from '../protocol/messages';
import { catalogue } from '../testing/catalogue';
import { firstMisfit, shapesBehind } from './shapes';
import { additions, newLayer, retypings } from './stages';

/** What the server's kinds say, by the names in the golden file. */
const kinds = ['dense', 'conv', 'pool', 'global_pool'].map((id) => ({
  id,
  takes_image: id !== 'dense',
  gives_image: id === 'conv' || id === 'pool',
}));

describe('the shape behind a layer', () => {
  it.each(golden.shapes)('is what the server says of $layer on $input', ({ input, layer, output }) => {
    const found = shapesBehind([layer as unknown as LayerConfig], input, kinds);
    expect(found).toEqual(output.length > 0 ? [output] : []);
  });

  it('follows from layer to layer, up to the first that does not fit', () => {
    const conv = { kind: 'conv', filters: 8, kernel: 3, stride: 1, padding: 'same', skip: 0 };
    const pool = { kind: 'pool', size: 2, stride: 2 };
    const layers = [conv, pool, { ...conv, filters: 16, kernel: 5, padding: 'valid' }];
    expect(shapesBehind(layers, [1, 8, 8], kinds)).toEqual([
      [8, 8, 8],
      [8, 4, 4],
    ]);
    expect(firstMisfit(layers, [1, 8, 8], kinds)).toBe(2);
    expect(firstMisfit(layers, [1, 28, 28], kinds)).toBe(-1);
    expect(firstMisfit([conv, conv, { ...conv, skip: 2 }], [1, 8, 8], kinds)).toBe(-1);
    expect(firstMisfit([conv, pool, { ...conv, skip: 2 }], [1, 8, 8], kinds)).toBe(2);
    expect(firstMisfit([{ ...conv, skip: 2 }], [1, 8, 8], kinds)).toBe(0);
  });
});

describe('what can be added or exchanged', () => {
  const { full, slide, shrink } = catalogue.default_layers as Record<string, LayerConfig>;
  const reasons = (offers: { kind: Variant; reason: { en: string } | null }[]) =>
    Object.fromEntries(offers.map(({ kind, reason }) => [kind.id, reason?.en ?? '']));

  it('is anything before the first row of numbers, with the reason where not', () => {
    const layers = [slide!, full!];
    expect(reasons(additions(layers, 0, [1, 8, 8], catalogue))).toEqual({
      full: 'Then layer 2 would no longer fit.',
      slide: '',
      shrink: '',
      mean: 'Then layer 2 would no longer fit.',
    });
    expect(reasons(additions(layers, 1, [1, 8, 8], catalogue))).toEqual({ full: '', slide: '', shrink: '', mean: '' });
    const behind = reasons(additions(layers, 2, [1, 8, 8], catalogue));
    expect(behind['full']).toBe('');
    expect(behind['shrink']).toMatch(/needs an image, but 8 numbers/);
    expect(reasons(additions([slide!], 1, [1, 1, 1], catalogue))['shrink']).toMatch(/does not fit.*4×1×1/);
  });

  it('is only one kind on points', () => {
    const offers = additions([], 0, [2], catalogue);
    expect(offers.filter(({ reason }) => !reason).map(({ kind }) => kind.id)).toEqual(['full']);
  });

  it('is like the nearest of its kind, unless that would not fit', () => {
    const wide = { ...slide!, filters: 32, kernel: 7, padding: 'valid', skip: 1 };
    expect(newLayer([wide, shrink!], 2, 'slide', catalogue)).toEqual({ ...wide, skip: 0 });
    const [, offer] = additions([{ ...wide, skip: 0 }, shrink!], 2, [1, 10, 10], catalogue);
    expect(offer!.layers[2]).toEqual(slide);
    expect(offer!.reason).toBeNull();
  });

  it('exchanges a layer for another kind where the others bear it', () => {
    const found = reasons(retypings([slide!, slide!, full!], 0, [1, 8, 8], catalogue));
    expect(found).toEqual({
      full: 'Then layer 2 would no longer fit.',
      slide: '',
      shrink: '',
      mean: 'Then layer 2 would no longer fit.',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { variant } from '../testing/catalogue';
import { reasonAgainst } from './fitness';

describe('a choice that makes no sense', () => {
  const loss = variant('distance', [], { tasks: ['regression', 'binary'] });
  const input = variant('east', [], { kinds: ['plane'] });

  it('is one made for other tasks; both are named in both languages', () => {
    expect(reasonAgainst(loss, { task: 'multiclass' })).toEqual({
      en: 'Only for regression, two classes. The present data: several classes.',
      zh: '仅适用于回归、二分类；当前数据为多分类。',
    });
  });

  it('is one made for another kind of data', () => {
    expect(reasonAgainst(input, { kind: 'images' })?.en).toBe(
      'Only for points of the plane. The present data: images.',
    );
  });

  it('is one that says itself why it is not to be had, whatever the data', () => {
    const unavailable = { en: 'Needs images with channels.', zh: '需要带通道的图像。' };
    expect(reasonAgainst({ ...loss, unavailable }, { task: 'binary', kind: 'plane' })).toBe(unavailable);
    expect(reasonAgainst({ ...loss, unavailable: null }, { task: 'binary' })).toBeNull();
  });

  it('is that a layer of images is needed, unless it is one', () => {
    const needs_image = { en: 'Needs several pixels.', zh: '需要多个像素。' };
    expect(reasonAgainst({ ...loss, needs_image }, {})).toBe(needs_image);
    expect(reasonAgainst({ ...loss, needs_image }, { image: false })).toBe(needs_image);
    expect(reasonAgainst({ ...loss, needs_image }, { image: true })).toBeNull();
  });

  it('is none that fits, asks for nothing, or meets data of which nothing is known yet', () => {
    expect(reasonAgainst(loss, { task: 'binary', kind: 'images' })).toBeNull();
    expect(reasonAgainst(variant('walker'), { task: 'multiclass', kind: 'images' })).toBeNull();
    expect(reasonAgainst(loss, {})).toBeNull();
    expect(reasonAgainst(input, {})).toBeNull();
  });

  it('is named by its id where the page has no word for it', () => {
    expect(reasonAgainst(variant('x', [], { tasks: ['ranking'] }), { task: 'binary' })?.en).toContain(
      'Only for ranking.',
    );
  });
});

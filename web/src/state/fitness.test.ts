import { describe, expect, it } from 'vitest';
import { catalogue, param, variant } from '../testing/catalogue';
import { reasonAgainst, type Circumstances } from './fitness';
import { placeOf } from './layerPlace';
import type { Variant } from '../protocol/messages';

const why = (choice: Variant, circumstances: Circumstances) => reasonAgainst(choice, circumstances)?.text ?? null;

describe('a choice that makes no sense', () => {
  const loss = variant('distance', [], { tasks: ['regression', 'binary'] });
  const input = variant('east', [], { kinds: ['plane'] });

  it('is one made for other tasks; both are named in both languages', () => {
    expect(why(loss, { task: 'multiclass' })).toEqual({
      en: 'Only for regression, two classes. The present data: several classes.',
      zh: '仅适用于回归、二分类；当前数据为多分类。',
    });
  });

  it('is one made for another kind of data', () => {
    expect(why(input, { kind: 'images' })?.en).toBe('Only for points of the plane. The present data: images.');
  });

  it('is one that says itself why it is not to be had, whatever the data', () => {
    const unavailable = { en: 'Needs images with channels.', zh: '需要带通道的图像。' };
    expect(why({ ...loss, unavailable }, { task: 'binary', kind: 'plane' })).toBe(unavailable);
    expect(why({ ...loss, unavailable: null }, { task: 'binary' })).toBeNull();
  });

  it('is that a layer of images is needed, unless it is one', () => {
    const needs_image = { en: 'Needs several pixels.', zh: '需要多个像素。' };
    expect(why({ ...loss, needs_image }, {})).toBe(needs_image);
    expect(why({ ...loss, needs_image }, { image: false })).toBe(needs_image);
    expect(why({ ...loss, needs_image }, { image: true })).toBeNull();
  });

  it('is none that fits, asks for nothing, or meets data of which nothing is known yet', () => {
    expect(why(loss, { task: 'binary', kind: 'images' })).toBeNull();
    expect(why(variant('walker'), { task: 'multiclass', kind: 'images', batch: 1, samples: 1, units: 1 })).toBeNull();
    expect(why(loss, {})).toBeNull();
    expect(why(input, {})).toBeNull();
  });

  it('is named by its id where the page has no word for it', () => {
    expect(why(variant('x', [], { tasks: ['ranking'] }), { task: 'binary' })?.en).toContain('Only for ranking.');
  });
});

describe('a choice that the size of the batch speaks against', () => {
  const whole = variant('whole', [], { full_batch: true });
  const statistics = variant('statistics', [], { least_batch: 2 });

  it('is one for the full batch before it gets one, with the way out', () => {
    const reason = reasonAgainst(whole, { batch: 10, samples: 1437 })!;
    expect(reason.short.en).toBe('made for the full batch');
    expect(reason.remedy?.label.en).toBe('Set the batch to all 1,437 samples');
    expect(reason.remedy?.change).toEqual({ training: { batch_size: 1437 } });
    expect(reasonAgainst(whole, { batch: 1437, samples: 1437 })).toBeNull();
    expect(reasonAgainst(whole, { batch: 10 })).toBeNull();
  });

  it('is a variance over a single sample; the way out is a usual batch that there are samples for', () => {
    const reason = reasonAgainst(statistics, { batch: 1, samples: 500, usualBatch: 10 })!;
    expect(reason.text.en).toContain('a batch of 1 has no variance');
    expect(reason.remedy?.change).toEqual({ training: { batch_size: 10 } });
    expect(reasonAgainst(statistics, { batch: 1, samples: 5, usualBatch: 10 })?.remedy?.change).toEqual({
      training: { batch_size: 5 },
    });
    expect(reasonAgainst(statistics, { batch: 1, samples: 1, usualBatch: 10 })).not.toHaveProperty('remedy');
    expect(reasonAgainst(statistics, { batch: 2, samples: 500 })).toBeNull();
    expect(reasonAgainst(statistics, { batch: 1, samples: 500, image: true })).toBeNull();
  });

  it('is an order of samples, or a growing batch, where a batch holds them all', () => {
    const order = variant('order', [], { order_only: true });
    const growing = variant('growing', [], { acts_on: 'batch_size' });
    for (const choice of [order, growing]) {
      expect(reasonAgainst(choice, { batch: 500, samples: 500 })?.short.en).toBe('has no effect here');
      expect(reasonAgainst(choice, { batch: 499, samples: 500 })).toBeNull();
    }
  });
});

describe('a choice that the optimizer makes useless', () => {
  const plain = variant('plain', [], { momentum: 'memory' });
  const deaf = variant('deaf', [], { own_rates: true, signs_only: true });
  const falling = variant('falling', [], { acts_on: 'learning_rate' });
  const short = variant('short', [], { acts_on: 'gradient' });

  it('is a learning rate that it does not follow, a gradient whose length it does not see', () => {
    for (const choice of [falling, short]) {
      expect(why(choice, { optimizers: [deaf] })?.en).toMatch(/^deaf /);
      expect(why(choice, { optimizers: [deaf, plain] })).toBeNull();
      expect(why(choice, { optimizers: [] })).toBeNull();
    }
    expect(why(variant('even'), { optimizers: [deaf] })).toBeNull();
  });

  it('is a momentum that it does not have, or a cycle that there is not', () => {
    const rising = variant('rising', [], { acts_on: 'momentum', follows_cycle: true });
    const wave = variant('wave', [], { cycles: true });
    const cycling = [wave, variant('swing', [], { cycles: true })];
    expect(why(rising, { optimizers: [deaf] })?.en).toBe('The optimizer has no momentum that could change.');
    expect(why(rising, { optimizers: [plain], schedule: falling, cycling })?.en).toContain('wave, swing');
    expect(why(rising, { optimizers: [plain], schedule: falling, cycling })?.zh).toContain('wave、swing');
    expect(why(rising, { optimizers: [plain], schedule: wave, cycling })).toBeNull();
  });
});

describe('a choice that a layer speaks against', () => {
  const position = param('position', 0, { integer: true });
  const absorbing = variant('absorbing', [position], { takes_bias: true });
  const catalog = { ...catalogue, families: { ...catalogue.families, normalizations: [absorbing, variant('plain')] } };
  const layer = catalogue.default_config.network.layers[0]!;
  const normalized = (id: string, at = 0) => ({ ...layer, normalization: { id, position: at } });
  const start = variant('start', [], { acts_on: 'bias' });

  it('is what only the output can have', () => {
    const prior = variant('prior', [], { output_only: true });
    expect(why(prior, placeOf([layer], catalog))?.en).toContain('output layer only');
    expect(why(prior, {})).toBeNull();
  });

  it('is a variance over a single unit, not over one of several', () => {
    const within = variant('within', [], { least_units: 2 });
    expect(why(within, placeOf([{ ...layer, units: 1 }], catalog))?.en).toContain('at least 2 units');
    expect(why(within, placeOf([{ ...layer, units: 1 }, layer], catalog))).toBeNull();
  });

  it('is the start of biases that a normalization before the activation absorbs in all of them', () => {
    expect(why(start, placeOf([normalized('absorbing')], catalog))?.en).toMatch(/^absorbing before the activation/);
    expect(why(start, placeOf([normalized('absorbing', 1)], catalog))).toBeNull();
    expect(why(start, placeOf([normalized('plain')], catalog))).toBeNull();
    expect(why(start, placeOf([normalized('absorbing'), normalized('plain')], catalog))).toBeNull();
  });
});

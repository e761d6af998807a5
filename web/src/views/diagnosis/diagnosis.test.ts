import { describe, expect, it, vi } from 'vitest';
import type { Illness } from '../../protocol/messages';
import { layerPart, pathAndParents } from './pointing';

vi.stubGlobal('document', { documentElement: { lang: 'en' } });
const { findingNumber, sentence } = await import('./sentence');

const illness: Illness = {
  id: 'flat',
  label: { en: 'Flat', zh: '平' },
  help: { en: '', zh: '' },
  formula: '',
  source: '',
  params: [],
  sentence: { en: 'Layer {layer}: {number}, since step {since}.', zh: '第 {layer} 层：{number}，自第 {since} 步起。' },
  remedy: { en: '', zh: '' },
  unit: '%',
};

const none = { illness: 'flat', layer: null, number: 0, since: 0, samples: null, tensor: null, control: '' };

describe('a finding', () => {
  it('is told with its layer, its number and its beginning', () => {
    const finding = { ...none, layer: 2, number: 0.94, since: 12345 };
    expect(sentence(illness, finding)).toBe('Layer 2: 94 %, since step 12,345.');
  });

  it('is told with how many samples were looked at, and with what is ill', () => {
    const told = { ...illness, sentence: { en: '{samples} samples: {tensor}', zh: '' } };
    const finding = { ...none, samples: 12345, tensor: 'layer2.weight' };
    expect(sentence(told, finding)).toBe('12,345 samples: the weights of: Layer 2');
    expect(sentence(told, { ...finding, tensor: 'loss' })).toBe('12,345 samples: the loss');
  });

  it.each([
    [1.5, '1.5'],
    [27000, '27,000'],
    [4.1e-6, '4.1 × 10⁻⁶'],
    [2.7e32, '2.7 × 10³²'],
    [0.014, '0.014'],
    [0, '0'],
  ])('shows two digits of %d', (value, text) => {
    expect(findingNumber(value, '')).toBe(text);
  });
});

describe('the path of a control', () => {
  it('leads on to what it lies in', () => {
    expect(pathAndParents('training.optimizer.learning_rate')).toEqual([
      'training.optimizer.learning_rate',
      'training.optimizer',
      'training',
    ]);
  });

  it('may be that of a layer', () => {
    expect(layerPart('network.layers.12.initializer')).toEqual({ position: 12, part: 'initializer' });
    expect(layerPart('training.clipping')).toBeNull();
  });
});

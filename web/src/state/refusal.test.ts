import { expect, it } from 'vitest';
import { layerRefusal } from './refusal';

const message = { en: 'no', zh: '不' };

it.each([
  ['network.layers.2.kernel', { layer: 2, part: 'kernel' }],
  ['network.layers.0.normalization.groups', { layer: 0, part: 'normalization.groups' }],
  ['network.layers.1', { layer: 1, part: '' }],
  ['network.layers', { layer: null, part: '' }],
])('%s is about layers', (field, where) => {
  expect(layerRefusal(field, message)).toEqual({ ...where, message });
});

it.each(['training.batch_size', 'network.output.initializer', '', null, undefined])('%s is not', (field) => {
  expect(layerRefusal(field, message)).toBeNull();
});

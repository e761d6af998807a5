import { expect, it, vi } from 'vitest';

// The texts ask the document for its language.
vi.stubGlobal('document', { documentElement: { lang: 'en' } });
const { tensorName } = await import('./tensorName');

it.each([
  ['layer2.weight', 'the weights of: Layer 2'],
  ['layer1.gamma', 'the scales γ of: Layer 1'],
  ['output.bias', 'the biases of: Output layer'],
  ['layer3.activation', 'the activations of: Layer 3'],
  ['output.activation', 'the activations of: Output layer'],
  ['loss', 'the loss'],
])('%s is called "%s"', (name, said) => {
  expect(tensorName(name)).toBe(said);
});

import { expect, test } from 'vitest';
import { thin } from './tiles';

test('a picture that is finer than the screen is thinned row by row', () => {
  const two = Float32Array.from({ length: 32 }, (_, i) => i);
  const out = new Float32Array(4);
  thin(two, 16, 4, out);
  expect([...out]).toEqual([16, 18, 24, 26]);
});

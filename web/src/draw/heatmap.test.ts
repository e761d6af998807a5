import { expect, it } from 'vitest';
import { largestMagnitude } from './heatmap';

it('finds the largest magnitude of either sign, and leaves out what is no finite number', () => {
  const values = Float32Array.of(7, 0.5, -3, NaN, -Infinity, 2, Infinity);
  expect(largestMagnitude(values)).toBe(7);
  expect(largestMagnitude(values, 1)).toBe(3);
  expect(largestMagnitude(values, 5)).toBe(2);
  expect(largestMagnitude(values, 3, 2)).toBe(0);
});

import { expect, test } from 'vitest';
import { LinkTurn } from './linkTurn';

const geometry = {};

function turns(
  times: readonly number[],
  what: (turn: number) => unknown[] = () => [geometry],
  always = false,
): boolean[] {
  const turn = new LinkTurn();
  return times.map((time, i) => turn.take(time, what(i), always));
}

test('while frames come fast, links are drawn in every third one', () => {
  expect(turns([0, 16, 33, 50, 66, 83, 100])).toEqual([true, false, false, true, false, false, true]);
});

test('slow frames are all drawn whole', () => {
  expect(turns([0, 40, 80, 120])).toEqual([true, true, true, true]);
});

test('refreshes in which they did not change come to an end with them drawn', () => {
  expect(turns([0, 16, 60, 76])).toEqual([true, false, true, false]);
});

test('what the links depend on brings them back at once', () => {
  expect(turns([0, 16, 32, 48], (i) => [geometry, i])).toEqual([true, true, true, true]);
});

test('some pictures are always drawn whole', () => {
  expect(turns([0, 16, 33], () => [geometry], true)).toEqual([true, true, true]);
});

import { expect, test } from 'vitest';
import { LinkTurn } from './linkTurn';

const geometry = {};
/** Four gaps, the first of them narrow. */
const LINKS = [16, 64, 64, 16];

/** What is drawn at `times`, of a new frame each. */
function turns(times: readonly number[], links: readonly number[] = LINKS, every = 50) {
  const turn = new LinkTurn(every);
  return times.map((time) => turn.take(time, time, [geometry], false, links));
}

test('while frames come fast, the gaps take turns, as many links a refresh as make all of them in time', () => {
  const drawn = turns(Array.from({ length: 121 }, (_, i) => (i * 1000) / 60)).slice(1);
  const times = LINKS.map((_, gap) => drawn.filter((gaps) => gaps!.includes(gap)).length);
  // Two seconds: 40 times each, and the next round may have begun.
  for (const each of times) expect([40, 41]).toContain(each);
  const links = drawn.map((gaps) => gaps!.reduce((sum, gap) => sum + LINKS[gap]!, 0));
  expect(Math.max(...links)).toBeLessThanOrEqual(128);
  expect(drawn.every((gaps) => gaps!.length < LINKS.length)).toBe(true);
});

test('slow frames are all drawn whole', () => {
  expect(turns([0, 50, 100, 150])).toEqual([null, null, null, null]);
});

test('refreshes without a new frame come to an end with all of them drawn', () => {
  const turn = new LinkTurn(50);
  turn.take(0, 0, [geometry], false, LINKS);
  const drawn: number[] = [];
  for (let time = 16; time <= 112; time += 16) {
    const gaps = turn.take(time, 1, [geometry], false, LINKS);
    drawn.push(...gaps!);
    expect(turn.waiting).toBe(LINKS.length - drawn.length);
  }
  expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
});

test('many links are drawn less often, but not ever more seldom', () => {
  const seconds = (links: number) => {
    const drawn = turns(
      Array.from({ length: 601 }, (_, i) => (i * 1000) / 60),
      [links],
      50,
    ).slice(1);
    return drawn.filter((gaps) => gaps!.length > 0).length / 10;
  };
  expect(seconds(1280)).toBeCloseTo(10, 0);
  expect(seconds(1e6)).toBeCloseTo(5, 0);
});

test('what the links depend on brings them back at once', () => {
  const turn = new LinkTurn();
  expect([0, 16, 32].map((time, i) => turn.take(time, time, [geometry, i], false, LINKS))).toEqual([null, null, null]);
});

test('some pictures are always drawn whole', () => {
  const turn = new LinkTurn();
  expect([0, 16, 33].map((time) => turn.take(time, time, [geometry], true, LINKS))).toEqual([null, null, null]);
});

import { describe, expect, it } from 'vitest';
import { abreast } from './abreast';

const run = (waiting: number[], shown = 0, holds = true) => ({ waiting, shown, holds });

describe('runs in step', () => {
  it('show the newest moment of which all have a frame', () => {
    expect(abreast([run([10, 20]), run([10, 20, 30]), run([10, 20])], true)).toEqual([1, 1, 1]);
    expect(abreast([run([10, 20, 30]), run([10, 30]), run([10, 20, 40])], true)).toEqual([0, 0, 0]);
  });

  it('come up to one that is there already', () => {
    expect(abreast([run([20], 10), run([], 20), run([20, 30], 10)], true)).toEqual([0, -1, 0]);
  });

  it('wait for the last one', () => {
    expect(abreast([run([20, 30], 10), run([], 10)], false)).toEqual([-1, -1]);
  });

  it('wait where no moment is common, but not for long', () => {
    const runs = [run([10, 30]), run([15, 20, 40]), run([20])];
    expect(abreast(runs, true)).toEqual([-1, -1, -1]);
    expect(abreast(runs, false)).toEqual([0, 1, 0]);
  });

  it('do not wait for one that stands still or is not heard of', () => {
    expect(abreast([run([20, 30], 10), run([], 10, false)], true)).toEqual([1, -1]);
    expect(abreast([run([20, 30], 10), run([15], 10, false)], true)).toEqual([1, 0]);
  });

  it('show the last of each when all of them stand', () => {
    expect(abreast([run([20, 24], 10, false), run([30], 10, false), run([], 30, false)], true)).toEqual([1, 0, -1]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { bestOf, mostRacers, outcome, raceGrid, racers, shades, type Cell } from './race';

const known = {
  ...catalogue,
  studies: { learning_rates: { walker: [0.01, 0.1], runner: [0.1, 1], sleeper: [] }, limits: { configs: 9 } },
} as unknown as Catalog;

describe('a fair race', () => {
  it('tries every rate of every optimizer, and changes nothing else', () => {
    const grid = raceGrid(['runner', 'walker'], [], known);
    expect(grid.map((row) => row.map(({ optimizer, rate }) => `${optimizer} ${rate}`))).toEqual([
      ['walker 0.01', 'walker 0.1'],
      ['runner 0.1', 'runner 1'],
    ]);
    const optimizer = { id: 'walker', learning_rate: 0.1, memory: 0.9 };
    expect(grid[0]![1]!.change).toEqual({ training: { optimizer } });
  });

  it('leaves those that are there their own parameters', () => {
    const present = [{ id: 'walker', learning_rate: 7, memory: 0.5 }];
    const [[cell]] = raceGrid(['walker'], present, known) as [[Cell]];
    expect(cell.change.training!.optimizer).toEqual({ id: 'walker', learning_rate: 0.01, memory: 0.5 });
  });

  it('has as many racers as a study can try, of those with a rate', () => {
    expect(racers(known).map(({ id }) => id)).toEqual(['walker', 'runner']);
    expect(mostRacers(known)).toBe(4);
  });

  it('counts the last loss of the middle seed, and who went astray as the worst', () => {
    expect(outcome([9, 1, 2], 0)).toBe(2);
    expect(outcome([1], 1)).toBe(Infinity);
    expect(outcome([1, 2], 1)).toBe(2);
    expect(outcome([], 0)).toBeNaN();
  });

  it('finds the best, and shades the others by how far they are from it', () => {
    expect(bestOf([Infinity, 0.5, NaN, 0.1])).toBe(3);
    expect(bestOf([Infinity, NaN])).toBe(-1);
    const [row] = shades([[1, 0.1, 0.01, Infinity]]);
    expect(row!.slice(0, 3).map((shade) => Number(shade.toFixed(6)))).toEqual([0, 0.5, 1]);
    expect(row![3]).toBeNaN();
    expect(shades([[0.5]])).toEqual([[1]]);
  });
});

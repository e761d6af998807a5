import { describe, expect, it } from 'vitest';
import { Turns } from './turns';

/** Drawers that take so many milliseconds each, and who drew. */
function drawers(count: number, takes: number, budget: number, most = Infinity) {
  let time = 0;
  const drew: number[] = [];
  const turns = new Turns(budget, most, () => time);
  const fresh = Array<boolean>(count).fill(true);
  const leave = fresh.map((_, i) =>
    turns.join(() => {
      if (!fresh[i]) return false;
      time += takes;
      drew.push(i);
      return true;
    }),
  );
  const round = () => {
    drew.length = 0;
    return [turns.round(0), [...drew]];
  };
  return { round, fresh, leave };
}

describe('drawing in turns', () => {
  it('lets everybody draw when there is time', () => {
    expect(drawers(3, 1, 8).round()).toEqual([true, [0, 1, 2]]);
  });

  it('goes on with those who did not come to it', () => {
    const { round } = drawers(5, 4, 8);
    expect([round(), round(), round()]).toEqual([
      [false, [0, 1]],
      [false, [2, 3]],
      [false, [4, 0]],
    ]);
  });

  it('lets no more draw than may, whatever the time', () => {
    const { round, fresh } = drawers(4, 0, 8, 2);
    expect([round(), round()]).toEqual([
      [false, [0, 1]],
      [false, [2, 3]],
    ]);
    fresh[1] = fresh[2] = false;
    expect(round()).toEqual([true, [0, 3]]);
  });

  it('passes over those who have nothing new', () => {
    const { round, fresh } = drawers(4, 4, 8);
    fresh[0] = fresh[2] = false;
    expect(round()).toEqual([true, [1, 3]]);
    fresh.fill(false);
    expect(round()).toEqual([true, []]);
  });

  it('lets at least one draw, however slow it is, and goes on when somebody leaves', () => {
    const { round, leave } = drawers(3, 100, 8);
    expect(round()).toEqual([false, [0]]);
    leave[1]!();
    expect([round(), round()]).toEqual([
      [false, [0]],
      [false, [2]],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { Drawing, MOST_POINTS } from './drawing';

function random(): () => number {
  let state = 1;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

describe('drawing points', () => {
  it('sprinkles them into the brush, and never off the plane', () => {
    const drawing = new Drawing();
    drawing.begin();
    drawing.sprinkle(1, -1, 0.5, 2, 200, random());
    expect(drawing.points).toHaveLength(200);
    expect(drawing.points.every(([x, y, target]) => Math.hypot(x - 1, y + 1) <= 0.51 && target === 2)).toBe(true);
    drawing.sprinkle(6, 6, 2, 0, 200, random());
    expect(drawing.points.every(([x, y]) => Math.abs(x) <= 6 && Math.abs(y) <= 6)).toBe(true);
  });

  it('erases what the eraser touches', () => {
    const drawing = new Drawing();
    drawing.sprinkle(0, 0, 0.1, 0, 10, random());
    drawing.sprinkle(4, 4, 0.1, 1, 10, random());
    drawing.erase(0, 0, 1);
    expect(drawing.points.map(([, , target]) => target)).toEqual(Array(10).fill(1));
  });

  it('takes a whole stroke back', () => {
    const drawing = new Drawing();
    drawing.begin();
    drawing.sprinkle(0, 0, 1, 0, 5, random());
    drawing.sprinkle(1, 0, 1, 0, 5, random());
    drawing.clear();
    expect(drawing.points).toHaveLength(0);
    drawing.undo();
    expect(drawing.points).toHaveLength(10);
    drawing.undo();
    expect(drawing.points).toHaveLength(0);
    expect(drawing.canUndo).toBe(false);
    drawing.undo();
    expect(drawing.points).toHaveLength(0);
  });

  it('stops at the most points', () => {
    const drawing = new Drawing();
    drawing.sprinkle(0, 0, 1, 0, MOST_POINTS + 10, random());
    expect(drawing.points).toHaveLength(MOST_POINTS);
  });
});

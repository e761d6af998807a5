import { describe, expect, it } from 'vitest';
import { position } from './place';

const room = { width: 1000, height: 600 };
const anchor = (left: number, top: number) => ({ left, top, right: left + 80, bottom: top + 30 });

describe('where something that floats goes', () => {
  it('beneath its anchor', () => {
    expect(position(anchor(100, 100), 200, 150, room)).toEqual({ left: 100, top: 136, side: 'below' });
  });

  it('above when there is no room beneath', () => {
    expect(position(anchor(100, 500), 200, 150, room)).toEqual({ left: 100, top: 344, side: 'above' });
  });

  it('above when there is none for what it may grow by', () => {
    expect(position(anchor(100, 400), 200, 150, room).side).toBe('below');
    expect(position(anchor(100, 400), 200, 150, room, { grows: 50 }).side).toBe('above');
    expect(position(anchor(100, 400), 200, 150, room, { grows: 50, was: 'below' }).side).toBe('below');
  });

  it('on the side where it was, while there is room', () => {
    expect(position(anchor(100, 400), 200, 120, room).side).toBe('below');
    expect(position(anchor(100, 400), 200, 120, room, { was: 'above' })).toEqual({
      left: 100,
      top: 274,
      side: 'above',
    });
    expect(position(anchor(100, 100), 200, 150, room, { was: 'above' }).side).toBe('below');
    expect(position(anchor(100, 400), 200, 180, room, { was: 'below' }).side).toBe('above');
  });

  it.each([
    [anchor(950, 100), 200, 150],
    [anchor(-50, 580), 300, 584],
    [anchor(500, 300), 200, 584],
  ])('never out of the window', (at, width, height) => {
    const { left, top } = position(at, width, height, room);
    expect(left).toBeGreaterThanOrEqual(8);
    expect(left + width).toBeLessThanOrEqual(992);
    expect(top).toBeGreaterThanOrEqual(8);
    expect(top + height).toBeLessThanOrEqual(592);
  });
});

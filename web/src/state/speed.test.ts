import { describe, expect, it } from 'vitest';
import { FASTEST, speedAt, speedPosition } from './speed';

describe('the speed slider', () => {
  it('goes from one step a second to full speed', () => {
    expect(speedAt(0, 200)).toBe(1);
    expect(speedAt(92, 200)).toBe(FASTEST);
    expect(speedAt(100, 200)).toBe('full');
    expect(speedPosition('full', 200)).toBe(100);
  });

  it('snaps to auto around the pace that auto means', () => {
    const mark = speedPosition('auto', 200);
    expect(speedAt(mark + 1.5, 200)).toBe('auto');
    expect(speedAt(mark - 1.5, 200)).toBe('auto');
    expect(speedAt(mark + 3, 200)).toBeTypeOf('number');
  });

  it('shows every number where it was taken from', () => {
    for (let position = 0; position <= 92; position += 4) {
      const speed = speedAt(position, 0);
      expect(speedAt(speedPosition(speed, 0), 0)).toBe(speed);
    }
  });

  it('keeps numbers beyond its scale at its ends', () => {
    expect(speedPosition(0.5, 200)).toBe(0);
    expect(speedPosition(1e6, 200)).toBe(92);
  });
});

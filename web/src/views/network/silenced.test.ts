import { describe, expect, it } from 'vitest';
import type { NetworkColumn } from '../../draw/geometry';
import { crossesOf, dropsOut } from './silenced';

const column = (index: number, shown: number, maps: NetworkColumn['maps'] = null): NetworkColumn => ({
  index,
  x: 100 * index,
  y: Float32Array.from({ length: shown }, (_, i) => 10 * i),
  size: 20,
  shown,
  units: 8,
  room: 0,
  gap: 0,
  maps,
});

describe('silenced units', () => {
  it('are crossed out where they are drawn, neurons and feature maps alike', () => {
    const maps = { x: Float32Array.of(300, 340), high: 14, wide: 1, tall: 1, kernel: 0, width: 0 };
    const values = Float32Array.of(NaN, NaN, NaN, 0, 1, 0, 1, 0, NaN);
    expect(crossesOf({ columns: [column(0, 2), column(1, 2), column(2, 2, maps)] }, values, 3)).toEqual([
      { x: 100, y: 0, wide: 20, high: 20 },
      { x: 340, y: 10, wide: 20, high: 14 },
    ]);
  });

  it('are asked for only where something drops out', () => {
    const layer = { kind: 'some', units: 8 };
    expect(dropsOut({ input: { dropout: 0 }, layers: [{ ...layer, dropout: 0 }] })).toBe(false);
    expect(dropsOut({ input: { dropout: 0.1 }, layers: [] })).toBe(true);
    expect(dropsOut({ input: { dropout: 0 }, layers: [layer, { ...layer, channel_dropout: 0.2 }] })).toBe(true);
  });
});

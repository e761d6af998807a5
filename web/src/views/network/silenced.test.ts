import { describe, expect, it } from 'vitest';
import type { NetworkColumn } from '../../draw/geometry';
import { stagesOf } from '../../model/explained/stages';
import { stepOf } from '../../testing/steps';
import { crossesOf, dropsOut, silencedBy } from './silenced';

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
    const maps = { x: Float32Array.of(300, 340), high: 14, wide: 1, tall: 1, kernel: 0, filter: null, width: 0 };
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

  it('are those of the sample in a walk, from the stage on at which they fall silent', () => {
    const dense = { kind: 'dense', units: 3 } as const;
    const masks = { 'input.mask': [2, 0], 'layer1.mask': [0, 2, 0], 'layer1.dropped': [0, 1, 0] };
    const step = stepOf([dense, { kind: 'dense', units: 1 }], masks);
    const drop = stagesOf(step).findIndex(({ kind }) => kind === 'drop');
    const { values, width } = silencedBy(step, drop);
    expect([...values.subarray(0, 2), ...values.subarray(width, 2 * width)]).toEqual([2, 0, 0, 2, 0]);
    expect(
      silencedBy(step, drop - 1)
        .values.subarray(width)
        .every(Number.isNaN),
    ).toBe(true);
  });

  it('are the maps of which no pixel is left', () => {
    const layers = [{ kind: 'conv', units: 2, kernel: 1 } as const, { kind: 'dense', units: 1 } as const];
    const masks = { 'layer1.mask': [0, 0, 0, 0, 0, 2, 0, 0], 'layer1.dropped': [0, 0, 0, 0, 0, 1, 0, 0] };
    const { values, width } = silencedBy(stepOf(layers, masks, { shape: [1, 2, 2] }), 9);
    expect([...values.subarray(width, width + 2)]).toEqual([0, 2]);
  });
});

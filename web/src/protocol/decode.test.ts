import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { decodeMessage, doubles, floats } from './decode';
import type { Frame } from './messages';

const bytes = (values: ArrayLike<number>, Kind: typeof Float32Array | typeof Float64Array) =>
  new Uint8Array(new Kind(values).buffer);

describe('views of floats', () => {
  it('share memory where the alignment allows it', () => {
    const buffer = new ArrayBuffer(16);
    new Float32Array(buffer).set([1, 2, 3, 4]);
    const view = floats(new Uint8Array(buffer, 4, 8));
    expect([...view]).toEqual([2, 3]);
    expect(view.buffer).toBe(buffer);
  });

  it('are copied where it does not', () => {
    const buffer = new ArrayBuffer(17);
    new Uint8Array(buffer).set(bytes([1.5, -2], Float64Array), 1);
    expect([...doubles(new Uint8Array(buffer, 1, 16))]).toEqual([1.5, -2]);
  });

  it('refuse half a number', () => {
    expect(() => floats(new Uint8Array(6))).toThrow(/6 bytes/);
  });
});

describe('messages', () => {
  const frame = {
    type: 'frame',
    seq: 3,
    generation: 1,
    step: 40,
    epoch: 5,
    state: 'running',
    rate: 200.5,
    params: bytes([1, 2, 3], Float32Array),
    running: new Uint8Array(0),
    stats: bytes([0.5, NaN], Float32Array),
    updates: bytes([7], Float32Array),
    series: { start: 9, steps: bytes([30, 2 ** 40], Float64Array), values: bytes([1, 2, 3, 4], Float32Array) },
  };

  it('frames become typed arrays, whatever their place in the message', () => {
    // A prefix of growing length moves every array through all alignments.
    for (let shift = 0; shift < 8; shift++) {
      const message = decodeMessage(encode({ pad: 'x'.repeat(shift), ...frame })) as Frame;
      expect([...message.params]).toEqual([1, 2, 3]);
      expect([...message.stats]).toEqual([0.5, NaN]);
      expect(message.running).toHaveLength(0);
      expect(message.gradients).toBeNull();
      expect([...message.updates!]).toEqual([7]);
      expect(message.series.start).toBe(9);
      expect([...message.series.steps]).toEqual([30, 2 ** 40]);
      expect([...message.series.values]).toEqual([1, 2, 3, 4]);
    }
  });

  it('of an unknown type are refused', () => {
    expect(() => decodeMessage(encode({ type: 'shout' }))).toThrow(TypeError);
    expect(() => decodeMessage(encode([1, 2]))).toThrow(TypeError);
    expect(() => decodeMessage(encode(null))).toThrow(TypeError);
  });
});

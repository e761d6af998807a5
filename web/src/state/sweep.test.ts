import { describe, expect, it } from 'vitest';
import { Network } from '../model/forward';
import { makeNetwork, noise } from '../testing/networks';
import { blockSize, Sweep, type Block } from './sweep';

const { layout, hidden, weights } = makeNetwork(
  [1, 4, 4],
  [
    { kind: 'conv', units: 2, kernel: 3, activation: { id: 'tanh' } },
    { kind: 'dense', units: 3 },
  ],
);
const random = noise(2);
const blocks: Block[] = [0, 4, 8].map((from) => {
  const count = from < 8 ? 4 : 2;
  return { from, count, inputs: Float32Array.from({ length: 16 * count }, random) };
});

function sweep(interval = 0) {
  const network = new Network(layout, hidden);
  const taken: [from: number, logits: number[]][] = [];
  return { taken, sweep: new Sweep(network, blocks, interval, ({ from }, logits) => taken.push([from, [...logits]])) };
}

describe('a sweep', () => {
  it('takes what every block gives, once for each weights', () => {
    const { taken, sweep: one } = sweep();
    expect(one.behind(weights)).toBe(true);
    expect(one.work(weights, 0, Infinity)).toBe(true);
    expect(one.behind(weights)).toBe(false);
    expect(one.work(weights, 1, Infinity)).toBe(false);
    expect(taken.map(([from]) => from)).toEqual([0, 4, 8]);
    const alone = new Network(layout, hidden);
    blocks.forEach(({ inputs, count }, i) => {
      expect(taken[i]![1]).toEqual([...alone.forward(inputs, count, weights).at(-1)!]);
    });
  });

  it('is the same in pieces, and finishes with the weights that it began with', () => {
    const whole = sweep();
    whole.sweep.work(weights, 0, Infinity);
    const { taken, sweep: pieces } = sweep();
    const newer = { ...weights, params: new Float32Array(weights.params.length) };
    pieces.work(weights, 0, 0);
    let rounds = 0;
    while (!pieces.work(newer, 1, 0)) rounds++;
    expect(rounds).toBeGreaterThan(1);
    expect(taken).toEqual(whole.taken);
    expect(pieces.behind(newer)).toBe(true);
  });

  it('waits for its interval', () => {
    const { sweep: one } = sweep(100);
    one.work(weights, 0, Infinity);
    const newer = { ...weights };
    expect(one.work(newer, 99, Infinity)).toBe(false);
    expect(one.work(newer, 100, Infinity)).toBe(true);
  });

  it('goes in blocks that fit a cache, small networks in one', () => {
    expect(blockSize(20, 500)).toBe(500);
    expect(blockSize(10_000, 500)).toBe(16);
    expect(blockSize(1e9, 5)).toBe(5);
  });
});

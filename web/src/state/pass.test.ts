import { describe, expect, it } from 'vitest';
import golden from '../generated/forward.golden.json';
import { Network, type ForwardConfig } from '../model/forward';
import type { Layout } from '../protocol/messages';
import { Pass } from './pass';

const [one] = golden as unknown as { layout: Layout; layers: ForwardConfig[]; params: number[] }[];
const weights = () => ({ params: Float32Array.from(one!.params), running: new Float32Array(0) });
const make = (interval?: number) =>
  new Pass(new Network(one!.layout, one!.layers), Float32Array.of(1, -1), 1, interval);

describe('a repeated pass', () => {
  it('is done once for each weights', () => {
    const pass = make();
    const first = weights();
    expect(pass.behind(first)).toBe(true);
    expect(pass.work(first, 0, Infinity)).toBe(true);
    expect(pass.work(first, 1, Infinity)).toBe(false);
    expect(pass.behind(first)).toBe(false);
    expect(pass.work(weights(), 2, Infinity)).toBe(true);
    expect(pass.version).toBe(2);
  });

  it('finishes what it began before it takes newer weights', () => {
    const pass = make();
    const first = weights();
    expect(pass.work(first, 0, 0)).toBe(false);
    const second = weights();
    expect(pass.work(second, 1, Infinity)).toBe(true);
    expect(pass.behind(second)).toBe(true);
    expect(pass.work(second, 2, Infinity)).toBe(true);
    expect(pass.behind(second)).toBe(false);
  });

  it('keeps its distance where it is given one', () => {
    const pass = make(100);
    pass.work(weights(), 0, Infinity);
    const next = weights();
    expect(pass.work(next, 50, Infinity)).toBe(false);
    expect(pass.behind(next)).toBe(true);
    expect(pass.work(next, 100, Infinity)).toBe(true);
  });

  it('begins anew when its inputs have changed, also in the middle, and without waiting', () => {
    const pass = make(100);
    const first = weights();
    pass.work(first, 0, Infinity);
    const before = [...pass.network.outputs.at(-1)!];
    const { outputs } = pass.network;
    const buffers = [...outputs];
    pass.inputs.fill(0.25);
    pass.renew();
    expect(pass.behind(first)).toBe(true);
    pass.work(first, 1, 0);
    pass.inputs.fill(-0.5);
    pass.renew();
    expect(pass.work(first, 2, Infinity)).toBe(true);
    expect(pass.behind(first)).toBe(false);
    const anew = new Network(one!.layout, one!.layers).forward(Float32Array.of(-0.5, -0.5), 1, first);
    expect([...outputs.at(-1)!]).toEqual([...anew.at(-1)!]);
    expect([...outputs.at(-1)!]).not.toEqual(before);
    expect(outputs.every((output, i) => output === buffers[i])).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import type { RunData } from '../protocol/messages';
import { Look } from './look.svelte';

/** Four test images of three by three pixels; the n-th has one pixel set, its n-th. */
function data(channels = 1, count = 4): RunData {
  const size = 9 * channels;
  const inputs = Float32Array.from({ length: count * size }, (_, i) => (i % size === Math.floor(i / size) ? 1 : 0));
  const samples = { count, inputs, targets: new Float32Array(count) };
  const shape = { kind: 'images', width: 3, height: 3, channels, task: 'multiclass', classes: 2, classNames: [] };
  return { ...shape, train: samples, test: samples } as unknown as RunData;
}

function shown(set = data()): Look {
  const look = new Look();
  look.show(set);
  look.refresh();
  return look;
}

const lit = (look: Look) => [...look.pixels].flatMap((value, at) => (value > 0 ? [at] : []));

describe('the image that is looked at', () => {
  it('is the chosen sample, and goes around at the ends', () => {
    const look = shown();
    expect(lit(look)).toEqual([0]);
    look.choose(5);
    expect([look.refresh(), look.sample, lit(look)]).toEqual([true, 1, [1]]);
    look.choose(-1);
    look.refresh();
    expect([look.sample, lit(look)]).toEqual([3, [3]]);
  });

  it('is written only when something has changed, into the same buffer', () => {
    const look = shown();
    const { pixels, version } = look;
    expect([look.refresh(), look.version]).toEqual([false, version]);
    look.move({ right: 1 });
    expect([look.refresh(), look.version, lit(look)]).toEqual([true, version + 1, [0, 1]]);
    for (let i = 0; i < 50; i++) {
      if (i % 10 === 0) look.beginStroke(0, i / 50);
      else look.extendStroke((i % 10) / 10, i / 50);
      look.refresh();
    }
    expect(look.pixels).toBe(pixels);
    expect(look.strokeCount).toBe(5);
  });

  it('is what is drawn, as soon as something is', () => {
    const look = shown();
    look.fit(false);
    look.beginStroke(0.5, 0.5);
    look.refresh();
    expect(look.source).toBe('drawing');
    expect(look.pixels[4]).toBeGreaterThan(0.5);
    look.undo();
    look.refresh();
    expect([look.source, lit(look)]).toEqual(['drawing', []]);
    look.look('sample');
    look.refresh();
    expect(lit(look)).toEqual([0]);
  });

  it('can begin with a sample, which goes with the last undo or when all is cleared', () => {
    const look = shown();
    look.choose(2);
    look.startFromSample();
    look.beginStroke(0.1, 0.9);
    look.refresh();
    expect(lit(look)).toEqual(expect.arrayContaining([2, 6]));
    look.undo();
    look.refresh();
    expect(lit(look)).toEqual([2]);
    look.undo();
    look.refresh();
    expect(lit(look)).toEqual([]);
    look.startFromSample();
    look.clear();
    look.refresh();
    expect(lit(look)).toEqual([]);
  });

  it('is grey in all channels when drawn', () => {
    const look = shown(data(3));
    look.fit(false);
    look.beginStroke(0.5, 0.5);
    look.refresh();
    const [red, green, blue] = [0, 1, 2].map((channel) => [...look.pixels.subarray(9 * channel, 9 * channel + 9)]);
    expect(green).toEqual(red);
    expect(blue).toEqual(red);
    expect(Math.max(...red!)).toBeGreaterThan(0.5);
  });

  it('keeps strokes, not the movement, when other data come, and none of it for those without images', () => {
    const look = shown();
    look.beginStroke(0.5, 0.5);
    look.move({ rotation: 30 });
    look.choose(3);
    look.show(data(1, 2));
    look.refresh();
    expect([look.strokeCount, look.transform.rotation, look.sample]).toEqual([1, 0, 1]);
    look.show({ ...data(), kind: 'plane' });
    look.choose(0);
    expect(look.refresh()).toBe(false);
  });
});

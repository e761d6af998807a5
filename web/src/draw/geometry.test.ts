import { describe, expect, it } from 'vitest';
import { biasMark, hitTest, layOutNetwork, linkHeight, sameHit, type Geometry } from './geometry';

const request = { picture: false, width: 800, height: 360, labels: 0 };
const plain = layOutNetwork({ ...request, units: [2, 8, 8, 1] });

function inside(geometry: Geometry): void {
  for (const column of geometry.columns) {
    const bottoms = [...column.y].map((y) => y + column.size / 2);
    const tops = [...column.y].map((y) => y - column.size / 2);
    expect(Math.min(...tops)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...bottoms)).toBeLessThanOrEqual(geometry.height);
    // Neurons of a layer never overlap.
    tops.slice(1).forEach((top, i) => expect(top).toBeGreaterThanOrEqual(bottoms[i]!));
  }
}

describe('the network drawing', () => {
  it('shows all units of a usual network, inside the card', () => {
    expect(plain.columns.map((column) => column.shown)).toEqual([2, 8, 8, 1]);
    expect(plain.width).toBeLessThanOrEqual(800);
    inside(plain);
  });

  it('shows as many units as fit, and leaves room for the line that counts the others', () => {
    const wide = layOutNetwork({ ...request, units: [7, 512, 1] });
    expect(wide.columns[1]!.shown).toBeGreaterThan(5);
    expect(wide.columns[1]!.shown).toBeLessThan(20);
    const last = wide.columns[1]!.y.at(-1)! + wide.columns[1]!.size / 2;
    expect(last).toBeLessThan(wide.height - 12);
    inside(wide);
  });

  it('grows wider than the card rather than squeezing 32 layers', () => {
    const deep = layOutNetwork({ ...request, units: [2, ...Array<number>(32).fill(8), 1] });
    expect(deep.width).toBeGreaterThan(2000);
    expect(deep.spacing).toBeGreaterThanOrEqual(70);
    inside(deep);
  });

  it('shows an image as one input, and all classes of the output', () => {
    const images = layOutNetwork({ ...request, picture: true, units: [64, 64, 10], labels: 74 });
    expect(images.columns.map((column) => column.shown)).toEqual([1, 10, 10]);
    expect(images.columns[0]!.size).toBeGreaterThan(images.columns[1]!.size);
    const small = layOutNetwork({ ...request, picture: true, units: [64, 64, 10], labels: 74, height: 200 });
    expect(small.columns[2]!.shown).toBe(10);
    inside(small);
  });

  it('can do without hidden layers', () => {
    inside(layOutNetwork({ ...request, units: [2, 1] }));
  });
});

describe('what lies under the pointer', () => {
  const even = () => 0;
  const [inputs, first] = plain.columns as [(typeof plain.columns)[0], (typeof plain.columns)[0]];

  it('is a neuron, or its bias at the lower left corner', () => {
    expect(hitTest(plain, first.x + 3, first.y[2]! - 3, even, false)).toEqual({ kind: 'neuron', column: 1, unit: 2 });
    const mark = biasMark(first, 2);
    expect(hitTest(plain, mark.x, mark.y, even, false)).toEqual({ kind: 'bias', column: 1, unit: 2 });
  });

  it('has no bias at the inputs', () => {
    const mark = biasMark(inputs, 0);
    expect(hitTest(plain, mark.x + 2, mark.y - 2, even, false)?.kind).toBe('neuron');
  });

  it('is the link whose curve passes there', () => {
    const start = inputs.x + inputs.size / 2;
    const end = first.x - first.size / 2;
    const y = linkHeight(inputs.y[1]!, first.y[6]!, 0.9);
    const hit = hitTest(plain, start + 0.9 * (end - start), y, even, false);
    expect(hit).toEqual({ kind: 'link', column: 1, from: 1, unit: 6 });
  });

  it('is the stronger one of two links that cross', () => {
    const middle = (inputs.x + inputs.size / 2 + first.x - first.size / 2) / 2;
    // Halfway, links from both inputs to mirrored units meet.
    const y = (inputs.y[0]! + first.y[5]!) / 2;
    const strong = (_: number, unit: number, from: number) => (from === 1 && unit === 4 ? 1 : 0);
    const crossing = (inputs.y[1]! + first.y[4]!) / 2;
    expect(Math.abs(crossing - y)).toBeLessThan(5);
    expect(hitTest(plain, middle, y, strong, false)).toEqual({ kind: 'link', column: 1, from: 1, unit: 4 });
  });

  it('is nothing beside everything, nor between an image and the first layer', () => {
    expect(hitTest(plain, first.x, 1e4, even, false)).toBeNull();
    const y = linkHeight(inputs.y[1]!, first.y[6]!, 0.5);
    expect(hitTest(plain, (inputs.x + first.x) / 2, y, even, true)).toBeNull();
  });

  it('is compared by what it is', () => {
    expect(sameHit({ kind: 'link', column: 1, from: 0, unit: 2 }, { kind: 'link', column: 1, from: 1, unit: 2 })).toBe(
      false,
    );
    expect(sameHit({ kind: 'bias', column: 1, unit: 2 }, { kind: 'bias', column: 1, unit: 2 })).toBe(true);
    expect(sameHit(null, { kind: 'bias', column: 1, unit: 2 })).toBe(false);
  });
});

describe('a link', () => {
  it('leaves and arrives level, and passes the middle half way', () => {
    expect(linkHeight(0, 100, 0)).toBeCloseTo(0, 3);
    expect(linkHeight(0, 100, 0.5)).toBeCloseTo(50, 3);
    expect(linkHeight(0, 100, 1)).toBeCloseTo(100, 3);
    expect(linkHeight(0, 100, 0.02)).toBeLessThan(0.2);
  });
});

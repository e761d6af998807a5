import { describe, expect, it } from 'vitest';
import { makeNetwork, type TestLayer } from '../testing/networks';
import { biasMark, hitTest, kernelBox, type Geometry } from './geometry';
import { layOutStages } from './stageGeometry';

function stagesOf(shape: number[], layers: TestLayer[]) {
  return makeNetwork(shape, layers).layout.stages;
}

const conv = (units: number, more: Partial<TestLayer> = {}): TestLayer => {
  return { kind: 'conv', units, kernel: 3, padding: 1, ...more };
};
const pool: TestLayer = { kind: 'pool', kernel: 2, stride: 2, pooling: 'max' };
const output: TestLayer = { kind: 'dense', units: 10 };
const usual = stagesOf([1, 28, 28], [conv(8), pool, conv(16), pool, output]);
const sizes = [
  [820, 310],
  [500, 300],
  [440, 230],
  [350, 130],
] as const;

/** Everything has room, nothing lies on anything else. */
function checkRoom({ columns, width, height, foot, flatten }: Geometry): void {
  const spans = columns.map(({ x, maps, size }) => {
    const half = (maps?.width ?? size) / 2;
    return [x - half, x + half] as const;
  });
  if (flatten) spans.splice(flatten.from + 1, 0, [flatten.x - 4, flatten.x + 4]);
  spans.slice(1).forEach(([left], i) => expect(left).toBeGreaterThan(spans[i]![1] + 8));
  expect(spans[0]![0]).toBeGreaterThanOrEqual(0);
  expect(spans.at(-1)![1]).toBeLessThanOrEqual(width);
  for (const column of columns) {
    expect(column.y).toHaveLength(column.shown);
    const boxes = Array.from({ length: column.shown }, (_, unit) => {
      if (column.maps) return kernelBox(column, unit).map;
      const [x, y] = [column.x - column.size / 2, column.y[unit]! - column.size / 2];
      return { x, y, width: column.size, height: column.size };
    });
    for (const box of boxes) {
      expect(box.y).toBeGreaterThanOrEqual(-0.5);
      expect(box.y + box.height).toBeLessThanOrEqual(height - foot + 0.5);
      const beside = boxes.filter((other) => other !== box && Math.abs(other.y - box.y) < box.height - 0.01);
      for (const other of beside) expect(Math.abs(other.x - box.x)).toBeGreaterThanOrEqual(box.width);
    }
  }
}

describe('a row of stages', () => {
  it.each(sizes)('has room for every map in %i by %i points', (width, height) => {
    const geometry = layOutStages({ stages: usual, width, height, labels: 74 });
    checkRoom(geometry);
    expect(geometry.columns.map((column) => column.shown)).toEqual(
      [1, 8, 8, 16, 16, 10].map((n, i) => (i < 5 ? n : geometry.columns[5]!.shown)),
    );
  });

  it('fits a usual card and uses its width', () => {
    const { width, columns } = layOutStages({ stages: usual, width: 820, height: 310, labels: 74 });
    expect(width).toBeLessThanOrEqual(820);
    expect(Math.min(...columns.slice(0, 5).map((column) => column.size))).toBeGreaterThanOrEqual(26);
    const large = layOutStages({ stages: usual, width: 1800, height: 700, labels: 74 });
    checkRoom(large);
    expect(Math.min(...large.columns.slice(0, 5).map((column) => column.size))).toBeGreaterThan(60);
  });

  it('is wider than the card rather than too small, up to 32 layers and 64 maps', () => {
    const deep = stagesOf([1, 16, 16], [...Array.from({ length: 31 }, () => conv(64, { skip: 0 })), output]);
    const geometry = layOutStages({ stages: deep, width: 820, height: 310, labels: 74 });
    checkRoom(geometry);
    expect(geometry.width).toBeGreaterThan(5000);
    expect(geometry.columns[5]!.shown).toBe(64);
    expect(geometry.columns[5]!.size).toBeGreaterThanOrEqual(20);
  });

  it('keeps the shape of oblong images', () => {
    const { columns } = layOutStages({
      stages: stagesOf([3, 10, 20], [conv(4), output]),
      width: 600,
      height: 300,
      labels: 0,
    });
    expect(columns[1]!.maps!.high).toBeCloseTo(columns[1]!.size / 2);
    expect([columns[1]!.maps!.wide, columns[1]!.maps!.tall]).toEqual([20, 10]);
  });

  it('takes maps apart before the first dense layer only', () => {
    const dense: TestLayer = { kind: 'dense', units: 40 };
    const request = { width: 820, height: 310, labels: 74 };
    const two = layOutStages({ stages: stagesOf([1, 8, 8], [conv(4), dense, output]), ...request });
    expect(two.flatten).toMatchObject({ from: 1, units: 256 });
    checkRoom(two);
    const mean: TestLayer = { kind: 'global_pool' };
    const none = layOutStages({ stages: stagesOf([1, 8, 8], [conv(4), mean, output]), ...request });
    expect(none.flatten).toBeNull();
    checkRoom(none);
  });

  it('leaves room for the lines of skip connections', () => {
    const request = { width: 820, height: 310, labels: 74 };
    const bottom = ({ columns }: Geometry) => Math.max(...columns[2]!.y) + columns[2]!.size / 2;
    const plain = layOutStages({ stages: stagesOf([1, 8, 8], [conv(8), conv(8), output]), ...request });
    const skips = layOutStages({ stages: stagesOf([1, 8, 8], [conv(8), conv(8, { skip: 1 }), output]), ...request });
    expect(bottom(skips)).toBeLessThan(bottom(plain));
  });
});

describe('under the pointer', () => {
  const geometry = layOutStages({ stages: usual, width: 820, height: 310, labels: 74 });
  const at = (x: number, y: number) => hitTest(geometry, x, y, () => 0, true);
  const column = geometry.columns[3]!;
  const { map, kernel } = kernelBox(column, 5);

  it('is a pixel of a map', () => {
    const side = map.width / 14;
    expect(at(map.x + 9.5 * side, map.y + 2.5 * side)).toEqual({ kind: 'pixel', column: 3, unit: 5, y: 2, x: 9 });
    expect(at(map.x + map.width, map.y + map.height)).toMatchObject({ unit: 5, y: 13, x: 13 });
  });

  it('is a number of a filter, or its bias', () => {
    expect(at(kernel.x + 2, kernel.y + 2)).toMatchObject({ kind: 'kernel', column: 3, unit: 5 });
    const mark = biasMark(column, 5);
    expect(at(mark.x, mark.y)).toEqual({ kind: 'bias', column: 3, unit: 5 });
  });

  it('is nothing between the stages', () => {
    expect(at(column.gap, 150)).toBeNull();
    expect(at(geometry.flatten!.x + 20, 150)).toBeNull();
  });
});

describe('a filter', () => {
  it('is pressed number by number, through all of its kernels', () => {
    const stages = stagesOf([2, 16, 16], [conv(3, { padding: 1 }), output]);
    const geometry = layOutStages({ stages, width: 820, height: 310, labels: 74 });
    const { kernel } = kernelBox(geometry.columns[1]!, 2);
    // Two kernels of 3 by 3 beside each other, with a line between.
    const at = (x: number, y: number) =>
      hitTest(
        geometry,
        kernel.x + ((x + 0.5) / 7) * kernel.width,
        kernel.y + ((y + 0.5) / 3) * kernel.height,
        () => 0,
        true,
      );
    expect(at(1, 2)).toEqual({ kind: 'kernel', column: 1, unit: 2, from: 7 });
    expect(at(4, 0)).toEqual({ kind: 'kernel', column: 1, unit: 2, from: 9 });
    expect(at(3, 1)).toEqual({ kind: 'neuron', column: 1, unit: 2 });
  });
});

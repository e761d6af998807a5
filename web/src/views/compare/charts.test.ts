import { describe, expect, it } from 'vitest';
import type { Layout } from '../../protocol/messages';
import { catalogue } from '../../testing/catalogue';
import { chartChoices, quantityOf } from './charts';

const layout = {
  tensors: [
    { name: 'layer1.weight', layer: 1, role: 'weight' },
    { name: 'layer1.bias', layer: 1, role: 'bias' },
    { name: 'output.weight', layer: 2, role: 'weight' },
  ],
  columns: [
    { name: 'train_loss', layer: null, tensor: null },
    { name: 'test_accuracy', layer: null, tensor: null },
    { name: 'gradient_norm', layer: 1, tensor: 'layer1.weight' },
    { name: 'gradient_norm', layer: 2, tensor: 'output.weight' },
  ],
} as unknown as Layout;

describe('what charts of a comparison can show', () => {
  it('is what is recorded, by depth, and the weights', () => {
    const ids = (classifies: boolean) => chartChoices(catalogue, [layout], classifies).map(({ id }) => id);
    const profiles = ['gradients_by_depth', 'activations_by_depth', 'weights'];
    expect(ids(true)).toEqual(['train_loss', 'test_accuracy', ...profiles]);
    expect(ids(false)).toEqual(['train_loss', ...profiles]);
    expect(chartChoices(catalogue, [], true).map(({ id }) => id)).toEqual(profiles);
  });

  it('is drawn as the catalogue says', () => {
    const [loss, accuracy] = chartChoices(catalogue, [layout], true);
    expect([loss!.logarithmic, loss!.share]).toEqual([true, false]);
    expect([accuracy!.logarithmic, accuracy!.share]).toEqual([false, true]);
  });

  it('is read from the record, and the ratio of gradients put together', () => {
    const row = [0.5, 0.9, 2, 8];
    const read = (column: number) => row[column]!;
    expect(quantityOf(layout, 'train_loss')!.read(read)).toBe(0.5);
    expect(quantityOf(layout, 'gradient_ratio')!.read(read)).toBe(0.25);
    expect(quantityOf(layout, 'moonlight')).toBeNull();
    expect(quantityOf({ ...layout, columns: [] }, 'gradient_ratio')).toBeNull();
  });
});

/** What the charts of a comparison can show. Pure. */

import type { Quantity } from '../../draw/curves';
import { columnIndex } from '../../model/layout';
import type { Catalog, Layout, Text } from '../../protocol/messages';
import { both } from '../../state/both';

/** Curves over time, a statistic by depth, or how all weights are spread: the catalogue's words for them. */
export type ChartKind = Catalog['comparisons'][number]['chart'];

export interface ChartChoice {
  id: string;
  kind: ChartKind;
  label: Text;
  help: Text;
  logarithmic: boolean;
  share: boolean;
  /** Stands at its axis. */
  symbol: string;
}

type Parts = Pick<Layout, 'tensors' | 'columns'>;

/** The curves first; whatever none of the runs records is left out. */
export function chartChoices(
  { studies }: Pick<Catalog, 'studies'>,
  layouts: readonly Parts[],
  classifies: boolean,
): ChartChoice[] {
  const curves = studies.quantities
    .filter(({ id, unit }) => layouts.some((layout) => quantityOf(layout, id) !== null) && (classifies || unit !== '%'))
    .map(({ id, label, help, scale, unit, symbol }): ChartChoice => ({
      id,
      kind: 'curves',
      label,
      help,
      logarithmic: scale === 'log',
      share: unit === '%',
      symbol,
    }));
  const profile = (kind: 'gradients_by_depth' | 'activations_by_depth' | 'weights', symbol: string): ChartChoice => ({
    id: kind,
    kind,
    label: both(`compare.${kind}`),
    help: both(`compare.${kind}_help`),
    logarithmic: true,
    share: false,
    symbol,
  });
  return [
    ...curves,
    profile('gradients_by_depth', '‖∇W‖'),
    profile('activations_by_depth', 'σ'),
    profile('weights', ''),
  ];
}

/** The ratio of the first layer's gradients to the last one's is put together from the record; others stand in it. */
const RATIO = 'gradient_ratio';

/** How a quantity is read from a row of the record; null where it is not in it. */
export function quantityOf({ tensors, columns }: Parts, id: string): Quantity | null {
  if (id === RATIO) {
    const weights = tensors.filter(({ role }) => role === 'weight');
    const place = (tensor: string | undefined) =>
      tensor === undefined ? -1 : columnIndex(columns, 'gradient_norm', { tensor });
    const [first, last] = [place(weights[0]?.name), place(weights.at(-1)?.name)];
    return first < 0 || last < 0 ? null : { read: (read) => read(first) / read(last), reduce: 'mean' };
  }
  const index = columnIndex(columns, id);
  return index < 0 ? null : { read: (read) => read(index), reduce: 'mean' };
}

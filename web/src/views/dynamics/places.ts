/** Which charts there are and where they stand. Pure. */
import type { ProbeLayout } from '../../protocol/messages';
import type { ChartPlan } from './plan';

/** Charts at so many places at most: one each if they fit, one a probe if those fit, else parted evenly. */
export function parted<T extends Pick<ChartPlan, 'id'>>(probes: readonly (readonly T[])[], room: number): T[][] {
  const charts = probes.flat();
  if (charts.length <= room) return charts.map((chart) => [chart]);
  if (probes.length > 1 && probes.length <= room) return probes.map((charts) => [...charts]);
  const size = Math.ceil(charts.length / room);
  return Array.from({ length: Math.ceil(charts.length / size) }, (_, i) => charts.slice(i * size, (i + 1) * size));
}

/** Which quantities, then arrays, of a probe have a value in some row, one sign each; all, before they are measured. */
export function definedOf(layout: ProbeLayout, values: Float32Array | undefined): string {
  const { rows, quantities, arrays, length } = layout;
  const width = quantities.length + arrays.length * length;
  const has = (from: number, count: number) =>
    rows.some((_, row) =>
      values!.subarray(row * width + from, row * width + from + count).some((value) => !Number.isNaN(value)),
    );
  return [
    ...quantities.map((_, at) => [at, 1] as const),
    ...arrays.map((_, at) => [quantities.length + at * length, length] as const),
  ]
    .map(([from, count]) => (!values || has(from, count) ? '1' : '0'))
    .join('');
}

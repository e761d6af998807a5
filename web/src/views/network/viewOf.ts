/** Where a drawing that is wider than its card has to stand for some of its columns to be seen. Pure. */
import type { Geometry } from '../../draw/geometry';

/**
 * How far to scroll: as it is where all of them are in view with their headers, else so that they are in the middle,
 * the last one in any case.
 */
export function viewOf(geometry: Geometry, columns: readonly number[], width: number, scrolled: number): number {
  const seen = columns.map((column) => geometry.columns[column]!);
  const left = Math.min(...seen.map(({ x, size, room }) => x - Math.max(size, room) / 2));
  const right = Math.max(...seen.map(({ x, size, room }) => x + Math.max(size, room) / 2));
  if (left >= scrolled && right <= scrolled + width) return scrolled;
  const middle = right - left > width ? right - width : (left + right - width) / 2;
  return Math.max(0, Math.min(geometry.width - width, middle));
}

/** What numbers of a person's own columns are in their own units; everything else is shown as it is. */
import { formatNumber, formatShare } from '../../draw/format';
import type { Axis, RunData } from '../../protocol/messages';

export function inUnit(axis: Axis, value: number): number {
  return axis.offset + axis.scale * value;
}

/** A number at the end of an axis: without decimals that say nothing. */
export function endText(value: number): string {
  return formatNumber(value).replace(/\.0+$/, '');
}

/** The network's only output in words: a value in the target's unit, or the class with its probability. */
export function targetText(data: RunData | null, value: number): string {
  if (!data?.target || Number.isNaN(value)) return formatNumber(value);
  if (data.task === 'regression') return formatNumber(inUnit(data.target, value));
  return `${data.classNames[value > 0 ? 1 : 0]} ${formatShare((1 + Math.min(1, Math.abs(value))) / 2)}`;
}

/** What stands beneath the colours' bar: its left end, its middle, its right end. */
export function targetEnds(data: RunData | null): string[] {
  if (!data?.target) return ['−1', '0', '+1'];
  const { target, classNames } = data;
  if (data.task !== 'regression') return [classNames[0] ?? '', target.name, classNames[1] ?? ''];
  const [low, middle, high] = [-1, 0, 1].map((value) => endText(inUnit(target, value))) as [string, string, string];
  return [low, `${target.name} ${middle}`, high];
}

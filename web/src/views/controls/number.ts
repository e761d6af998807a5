/** Numbers as a person reads and writes them, and as a slider stands for them. Pure. */

import type { Param } from '../../protocol/messages';
import { nearest } from '../../state/divisors';

/** The part of a `Param` that decides about its numbers. */
export type Range = Pick<
  Param,
  'default' | 'minimum' | 'maximum' | 'scale' | 'integer' | 'exclusive_minimum' | 'unit' | 'allowed'
>;

/** Positions of a slider: 0 to STOPS. */
export const STOPS = 240;

/** How far below and above its default a logarithmic slider reaches, in powers of ten, where the range is wider. */
const DECADES_BELOW = 4;
const DECADES_ABOVE = 3;

/** 0.1 as "10 %" for a share, 1e-8 as "1e-8", 1000 as "1,000". */
export function formatNumber(value: number, unit: Range['unit'] = ''): string {
  if (unit === '%') return `${trim(100 * value, 3)} %`;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return value.toLocaleString('en-US');
  if (size < 1e-3 || size >= 1e7) return Number(value.toPrecision(4)).toExponential().replace('e+', 'e');
  return trim(value, 4);
}

/** What a person typed; null when it is no number. Accepts a percent sign, a decimal comma, thousands' spaces. */
export function parseNumber(text: string, unit: Range['unit'] = ''): number | null {
  const plain = text.trim().replace(/[\s_]/g, '').replace(/%$/, '').replace('−', '-');
  const dotted = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain.replace(',', '.');
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(dotted)) return null;
  const value = Number(dotted);
  if (!Number.isFinite(value)) return null;
  return unit === '%' ? Number((value / 100).toPrecision(12)) : value;
}

/** Whether the server would take the value. */
export function fits(value: number, range: Range): boolean {
  if (range.allowed) return range.allowed.includes(value);
  const lowEnough = range.exclusive_minimum ? value > range.minimum : value >= range.minimum;
  return lowEnough && value <= range.maximum && (!range.integer || Number.isInteger(value));
}

/** The range in words: "0 < … ≤ 10", or the few values that there are. */
export function boundText(range: Range): string {
  if (range.allowed) return range.allowed.map((value) => formatNumber(value, range.unit)).join(', ');
  const least = formatNumber(range.minimum, range.unit);
  return `${least} ${range.exclusive_minimum ? '<' : '≤'} … ≤ ${formatNumber(range.maximum, range.unit)}`;
}

/** The slider's position of a value. */
export function toPosition(value: number, range: Range): number {
  const { low, high, zero } = reach(range);
  if (range.scale === 'linear') return clamp((STOPS * (value - low)) / (high - low || 1));
  if (zero && value <= 0) return 0;
  const first = zero ? 1 : 0;
  const share = Math.log(Math.max(value, low) / low) / (Math.log(high / low) || 1);
  return clamp(first + (STOPS - first) * share);
}

/** The value of a slider's position, rounded to what can be told apart. */
export function fromPosition(position: number, range: Range): number {
  const value = anyFromPosition(position, range);
  return range.allowed ? nearest(value, range.allowed) : value;
}

function anyFromPosition(position: number, range: Range): number {
  const { low, high, zero } = reach(range);
  if (range.scale === 'linear') {
    const value = low + ((high - low) * position) / STOPS;
    return within(range.integer ? Math.round(value) : roundTo(value, (high - low) / STOPS), range);
  }
  if (zero && position <= 0) return 0;
  const first = zero ? 1 : 0;
  const value = low * (high / low) ** ((position - first) / (STOPS - first));
  return within(range.integer ? roundInteger(value) : Number(value.toPrecision(2)), range);
}

/** Where the slider begins and ends; a logarithmic one that may be 0 has a place for it at the very left. */
function reach(range: Range): { low: number; high: number; zero: boolean } {
  if (range.scale === 'linear') return { low: range.minimum, high: range.maximum, zero: false };
  const middle = range.default > 0 ? range.default : Math.sqrt(range.maximum * (range.integer ? 1 : 1e-6));
  const low = Math.max(range.integer ? 1 : 0, range.minimum, middle * 10 ** -DECADES_BELOW);
  const high = Math.min(range.maximum, middle * 10 ** DECADES_ABOVE);
  return { low, high, zero: range.minimum === 0 && !range.exclusive_minimum };
}

/** Rounds to the decimal place that is just finer than `step`. */
function roundTo(value: number, step: number): number {
  const decimals = Math.max(0, Math.min(12, Math.ceil(-Math.log10(step))));
  const rounded = Number(value.toFixed(decimals));
  // Shares move in whole percents, not in 0.4 %.
  return decimals > 2 && step > 1e-3 ? Number(value.toFixed(2)) : rounded;
}

/** Whole numbers with two leading digits beyond 100: 1,000 rather than 1,003. */
function roundInteger(value: number): number {
  return value < 100 ? Math.round(value) : Number(value.toPrecision(2));
}

function within(value: number, range: Range): number {
  return Math.min(range.maximum, Math.max(range.minimum, value));
}

function clamp(position: number): number {
  return Math.min(STOPS, Math.max(0, position));
}

function trim(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

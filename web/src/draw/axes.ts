/** Axes of the charts: what they reach, where their ticks stand, and how numbers are written beside them. */
import { superscript } from './format';

export type Range = readonly [low: number, high: number];

export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Whole decades around the values; one at least. */
export function decades(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !(low > 0)) return [0.1, 1];
  const from = Math.floor(Math.log10(low) + 1e-9);
  const to = Math.ceil(Math.log10(high) - 1e-9);
  return [10 ** from, 10 ** Math.max(from + 1, to)];
}

/** Whole steps of a round size around the values, so that the axis stands still and its ends have numbers. */
export function linearRange(
  { fromZero, reach }: { readonly fromZero: boolean; readonly reach?: Range },
  low: number | null,
  high: number | null,
): [number, number] {
  const from = Math.min(low ?? 0, reach?.[0] ?? Infinity, fromZero ? 0 : Infinity);
  const to = Math.max(high ?? 1, reach?.[1] ?? -Infinity);
  const step = roundStep((to - from || Math.abs(to) || 1) / 8);
  const bottom = Math.floor(from / step + 1e-9) * step;
  const top = Math.ceil(to / step - 1e-9) * step;
  return [bottom, top > bottom ? top : bottom + step];
}

/** 1, 2 or 5 times a power of ten, at least `size`. */
export function roundStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * ([1, 2, 5].find((factor) => factor * power >= size * 0.999) ?? 10);
}

/** Ticks at round distances, `count` of them at most; whole numbers only where `whole`. */
export function linearTicks(
  [low, high]: Range,
  count: number,
  whole = false,
  format: (value: number) => string = formatTick,
): Tick[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const step = Math.max(roundStep((high - low) / Math.max(1, count)), whole ? 1 : 0);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    // Not a sum of steps: 3 · 0.1 is nearer to 0.3.
    const at = Number(((first + i) * step).toPrecision(12));
    return { at, text: format(at) };
  });
}

const WITHIN_A_DECADE = [1, 2, 5];

/** Ticks at whole powers of ten, `count` of them at most; at 2 and 5 of them, too, where there is but one decade. */
export function powerTicks([low, high]: Range, count: number): Tick[] {
  const from = Math.round(Math.log10(low));
  const to = Math.round(Math.log10(high));
  if (to - from === 1 && count >= WITHIN_A_DECADE.length + 1) {
    const within = WITHIN_A_DECADE.map((factor) => {
      const text = from === 0 ? String(factor) : `${factor}·10${superscript(from)}`;
      return { at: Number(`${factor}e${from}`), text: factor === 1 ? formatPower(10 ** from) : text };
    });
    return [...within, { at: Number(`1e${to}`), text: formatPower(10 ** to) }];
  }
  const stride = Math.max(1, Math.ceil((to - from) / Math.max(1, count)));
  return Array.from({ length: Math.floor((to - from) / stride) + 1 }, (_, i) => {
    const at = Number(`1e${from + i * stride}`);
    return { at, text: formatPower(at) };
  });
}

export function formatTick(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e9 || (magnitude > 0 && magnitude < 1e-4)) return scientific(value);
  if (magnitude >= 1e6) return `${trim(value / 1e6)} M`;
  if (magnitude >= 1e4) return `${trim(value / 1e3)} k`;
  return trim(value);
}

/** "2·10¹³": as short as the axis needs it. */
function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(0).split('e') as [string, string];
  return `${mantissa.replace('-', '−')}·10${superscript(Number(exponent))}`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(5))).replace('-', '−');
}

function formatPower(value: number): string {
  const exponent = Math.round(Math.log10(value));
  return exponent === 0 ? '1' : `10${superscript(exponent)}`;
}

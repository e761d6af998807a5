/** Sums of many products or samples as they are written out: the first few, dots, and what is added behind them. Pure. */
import { factorNumber, signedNumber } from './latex';

/** Products that are written out; of more, the first ones. */
const WRITTEN = 4;

/** A sum of products as it is written: the first few, dots, and what is added behind them. */
export function writtenProducts(pairs: readonly (readonly [number, number])[], added: number | null): string {
  const shown = pairs.slice(0, pairs.length > WRITTEN + 1 ? WRITTEN : WRITTEN + 1);
  const text = shown.map(([a, b]) => `${factorNumber(a)} \\cdot ${factorNumber(b)}`);
  if (shown.length < pairs.length) text.push('\\dots');
  const sum = text.join(' + ') || '0';
  return added === null ? sum : `${sum} ${signedNumber(added, false)}`;
}

/** A sum of numbers as it is written: those that count most, and dots. */
export function writtenSum(values: readonly number[]): string {
  const told = values.length > WRITTEN + 1 ? [...values].sort((a, b) => Math.abs(b) - Math.abs(a)) : values;
  const shown = told.slice(0, values.length > WRITTEN + 1 ? WRITTEN : WRITTEN + 1);
  return (
    shown.map((value, i) => signedNumber(value, i === 0)).join(' ') + (shown.length < values.length ? ' + \\dots' : '')
  );
}

/** What many samples have, as a mean or a sum over `count` of which the first ones are given: the first few, and dots. */
export function writtenSamples(values: readonly number[], mean: boolean, count = values.length): string {
  const shown = values.slice(0, WRITTEN).map((value, i) => signedNumber(value, i === 0));
  const sum = shown.join(' ') + (count > shown.length ? ' + \\dots' : '');
  return mean ? `\\frac{1}{${count}}\\left(${sum}\\right)` : sum;
}

/** Of many products those that count most come first. */
export function strongestFirst(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  if (pairs.length <= WRITTEN + 1) return [...pairs];
  return [...pairs].sort(([a, b], [c, d]) => Math.abs(c * d) - Math.abs(a * b));
}

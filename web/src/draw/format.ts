/** Numbers as people read them: three significant digits, a true minus sign, powers of ten where they are shorter. */

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

export function superscript(exponent: number): string {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!);
  return (exponent < 0 ? '⁻' : '') + digits;
}

/** "0.731", "−12.5", "1,234", "3.2 × 10⁻⁵"; "–" for what is not a number. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  const magnitude = Math.abs(value);
  const sign = value < 0 && magnitude > 0 ? '−' : '';
  if (magnitude === Infinity) return `${sign}∞`;
  if (magnitude === 0) return '0';
  if (magnitude < 0.001 || magnitude >= 1e6) {
    const [mantissa, exponent] = magnitude.toExponential(1).split('e') as [string, string];
    return `${sign}${mantissa} × 10${superscript(Number(exponent))}`;
  }
  if (magnitude >= 1000) return sign + Math.round(magnitude).toLocaleString('en-US');
  const digits = magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3;
  return sign + magnitude.toFixed(digits);
}

/** A small positive number where there is little room: "0.014", "<0.001". */
export function formatShort(value: number): string {
  return value > 0 && value < 0.001 ? '<0.001' : formatNumber(value);
}

/** A number in the cell of a small matrix: "0.40", "−12.3", "4e5"; "–" for what is not a number. */
export function formatCell(value: number): string {
  if (Number.isNaN(value)) return '–';
  const magnitude = Math.abs(value);
  const digits = magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0;
  const text =
    magnitude === Infinity ? '∞' : magnitude < 9999.5 ? magnitude.toFixed(digits) : magnitude.toExponential(0);
  return (value < 0 && Number(text) !== 0 ? '−' : '') + text.replace('e+', 'e');
}

/** A number with two digits that count, however small: "0.0031", "−4e−6", "12"; "–" for what is not a number. */
export function formatPrecise(value: number): string {
  const magnitude = Math.abs(value);
  if (!(magnitude < 0.1) || magnitude === 0) return formatCell(value);
  const text = magnitude < 0.0001 ? magnitude.toExponential(0).replace('-', '−') : magnitude.toPrecision(2);
  return (value < 0 ? '−' : '') + text;
}

/** Made once: a locale is looked up anew with every `toLocaleString`. */
const counts = new Intl.NumberFormat('en-US');

/** "1,234": a whole number. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** "96.4 %"; "–" for what is not a number. */
export function formatShare(share: number): string {
  return Number.isNaN(share) ? '–' : `${(100 * share).toFixed(1)} %`;
}

/** A value for an input field: the shortest decimal that is the same float32 for a reader. */
export function fieldNumber(value: number): string {
  return String(Number(value.toPrecision(6)));
}

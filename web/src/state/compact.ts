/** A large number in at most three digits with its thousands' name: 1234567 as "1.23 M". Pure. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const names = ['', ' k', ' M', ' G'];
  let size = Math.max(0, value);
  let name = 0;
  while (size >= 999.5 && name < names.length - 1) {
    size /= 1000;
    name += 1;
  }
  const digits = name === 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return size.toFixed(digits) + names[name];
}

import { expect, it } from 'vitest';
import { Stopwatch } from './stopwatch';

it('counts while they train, anew with every beginning', () => {
  const watch = new Stopwatch();
  watch.tell(5000, true, false);
  watch.tell(6000, true, true);
  watch.tell(6500, true, true);
  watch.tell(9000, false, true);
  expect(watch.seconds).toBe(1.5);
  watch.tell(9100, true, false);
  expect(watch.seconds).toBe(0);
});

it('goes on after a reload, once', () => {
  const watch = new Stopwatch();
  watch.resume(40);
  watch.tell(1000, false, false);
  watch.tell(2000, true, true);
  watch.tell(4000, true, true);
  expect(watch.seconds).toBe(43);
  watch.tell(4100, true, false);
  expect(watch.seconds).toBe(0);
});

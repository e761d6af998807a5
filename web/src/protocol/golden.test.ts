/** The same bytes that the server's tests write and read: tests/server/golden. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeMessage } from './decode';

const folder = new URL('../../../tests/server/golden/', import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.msgpack'))
  .map((name) => name.replace('.msgpack', ''));

/** Typed arrays as lists, and without the fields that a message does not have. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, plain);
  if (Array.isArray(value)) return value.map(plain);
  // JSON has no NaN: the twins write null.
  if (Number.isNaN(value)) return null;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => part !== null || !['gradients', 'updates', 'averaged', 'probes'].includes(key))
      .map(([key, part]) => [key, plain(part)]),
  );
}

describe('golden messages', () => {
  it('are there', () => {
    expect(names).toEqual(expect.arrayContaining(['hello', 'frame', 'event_config', 'event_diverged', 'event_error']));
  });

  it.each(names)('%s is read as its twin says', (name) => {
    const bytes = readFileSync(new URL(`${name}.msgpack`, folder));
    const twin: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
    expect(plain(decodeMessage(bytes))).toEqual(twin);
  });
});

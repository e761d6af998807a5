/**
 * No name of a choice stands in hand-written source: everything about choices comes from the catalogue, so that one
 * more of them needs no change of the page. The names are read from the server's schema.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import openapi from './generated/openapi.json';

const SOURCE = new URL('.', import.meta.url).pathname;

/** Ids that are also words of the contract, of CSS or of plain English; they may stand anywhere but as an id. */
const WORDS = new Set([
  'blobs',
  'by_value',
  'circle',
  'constant',
  'digits',
  'exponential',
  'linear',
  'momentum',
  'none',
  'normal',
  'plane',
  'shapes',
  'sign',
  'sine',
  'sorted',
  'step',
  'strokes',
  'uniform',
  'weight_norm',
  'x1',
  'x2',
  'zeros',
]);

function* variantIds(node: unknown): Generator<string> {
  if (typeof node !== 'object' || node === null) return;
  const {
    properties,
    title,
    enum: members,
  } = node as { properties?: Record<string, unknown>; title?: string; enum?: unknown };
  const id = properties?.['id'] as { const?: unknown } | undefined;
  if (typeof id?.const === 'string') yield id.const;
  if (title === 'Features' && Array.isArray(members)) yield* members as string[];
  const features = properties?.['features'] as { items?: { enum?: string[] } } | undefined;
  yield* features?.items?.enum ?? [];
  for (const value of Object.values(node)) yield* variantIds(value);
}

function handWritten(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'generated' ? [] : handWritten(path);
    return /\.(ts|svelte|css|json)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

const ids = [...new Set(variantIds(openapi))].sort();
const sources = handWritten(SOURCE).map((path) => ({
  path: path.slice(SOURCE.length),
  text: readFileSync(path, 'utf8'),
}));

/** Occurrences of an id in a text: a name anywhere and however written, a plain word only where it is an id. */
function occurrences(id: string, text: string): string[] {
  const spelled = id.replaceAll('_', '[_ -]?');
  const pattern = WORDS.has(id)
    ? new RegExp(`\\bid\\b['"\\]]?\\s*(?:===?|!==?|:|=)\\s*['"\`]${spelled}['"\`]`, 'g')
    : new RegExp(`(?<![-\\w])${spelled}(?![-\\w])`, 'gi');
  return text.match(pattern) ?? [];
}

describe('hand-written source', () => {
  it('is checked against all families', () => {
    expect(ids.length).toBeGreaterThan(30);
    expect(sources.length).toBeGreaterThan(40);
  });

  it.each(ids)('does not name %s', (id) => {
    const found = sources.flatMap(({ path, text }) => occurrences(id, text).map((place) => `${path}: ${place}`));
    expect(found).toEqual([]);
  });

  it('would be caught', () => {
    expect(occurrences('leaky_relu', 'const slow = "Leaky ReLU";')).toHaveLength(1);
    expect(occurrences('step', "if (schedule.id === 'step')")).toHaveLength(1);
    expect(occurrences('step', "advance('step')")).toHaveLength(0);
  });
});

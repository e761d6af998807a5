import { readFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

const folder = new URL('generated/', import.meta.url);

it('the types of the HTTP contract are those of the server’s schema (npm run generate makes them)', async () => {
  const schema = readFileSync(new URL('openapi.json', folder), 'utf8');
  const types = astToString(await openapiTS(schema));
  const found = readFileSync(new URL('api.d.ts', folder), 'utf8');
  // The command puts a comment before them.
  expect(found.endsWith(types)).toBe(true);
});

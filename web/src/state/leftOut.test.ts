import { expect, it } from 'vitest';
import type { RunConfig } from '../protocol/messages';
import { catalogue } from '../testing/catalogue';
import { LeftOut } from './leftOut';

const base = catalogue.default_config;
const moved: RunConfig['data'] = { ...base.data, seed: 9 };
const fewer: RunConfig = { ...base, data: moved, network: { ...base.network, layers: [] } };

it('counts the layers that went with the former data, once', () => {
  const leftOut = new LeftOut();
  leftOut.sent({ data: moved }, base, { ...base, data: moved });
  expect(leftOut.taken(base)).toBe(0);
  expect(leftOut.taken(fewer)).toBe(2);
  expect(leftOut.taken(fewer)).toBe(0);
});

it('says nothing where the layers were asked for, or stayed', () => {
  const leftOut = new LeftOut();
  leftOut.sent({ data: moved, network: { layers: [] } }, base, fewer);
  expect(leftOut.taken(fewer)).toBe(0);
  leftOut.sent({ data: moved }, base, { ...base, data: moved });
  expect(leftOut.taken({ ...base, data: moved })).toBe(0);
});

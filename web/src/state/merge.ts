/** Configurations as values: merging a part into a whole, and comparing. */

import type { PartialConfig, RunConfig } from '../protocol/messages';

/** The configuration with a part of it changed. Sections merge; lists and choices are replaced whole. */
export function merge(config: RunConfig, patch: PartialConfig): RunConfig {
  return {
    ...config,
    ...patch,
    data: { ...config.data, ...patch.data },
    network: { ...config.network, ...patch.network, output: { ...config.network.output, ...patch.network?.output } },
    training: { ...config.training, ...patch.training },
  };
}

/** Two parts as one; the later one wins. */
export function join(first: PartialConfig, second: PartialConfig): PartialConfig {
  const joined: PartialConfig = { ...first, ...second };
  if (first.data && second.data) joined.data = { ...first.data, ...second.data };
  if (first.network && second.network) {
    joined.network = { ...first.network, ...second.network };
    if (first.network.output && second.network.output) {
      joined.network.output = { ...first.network.output, ...second.network.output };
    }
  }
  if (first.training && second.training) joined.training = { ...first.training, ...second.training };
  return joined;
}

/** Deep equality of JSON values; the order of an object's keys does not matter. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => key in b && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** Whether two configurations are the same at whatever speed. */
export function alike(a: RunConfig, b: RunConfig): boolean {
  return same({ ...a, speed: b.speed }, b);
}

/** The path of the only thing that differs, if that is one number; else null. */
export function changedNumber(a: unknown, b: unknown, path = ''): string | null {
  if (typeof a === 'number' && typeof b === 'number') return path;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return null;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return null;
  const at = (whole: object, key: string) => (whole as Record<string, unknown>)[key];
  const [key, ...others] = keys.filter((candidate) => !same(at(a, candidate), at(b, candidate)));
  return key && others.length === 0 ? changedNumber(at(a, key), at(b, key), `${path}.${key}`) : null;
}

/** What has to be set to get from one configuration to another. */
export function difference(from: RunConfig, to: RunConfig): PartialConfig {
  const patch: PartialConfig = {};
  if (from.seed !== to.seed) patch.seed = to.seed;
  if (from.speed !== to.speed) patch.speed = to.speed;
  if (!same(from.data, to.data)) patch.data = to.data;
  if (!same(from.network, to.network)) patch.network = to.network;
  if (!same(from.training, to.training)) patch.training = to.training;
  return patch;
}

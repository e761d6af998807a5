/**
 * A comparison as a part of the address: what each further run changes of the first, which is the rest of the address. Pure.
 *
 *   ?dataset=ID&compare=optimizer=ID(learning_rate:0.1)|batch_size=8!layers=3*8|optimizer&clock=samples
 *
 * Runs are separated by `|`, the parts of one by `!`; each part is written as `state/url.ts` writes it. A part without a
 * value is as by default, where the first run's is not. `inside=2`: the second of them is looked into.
 */

import type { Catalog, PartialConfig, RunConfig } from '../../protocol/messages';
import { merge } from '../merge';
import { configQuery, readConfig, writeConfig } from '../url';
import { CLOCKS, type Clock } from './clock';

type Known = Pick<Catalog, 'families' | 'default_config' | 'default_layers' | 'presets'>;

export const COMPARE = 'compare';
const CLOCK = 'clock';
const INSIDE = 'inside';
/** As many runs as can be told apart. */
export const MOST_RUNS = 8;

export interface ReadComparison {
  /** The first is what the rest of the address says. */
  configs: PartialConfig[];
  clock: Clock;
  /** Pieces that could not be read. */
  unreadable: string[];
}

/** "compare=…&clock=…", to be put behind the first run's own address; nothing for a single run. */
export function writeComparison(configs: readonly RunConfig[], clock: Clock, catalog: Known): string {
  const [first, ...others] = configs;
  if (!first || others.length === 0) return '';
  const base = partsOf(first, catalog);
  const runs = others.map((config) => {
    const parts = partsOf(config, catalog);
    const changed = [...parts]
      .filter(([key, value]) => base.get(key) !== value)
      .map(([key, value]) => `${key}=${value}`);
    const usual = [...base.keys()].filter((key) => !parts.has(key));
    return [...changed, ...usual].join('!');
  });
  return [`${COMPARE}=${runs.join('|')}`, ...(clock === 'steps' ? [] : [`${CLOCK}=${clock}`])].join('&');
}

/** The whole address of a comparison: the first run's own, and what the others change of it. */
export function writeQuery(configs: readonly RunConfig[], clock: Clock, catalog: Known): string {
  const [first] = configs;
  if (!first) return '';
  return [writeConfig(first, catalog), writeComparison(configs, clock, catalog)].filter(Boolean).join('&');
}

/** Whether an address asks for a comparison. */
export function comparesIn(search: string): boolean {
  return new URLSearchParams(search).has(COMPARE);
}

/** Which of its runs (its place, from 0) the address of a comparison asks to look into; -1: none. */
export function placeInside(search: string): number {
  const asked = Number(new URLSearchParams(search).get(INSIDE));
  return Number.isInteger(asked) ? asked - 1 : -1;
}

/** The whole address of a comparison of which one run is looked into. */
export function writeInside(query: string, place: number): string {
  return `${query}&${INSIDE}=${place + 1}`;
}

/** Null where the address is that of a single run. */
export function readComparison(search: string, catalog: Known): ReadComparison | null {
  const params = new URLSearchParams(search);
  const text = params.get(COMPARE);
  if (text === null) return null;
  const asked = params.get(CLOCK);
  const clock = CLOCKS.find((one) => one === asked) ?? 'steps';
  params.delete(COMPARE);
  params.delete(CLOCK);
  const first = readConfig(params.toString(), catalog);
  const base = partsOf(merge(catalog.default_config, first.config), catalog);
  const unreadable = [...first.unreadable];
  const others = text.split('|').slice(0, MOST_RUNS - 1);
  const configs = others.map((run) => {
    const parts = new Map(base);
    for (const part of run.split('!').filter(Boolean)) {
      const at = part.indexOf('=');
      if (at < 0) parts.delete(part);
      else parts.set(part.slice(0, at), part.slice(at + 1));
    }
    const query = [...parts].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&');
    const read = readConfig(query, catalog);
    unreadable.push(...read.unreadable);
    return read.config;
  });
  return { configs: [first.config, ...configs], clock, unreadable };
}

/** What an address says of one of the runs, as it stands there. */
export function changeIn(search: string, run: number): string {
  if (run === 0) return configQuery(search);
  return new URLSearchParams(search).get(COMPARE)?.split('|')[run - 1] ?? '';
}

/** The parts of a configuration's address by their names; a preset is taken apart. */
function partsOf(config: RunConfig, catalog: Known): Map<string, string> {
  return new Map(new URLSearchParams(writeConfig(config, { ...catalog, presets: [] })));
}

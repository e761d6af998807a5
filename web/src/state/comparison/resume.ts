/** The runs that this tab had beside each other, found again after the page was reloaded. No state of its own. */

import * as api from '../../protocol/api';
import * as groups from '../../protocol/groups';
import type { Catalog, PartialConfig } from '../../protocol/messages';
import { same } from '../merge';
import { forgetInSession, rememberInSession, sessionRecord } from '../remember';
import { readComparison, writeQuery } from './address';
import type { Clock } from './clock';

/** What steers the runs, and what the server does not know of them. It survives a reload, not the tab. */
export interface OwnGroup {
  id: string;
  token: string;
  /** The place of each run's colour, by the run's id. */
  hues: Record<string, number>;
  /** The address' query when the page was left; null while it is there. */
  left: string | null;
}

const KEY = 'group';

export function rememberGroup(group: OwnGroup): void {
  rememberInSession(KEY, group);
}

export function forgetGroup(): void {
  forgetInSession(KEY);
}

function rememberedGroup(): OwnGroup | null {
  const { id, token, hues, left } = sessionRecord(KEY) as Partial<OwnGroup>;
  if (typeof id !== 'string' || typeof token !== 'string') return null;
  return { id, token, hues: hues ?? {}, left: left ?? null };
}

/** What an address asks for, and the address' query. */
export interface Asked {
  configs: readonly PartialConfig[];
  clock: Clock;
  search: string;
}

export interface Resumed {
  own: OwnGroup;
  group: groups.Group;
}

/**
 * The tab's own group, if the server still has it and it is what the address describes. The address in which the page was
 * left is not compared: what was changed last may not have come into it. Throws a Problem when the server does not answer.
 */
export async function resumeGroup(catalog: Catalog, asked: Asked): Promise<Resumed | null> {
  const own = rememberedGroup();
  if (!own) return null;
  try {
    const group = await groups.getGroup(own.id);
    const configs = group.runs.map(({ config }) => config);
    const written = readComparison(writeQuery(configs, group.clock, catalog), catalog);
    const meant = own.left === asked.search || (same(written?.configs, asked.configs) && group.clock === asked.clock);
    if (meant && configs.length > 1) return { own, group };
    // Another link was opened in this tab: the old runs are of no use any more and would take places.
    await groups.deleteGroup(own.id, own.token);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
    if (problem.status === 0 || problem.status >= 500) throw problem;
  }
  forgetGroup();
  return null;
}

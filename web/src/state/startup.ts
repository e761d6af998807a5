/** From an opened page to a run: wait for the kernels, read the address, resume or start. No state of its own. */

import * as api from '../protocol/api';
import type { Catalog, Health, PartialConfig } from '../protocol/messages';
import type { Notice } from './notice';
import { same } from './merge';
import { rememberRun, type OwnRun } from './remember';
import { readConfig, readPageOptions, writeConfig, type ReadLink } from './url';

export interface Opened {
  id: string;
  /** null: somebody else's run, to be watched only. */
  token: string | null;
  notice: Notice | null;
}

const ASK_EVERY = 400;

/** Resolves when the server can train; meanwhile tells how far the kernels are. Throws a Problem when they failed. */
export async function waitForKernels(progress: (kernels: Health['kernels']) => void): Promise<void> {
  for (;;) {
    const { kernels } = await reachable(api.getHealth);
    if (kernels.state === 'ready') return;
    if (kernels.state === 'failed') throw new api.Problem(503, null, null, 0);
    progress(kernels);
    await sleep(ASK_EVERY);
  }
}

/** The run that the address asks for: somebody's by its id, the own one after a reload, else a new one. */
export async function openRun(catalog: Catalog, search: string, own: OwnRun | null): Promise<Opened> {
  const { run } = readPageOptions(search);
  if (run) return watchRun(run, own);
  const link = readConfig(search, catalog);
  if (own && link.unreadable.length === 0) {
    const resumed = await resume(own, own.left === search ? null : link, catalog);
    if (resumed) return resumed;
  }
  return startRun(link);
}

async function watchRun(id: string, own: OwnRun | null): Promise<Opened> {
  try {
    await api.getRun(id);
    return { id, token: own?.id === id ? own.token : null, notice: null };
  } catch (problem) {
    if (!(problem instanceof api.Problem) || problem.status !== 404) throw problem;
    return { ...(await startRun({ config: {}, unreadable: [] })), notice: { tone: 'info', key: 'notice.no_such_run' } };
  }
}

/**
 * The tab's own run, if the server still has it and it is what the address describes. Without a link the page was only
 * reloaded: what was changed last may not have come into the address.
 */
async function resume(own: OwnRun, link: ReadLink | null, catalog: Catalog): Promise<Opened | null> {
  try {
    const info = await api.getRun(own.id);
    if (!link || same(readConfig(writeConfig(info.config, catalog), catalog).config, link.config))
      return { id: own.id, token: own.token, notice: null };
    // Another link was opened in this tab: the old run is of no use any more and would take a place.
    await api.deleteRun(own.id, own.token);
  } catch (problem) {
    if (!(problem instanceof api.Problem)) throw problem;
  }
  rememberRun(null);
  return null;
}

/** What is wrong where own data are no longer on the server. */
const GONE = new Set(['data.dataset.table', 'data.dataset.images']);

/**
 * A new run with this configuration. Where it names own data that the server does not have, all but the data is kept,
 * and what goes with the data is left to the server.
 */
export async function createRun(config: PartialConfig, notice: Notice | null): Promise<Opened> {
  const create = async (asked: PartialConfig, told: Notice | null) => {
    const run = await api.createRun(asked);
    return { id: run.id, token: run.control_token, notice: told };
  };
  try {
    return await create(config, notice);
  } catch (problem) {
    if (!(problem instanceof api.Problem) || !GONE.has(problem.field ?? '')) throw problem;
    const rest: PartialConfig = { ...config, data: { ...config.data }, training: { ...config.training } };
    delete rest.data!.dataset;
    delete rest.training!.loss;
    delete rest.training!.batch_size;
    return create(rest, { tone: 'info', key: 'notice.table_gone' });
  }
}

/** A new run; a link that the server refuses opens the default one and says what was wrong. */
async function startRun(link: ReadLink): Promise<Opened> {
  if (link.unreadable.length > 0) {
    const parts = link.unreadable.slice(0, 3).join(', ');
    return createRun({}, { tone: 'error', key: 'notice.unreadable_link', vars: { parts } });
  }
  try {
    return await createRun(link.config, null);
  } catch (problem) {
    if (!(problem instanceof api.Problem) || (problem.status !== 422 && problem.status !== 400)) throw problem;
    const { text } = problem;
    return createRun({}, { tone: 'error', key: 'notice.refused_link', ...(text && { text }) });
  }
}

/** Asks until somebody answers. */
async function reachable<T>(ask: () => Promise<T>): Promise<T> {
  for (let wait = 250; ; wait = Math.min(2 * wait, 4000)) {
    try {
      return await ask();
    } catch (problem) {
      const away = problem instanceof api.Problem && (problem.status === 0 || problem.status >= 500);
      if (!away) throw problem;
      await sleep(wait);
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Studies: configurations times seeds, trained in the background; and the ready comparisons of the catalogue. */

import type { components } from '../generated/api';
import { call, json, Problem } from './api';
import type { PartialConfig, RunConfig } from './messages';

type Schemas = components['schemas'];

/** Runs that differ in one thing; every `config` is complete. */
export type Comparison = Omit<Schemas['ComparisonView'], 'runs'> & {
  runs: { label: Schemas['TextView']; config: RunConfig }[];
};

/** What a study measures, the learning rates to try of every optimizer, and its bounds. */
export type Studies = Schemas['StudiesView'];
export type StudyQuantity = Schemas['StudyQuantityView'];

/** A study as far as it is known, with all of its results; `values[quantity][point]`. */
export type Study = Schemas['StudyView'];
export type StudyResult = Schemas['ResultView'];
export type StudyClock = Study['clock'];

/** How many seeds, from the base's own on, or which ones. */
export type Seeds = number | readonly number[];

/** What a study can be asked: configurations over a base, or a ready comparison by its id. */
export type StudyRequest =
  | {
      base?: PartialConfig;
      configs: readonly PartialConfig[];
      seeds?: Seeds;
      /** How long each run is, in the clock's unit, and at how many points it is measured. */
      steps: number;
      points?: number;
      clock?: StudyClock;
    }
  | { comparison: string; seeds?: Seeds };

export const createStudy = (request: StudyRequest) =>
  json<Schemas['StudyCreatedView']>('/api/studies', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });

/** A study; of its results those alone that changed after that version. */
export const getStudy = (id: string, since = 0) => json<Study>(`/api/studies/${encodeURIComponent(id)}?since=${since}`);

/** Cancels a study; what was measured can still be read. */
export async function cancelStudy(id: string, token: string): Promise<void> {
  await call(`/api/studies/${encodeURIComponent(id)}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${token}` },
  });
}

/** What was known of a study, with the news in it: results stand in the order of seeds, then configurations. */
export function withNews(known: Study | null, news: Study): Study {
  const results = new Map<string, StudyResult>();
  for (const result of [...(known?.results ?? []), ...news.results]) {
    results.set(`${result.seed} ${result.config}`, result);
  }
  const place = new Map(news.seeds.map((seed, i) => [seed, i]));
  const sorted = [...results.values()].sort((a, b) => place.get(a.seed)! - place.get(b.seed)! || a.config - b.config);
  return { ...news, results: sorted };
}

/** How often a study is asked for its news, in milliseconds. */
const POLL = 500;
/** After how long it is asked again where there was no answer, and how often in a row. */
const [RETRY, TRIES] = [2000, 15];

/**
 * Asks for a study's news until it is over, and tells all that is known each time. Resolves with the last of it.
 * Rejects with a `Problem` (a server that does not answer is asked for a while), or with the signal's reason once it is
 * aborted.
 */
export async function followStudy(id: string, tell: (study: Study) => void, signal: AbortSignal): Promise<Study> {
  let known: Study | null = null;
  for (;;) {
    signal.throwIfAborted();
    const news = await answered(() => getStudy(id, known?.version ?? 0), signal);
    known = withNews(known, news);
    tell(known);
    if (known.state !== 'running') return known;
    await pause(POLL, signal);
  }
}

/** What a call brings; it is made again where the server cannot be reached or has a fault. */
async function answered<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      const answer = await ask();
      signal.throwIfAborted();
      return answer;
    } catch (problem) {
      signal.throwIfAborted();
      const passing = problem instanceof Problem && (problem.status === 0 || problem.status >= 500);
      if (!passing || left <= 0) throw problem;
    }
    await pause(RETRY, signal);
    signal.throwIfAborted();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, milliseconds);
    signal.addEventListener('abort', over);
  });
}

/** A quantity of several runs at each point of a study. */
export interface Band {
  mean: (number | null)[];
  /** The mean less and more one standard deviation of the runs (with n - 1); the mean itself of a single run. */
  low: (number | null)[];
  high: (number | null)[];
  least: (number | null)[];
  greatest: (number | null)[];
  /** How many runs a point speaks of. */
  counts: number[];
}

/**
 * A configuration's quantity over its seeds, at each point that any of them has reached. Only runs that have the number
 * there count: those that diverged before do not.
 */
export function bandOf(study: Study, config: number, quantity: string): Band {
  const row = study.quantities.indexOf(quantity);
  const series = study.results.filter((result) => result.config === config).map((result) => result.values[row] ?? []);
  const length = Math.max(0, ...series.map((values) => values.length));
  const band: Band = { mean: [], low: [], high: [], least: [], greatest: [], counts: [] };
  for (let point = 0; point < length; point++) {
    const numbers = series.map((values) => values[point] ?? null).filter((value) => value !== null);
    const count = numbers.length;
    const mean = count ? numbers.reduce((sum, value) => sum + value, 0) / count : null;
    const squares = numbers.reduce((sum, value) => sum + (value - mean!) ** 2, 0);
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    band.mean.push(mean);
    band.low.push(mean === null ? null : mean - deviation);
    band.high.push(mean === null ? null : mean + deviation);
    band.least.push(count ? Math.min(...numbers) : null);
    band.greatest.push(count ? Math.max(...numbers) : null);
    band.counts.push(count);
  }
  return band;
}

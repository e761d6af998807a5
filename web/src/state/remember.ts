/** Small things that outlive a visit. Storage may be closed (embeds, private windows): then nothing is remembered. */

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`livegrad.${key}`, value);
  } catch {
    // Nothing depends on it.
  }
}

/** What `remember` kept under a key, or null. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`livegrad.${key}`);
  } catch {
    return null;
  }
}

/** Takes a key out of the address, where it would win over what is remembered at the next visit. */
export function forgetInAddress(key: string): void {
  // Not by URLSearchParams: it would percent-encode the signs that keep a configuration readable.
  const parts = location.search.slice(1).split('&');
  const query = parts.filter((part) => part && part.split('=')[0] !== key).join('&');
  history.replaceState(history.state, '', location.pathname + (query && `?${query}`) + location.hash);
}

/** A run that this tab started: its id and the token that steers it. It survives a reload, not the tab. */
export interface OwnRun {
  id: string;
  token: string;
  /** The address' query when the page was left; unknown while it is there. */
  left?: string;
}

export function rememberRun(run: OwnRun | null): void {
  if (run) rememberInSession('run', run);
  else forgetInSession('run');
}

export function rememberedRun(): OwnRun | null {
  const run = sessionRecord('run') as Partial<OwnRun>;
  if (typeof run.id !== 'string' || typeof run.token !== 'string') return null;
  return { id: run.id, token: run.token, ...(typeof run.left === 'string' && { left: run.left }) };
}

/** Keeps a record as long as there is the tab. Without storage a reload begins anew. */
export function rememberInSession(key: string, record: object): void {
  try {
    sessionStorage.setItem(`livegrad.${key}`, JSON.stringify(record));
  } catch {
    // Nothing depends on it.
  }
}

export function forgetInSession(key: string): void {
  try {
    sessionStorage.removeItem(`livegrad.${key}`);
  } catch {
    // Then there is nothing to forget.
  }
}

/** What `rememberInSession` kept under a key; empty where there is nothing, or nothing that can be read. */
export function sessionRecord(key: string): object {
  try {
    const record: unknown = JSON.parse(sessionStorage.getItem(`livegrad.${key}`) ?? 'null');
    return typeof record === 'object' && record !== null ? record : {};
  } catch {
    return {};
  }
}

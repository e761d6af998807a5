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
  history.replaceState(null, '', location.pathname + (query && `?${query}`) + location.hash);
}

/** A run that this tab started: its id and the token that steers it. It survives a reload, not the tab. */
export interface OwnRun {
  id: string;
  token: string;
  /** The address' query when the page was left; unknown while it is there. */
  left?: string;
}

export function rememberRun(run: OwnRun | null): void {
  try {
    if (run) sessionStorage.setItem('livegrad.run', JSON.stringify(run));
    else sessionStorage.removeItem('livegrad.run');
  } catch {
    // Then a reload starts a run of its own.
  }
}

export function rememberedRun(): OwnRun | null {
  try {
    const run = JSON.parse(sessionStorage.getItem('livegrad.run') ?? 'null') as Partial<OwnRun> | null;
    if (!run || typeof run.id !== 'string' || typeof run.token !== 'string') return null;
    return { id: run.id, token: run.token, ...(typeof run.left === 'string' && { left: run.left }) };
  } catch {
    return null;
  }
}

/** Whether the page shows its own run or several beside each other, and the ways from one to the other. */

import type { RunConfig } from '../../protocol/messages';
import type { Notice } from '../notice';
import { forgetInSession, rememberInSession, sessionRecord } from '../remember';
import type { RunStore } from '../run.svelte';
import { pageQuery, writeConfig } from '../url';
import { comparesIn, readComparison, writeQuery } from './address';
import type { Clock } from './clock';
import { Comparison } from './comparison.svelte';

/** Under this a tab keeps which run of its own stands still only while others are compared. */
const WAITS = 'waits';

export class ComparePage {
  comparison = $state.raw<Comparison | null>(null);
  /** The address asks for runs beside each other, which are not there yet. */
  expected = $state(comparesIn(location.search));

  /** The page's own run goes on when it is alone again. */
  private goesOn = false;
  /** Whether the entry before this one in the browser's history is the single run's. */
  private entered = false;

  constructor(private readonly run: RunStore) {
    addEventListener('pagehide', () => this.comparison?.keep(location.search));
  }

  /** Opens what the address asks for, once there is a catalogue; call it whenever the address has changed by itself. */
  followAddress(): void {
    const { catalog } = this.run;
    if (!catalog) return;
    const reloaded = this.expected;
    this.expected = false;
    const asked = readComparison(location.search, catalog);
    if (!asked) return this.leave();
    const parts = asked.unreadable.slice(0, 3).join(', ');
    const notice: Notice | null = parts ? { tone: 'error', key: 'compare.unreadable', vars: { parts } } : null;
    void this.enter(reloaded).resume(asked.configs, asked.clock, location.search, notice);
  }

  /** These runs beside each other; a step forward in the browser's history where there was a single one before. */
  show(configs: readonly RunConfig[], clock: Clock): void {
    const { catalog } = this.run;
    if (!catalog) return;
    const query = [writeQuery(configs, clock, catalog), pageQuery(location.search)].filter(Boolean).join('&');
    const address = `${location.pathname}?${query}${location.hash}`;
    if (this.comparison) history.replaceState(null, '', address);
    else {
      history.pushState(null, '', address);
      this.entered = true;
    }
    void this.enter().open(configs, clock);
  }

  /** Back to the single run. */
  close(): void {
    if (this.entered) {
      history.back();
      return;
    }
    const { config, catalog } = this.run;
    const query = [config && catalog ? writeConfig(config, catalog) : '', pageQuery(location.search)].filter(Boolean);
    history.replaceState(null, '', location.pathname + (query.length ? `?${query.join('&')}` : '') + location.hash);
    this.leave();
  }

  private enter(reloaded = false): Comparison {
    const { run } = this;
    if (this.comparison) return this.comparison;
    // After a reload it stands still already: the tab remembers how it was before.
    const waited = reloaded && (sessionRecord(WAITS) as { run?: unknown }).run === run.id;
    this.goesOn = run.state === 'running' || waited;
    if (this.goesOn) rememberInSession(WAITS, { run: run.id });
    else forgetInSession(WAITS);
    run.pause();
    return (this.comparison = new Comparison(run.catalog!));
  }

  private leave(): void {
    if (!this.comparison) return;
    this.comparison.end();
    this.comparison = null;
    this.entered = false;
    forgetInSession(WAITS);
    this.run.show();
    if (this.goesOn) this.run.play();
  }
}

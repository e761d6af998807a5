/** Whether the page shows its own run, several beside each other, or one of these, and the ways from one to the other. */

import { explainOf } from '../explain.svelte';
import type { Notice } from '../notice';
import type { RunConfig } from '../../protocol/messages';
import { addressWith } from '../pageAddress';
import { forgetInSession, rememberInSession, sessionRecord } from '../remember';
import type { RunStore } from '../run.svelte';
import { writeConfig } from '../url';
import { comparesIn, placeInside, readComparison, writeInside, writeQuery, type ReadComparison } from './address';
import type { Clock } from './clock';
import { Comparison } from './comparison.svelte';
import type { Member } from './member.svelte';

/** Under this a tab keeps which run of its own stands still only while others are compared. */
const WAITS = 'waits';

/** What an entry of the browser's history keeps besides its address, which the runs may leave behind: whose it is. */
interface Entry {
  group?: string;
}

export class ComparePage {
  /** The runs beside each other, also while one of them is looked into. */
  group = $state.raw<Comparison | null>(null);
  /** The one that is looked into: it stands in the place of the page's own run. */
  readonly inside = $derived(this.group?.inside ?? null);
  /** The runs beside each other, if they are what is shown. */
  readonly comparison = $derived(this.inside ? null : this.group);
  /** The address asks for runs beside each other, which are not there yet. */
  expected = $state(comparesIn(location.search));

  /** The page's own run goes on when it is alone again. */
  private goesOn = false;
  /** Whether the entry before this one in the browser's history is the single run's. */
  private entered = false;
  /** The same of the runs beside each other, for the one that is looked into. */
  private stepped = false;
  /** By what the entries of the browser's history name the runs beside each other. */
  private name = '';
  /** A step back has been asked for, which the browser has not made yet. */
  private steppingBack = false;

  constructor(private readonly run: RunStore) {
    addEventListener('pagehide', () => {
      this.group?.keep(location.search);
      if (this.group) this.noteWaiting();
    });
  }

  /** Opens what the address asks for, once there is a catalogue; call it whenever the address has changed by itself. */
  followAddress(): void {
    this.steppingBack = false;
    const { catalog } = this.run;
    if (!catalog) return;
    const reloaded = this.expected;
    this.expected = false;
    const asked = readComparison(location.search, catalog);
    if (!asked) return this.leave();
    if (this.group && this.name === nameHere()) this.turnTo(this.group, placeInside(location.search), true);
    else void this.resume(asked, reloaded);
  }

  /** These runs beside each other; a step forward in the browser's history where there was a single one before. */
  show(configs: readonly RunConfig[], clock: Clock): void {
    const { catalog } = this.run;
    if (!catalog) return;
    const address = addressWith(writeQuery(configs, clock, catalog));
    if (this.group) history.replaceState(this.entry, '', address);
    else {
      this.name = newName();
      history.pushState(this.entry, '', address);
      this.entered = true;
    }
    void this.enter().open(configs, clock);
  }

  /** Back to the single run. */
  close(): void {
    if (this.entered) return this.stepBack();
    const { config, catalog } = this.run;
    history.replaceState(null, '', addressWith(config && catalog ? writeConfig(config, catalog) : ''));
    this.leave();
  }

  /** One of the runs in the place of the page's own, with all that can be seen of it; a step forward in the history. */
  lookInto(member: Member): void {
    const { group } = this;
    if (!group) return;
    const place = group.members.indexOf(member);
    history.pushState(this.entry, '', addressWith(writeInside(group.query, place)));
    this.turnTo(group, place, true);
  }

  /** Back from one of the runs to all of them. */
  lookBack(): void {
    if (this.stepped) return this.stepBack();
    if (this.group) history.replaceState(this.entry, '', addressWith(this.group.query));
    this.comeOut();
  }

  /** Once, however often it is asked for until the browser has made the step. */
  private stepBack(): void {
    if (this.steppingBack) return;
    this.steppingBack = true;
    history.back();
  }

  private get entry(): Entry {
    return { group: this.name };
  }

  private async resume({ configs, clock, unreadable }: ReadComparison, reloaded: boolean): Promise<void> {
    const { search } = location;
    const parts = unreadable.slice(0, 3).join(', ');
    const notice: Notice | null = parts ? { tone: 'error', key: 'compare.unreadable', vars: { parts } } : null;
    const place = placeInside(search);
    this.name = nameHere() ?? newName();
    history.replaceState(this.entry, '', location.href);
    this.comeHome();
    const group = this.enter(reloaded);
    if (place >= 0) group.rest();
    await group.resume({ configs, clock, search }, notice);
    if (this.group !== group || this.inside) return;
    if (search === location.search && group.members[place]) this.turnTo(group, place, false);
    else group.wake();
  }

  private turnTo(group: Comparison, place: number, stepped: boolean): void {
    const member = group.members[place];
    if (!member) return this.comeOut();
    if (member === this.inside) return;
    if (!this.inside) group.rest();
    explainOf(this.run).hide();
    this.run.show();
    this.run.visit(member.run, group.token, {
      changed: (config) => member.told(config),
      lost: () => this.comeOut(),
    });
    group.inside = member;
    this.stepped = stepped;
  }

  private comeOut(): void {
    if (!this.inside) return;
    this.comeHome();
    this.group?.wake();
  }

  private comeHome(): void {
    if (!this.group?.inside) return;
    this.group.inside = null;
    explainOf(this.run).hide();
    this.run.comeHome();
  }

  private enter(reloaded = false): Comparison {
    const { run } = this;
    if (this.group) return this.group;
    // After a reload it stands still already: the tab remembers how it was before.
    const waited = reloaded && (sessionRecord(WAITS) as { run?: unknown }).run === run.id;
    this.goesOn = run.state === 'running' || waited;
    this.noteWaiting();
    run.rest.begin();
    return (this.group = new Comparison(run.catalog!));
  }

  /** It may have begun anew, as another run. */
  private noteWaiting(): void {
    if (this.goesOn) rememberInSession(WAITS, { run: this.run.own.id });
    else forgetInSession(WAITS);
  }

  private leave(): void {
    if (!this.group) return;
    this.comeHome();
    this.group.end();
    this.group = null;
    this.entered = false;
    forgetInSession(WAITS);
    this.run.show();
    this.run.rest.end(this.goesOn);
  }
}

/** Apart from those of before a reload, which the history keeps. */
function newName(): string {
  return `${Date.now()}.${Math.random()}`;
}

/** To which runs the present entry of the browser's history belongs. */
function nameHere(): string | undefined {
  return (history.state as Entry | null)?.group;
}

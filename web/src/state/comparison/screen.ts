/** Which frames of several runs are on the screen, so that no picture is further from another than one of them. */

import { counters } from '../loop';
import { abreast } from './abreast';
import type { Clock } from './clock';
import type { Member } from './member.svelte';

/** Milliseconds after which the next frames are shown though not all pictures are drawn: one may not be on the page. */
const LONGEST_LAP = 250;
/** Milliseconds for which they wait for frames of one moment. */
const LONGEST_WAIT = 200;

export class Screen {
  private pulled = -Infinity;

  /** Takes the next frames to the screen, once all of the last ones are drawn. Returns whether there are any. */
  pull(members: readonly Member[], clock: Clock, now: number): boolean {
    counters.steps = members.map(({ drawn }) => drawn?.step ?? 0);
    if (members.some(({ shown, drawn }) => shown !== drawn) && now - this.pulled < LONGEST_LAP) return false;
    const patient = now - this.pulled < LONGEST_WAIT;
    const next = abreast(
      members.map((member) => member.progress(clock, now)),
      patient,
    );
    members.forEach((member, i) => {
      if (next[i]! >= 0) member.show(next[i]!);
    });
    const some = next.some((index) => index >= 0);
    if (some) this.pulled = now;
    return some;
  }
}

/** The rest of the page's own run while others are looked at. */

import type { RunStore } from './run.svelte';

/** What a rest needs of the run. */
type Resting = Pick<RunStore, 'status' | 'state' | 'play' | 'pause'>;

export class Rest {
  private lasts = false;
  /** What the run is to do as soon as it can be told. */
  private meant: 'running' | 'paused' | null = null;

  constructor(private readonly run: Resting) {}

  /** The run stands still from now on, also if it has to begin anew meanwhile. */
  begin(): void {
    this.lasts = true;
    this.meant = 'paused';
    this.tell();
  }

  /** The run goes on, or stays where it is. */
  end(plays: boolean): void {
    this.lasts = false;
    this.meant = plays ? 'running' : 'paused';
    this.tell();
  }

  /** Tells the run what it is meant to do, if it can be told; call it whenever it may have become so. */
  tell(): void {
    const { run, meant } = this;
    if (meant === null || run.status !== 'live') return;
    if (meant === 'running') run.play();
    else if (run.state === 'running') run.pause();
    if (!this.lasts) this.meant = null;
  }
}

/** The page's own run, while another stands in its place. */

import type { RunConfig } from '../protocol/messages';
import type { History } from './history';

/** Whose the run is that stands in the place of the page's own. */
export interface Host {
  /** What the run is, as soon as the server has said so. */
  changed(config: RunConfig): void;
  /** The server no longer knows it. */
  lost(): void;
}

/** What the page's own run has back when it is shown again. */
export interface Home {
  id: string | null;
  token: string | null;
  wanted: RunConfig | null;
  history: History;
  host: Host;
}

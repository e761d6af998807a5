/**
 * Runs side by side in lockstep. Every run has a stream of its own, as a run that is alone (`streamAddress`), and the
 * group's token steers each; what steers one over its stream (play, pause, step, reset, speed) steers them all.
 */

import type { components } from '../generated/api';
import { call, json } from './api';
import type { PartialConfig, Speed } from './messages';

type Schemas = components['schemas'];

/** What stays equal while the runs go on: steps, samples seen, or time spent on training. */
export type GroupClock = Schemas['GroupView']['clock'];

/** A group that has begun: its runs in the order in which they were asked for. */
export type CreatedGroup = Schemas['CreatedGroupView'];

/** A run that has begun, with the group's token. */
export type CreatedRun = Schemas['CreatedView'];

/** Where the runs of a group stand. */
export type Group = Schemas['GroupView'];

/** What a group is begun with: what 2 to 8 runs have in common, and each one's own part. The speed is the first one's. */
export interface NewGroup {
  runs: PartialConfig[];
  base?: PartialConfig;
  clock?: GroupClock;
}

/** What is asked of all runs at one moment. `set` and another `clock` may begin all again. */
export type GroupCommand =
  | { type: 'play' }
  | { type: 'pause' }
  /** Steps of the run whose steps are the largest on the group's clock, or epochs. */
  | { type: 'step'; count: number; unit: 'step' | 'epoch' }
  /** Seeds that differ go on to differ by as much. */
  | { type: 'reset'; seed?: number }
  | { type: 'speed'; speed: Speed }
  | { type: 'set'; config: PartialConfig }
  | { type: 'clock'; clock: GroupClock };

export const createGroup = (group: NewGroup) =>
  json<CreatedGroup>('/api/groups', { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(group) });

export const getGroup = (id: string) => json<Group>(address(id));

export async function commandGroup(id: string, token: string, command: GroupCommand): Promise<void> {
  await call(`${address(id)}/commands`, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...bearer(token) },
    body: JSON.stringify(command),
  });
}

/** Adds a run like another one (the first, if none is named) but for a change. It comes up to the others, who wait. */
export const addRun = (id: string, token: string, config: PartialConfig, like?: string) =>
  json<CreatedRun>(`${address(id)}/runs`, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...bearer(token) },
    body: JSON.stringify({ config, like: like ?? null }),
  });

/** Ends one run; the others go on. */
export async function removeRun(id: string, token: string, run: string): Promise<void> {
  await call(`${address(id)}/runs/${encodeURIComponent(run)}`, { method: 'DELETE', headers: bearer(token) });
}

/** Ends all runs. It is sent even while the page is being closed. */
export async function deleteGroup(id: string, token: string): Promise<void> {
  await call(address(id), { method: 'DELETE', headers: bearer(token), keepalive: true });
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };
const address = (id: string) => `/api/groups/${encodeURIComponent(id)}`;
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

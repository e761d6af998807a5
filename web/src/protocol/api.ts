/** The HTTP calls. Every failure becomes a `Problem` that a person can be told about. */

import type { components } from '../generated/api';
import { decodeData } from './decode';
import { decodeRehearsal, type DerivativeCheck, type Rehearsal } from './rehearsal';
import type { Catalog, Health, PartialConfig, Pictures, RunData, Table, Text } from './messages';

type Schemas = components['schemas'];

/** Why a call failed. `status` 0 means that the server could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly text: Text | null,
    readonly field: string | null,
    /** Seconds after which to try again, when the server said so. */
    readonly retryAfter: number,
  ) {
    super(text?.en ?? `HTTP ${status}`);
  }
}

export const getHealth = () => json<Health>('/api/health');
export const getCatalog = () => json<Catalog>('/api/catalog');
export const getRun = (id: string) => json<Schemas['RunView']>(`/api/runs/${encodeURIComponent(id)}`);

export const createRun = (config: PartialConfig) =>
  json<Schemas['CreatedView']>('/api/runs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(config),
  });

/** Takes a table in: the text of a file, or what was pasted. */
export const uploadTable = (content: Blob | string) =>
  json<Table>('/api/data', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: content });

/** Takes drawn points in: [x1, x2, class or value]. */
export const uploadPoints = (points: readonly (readonly [number, number, number])[], classes: boolean) =>
  json<Table>('/api/data', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ classes, points }),
  });

/** Takes images in: a zip with a folder for each class. */
export const uploadImages = (content: Blob) =>
  json<Pictures>('/api/data/images', { method: 'POST', headers: { 'Content-Type': 'application/zip' }, body: content });

export const getTable = (id: string) => json<Table>(`/api/data/${encodeURIComponent(id)}`);

export async function deleteRun(id: string, token: string): Promise<void> {
  await call(`/api/runs/${encodeURIComponent(id)}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${token}` },
  });
}

export async function getData(id: string): Promise<RunData> {
  const response = await call(`/api/runs/${encodeURIComponent(id)}/data`);
  return decodeData(await response.arrayBuffer());
}

/** The run's next step, rehearsed on copies: of a sample of its batch, or of all of them. The run has to stand still. */
export async function rehearse(id: string, sample: number | null): Promise<Rehearsal> {
  const response = await call(`/api/runs/${encodeURIComponent(id)}/rehearsal`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ sample }),
  });
  return decodeRehearsal(await response.arrayBuffer());
}

/** The derivative of the next batch's loss in one number of a tensor, also by differences. */
export const checkDerivative = (id: string, tensor: string, index: number) =>
  json<DerivativeCheck>(`/api/runs/${encodeURIComponent(id)}/derivative`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ tensor, index }),
  });

export function streamAddress(id: string): string {
  const address = new URL(`/api/runs/${encodeURIComponent(id)}/stream`, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

export async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await call(path, init);
  return (await response.json()) as T;
}

export async function call(path: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { cache: 'no-store', ...init });
  } catch {
    throw new Problem(0, null, null, 0);
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as {
    error?: { message?: Text; field?: string | null };
  } | null;
  throw new Problem(
    response.status,
    body?.error?.message ?? null,
    body?.error?.field ?? null,
    Number(response.headers.get('Retry-After')) || 0,
  );
}

import { afterEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './api';
import { addRun, commandGroup, createGroup, deleteGroup, getGroup, removeRun } from './groups';

function server(status: number, body: unknown = null) {
  const fetched = vi.fn<typeof fetch>(() =>
    Promise.resolve(new Response(body === null ? null : JSON.stringify(body), { status })),
  );
  vi.stubGlobal('fetch', fetched);
  return () => {
    const [path, init] = fetched.mock.lastCall!;
    const sent = init?.body as string | undefined;
    return {
      path,
      method: init?.method ?? 'GET',
      token: new Headers(init?.headers).get('authorization'),
      type: new Headers(init?.headers).get('content-type'),
      body: sent === undefined ? undefined : (JSON.parse(sent) as unknown),
    };
  };
}

afterEach(() => vi.unstubAllGlobals());

describe('groups over HTTP', () => {
  it('begin with what their runs share and what each has of its own', async () => {
    const last = server(201, { id: 'g', control_token: 't', clock: 'samples', runs: [] });
    const group = await createGroup({ runs: [{}, { seed: 2 }], base: { seed: 1 }, clock: 'samples' });
    expect(group.control_token).toBe('t');
    expect(last()).toEqual({
      path: '/api/groups',
      method: 'POST',
      token: null,
      type: 'application/json',
      body: { runs: [{}, { seed: 2 }], base: { seed: 1 }, clock: 'samples' },
    });
  });

  it('are steered and changed with the token only', async () => {
    const last = server(204);
    await commandGroup('a/b', 't', { type: 'step', count: 3, unit: 'epoch' });
    expect(last()).toMatchObject({
      path: '/api/groups/a%2Fb/commands',
      method: 'POST',
      token: 'Bearer t',
      type: 'application/json',
      body: { type: 'step', count: 3, unit: 'epoch' },
    });
    await removeRun('g', 't', 'r/1');
    expect(last()).toMatchObject({ path: '/api/groups/g/runs/r%2F1', method: 'DELETE', token: 'Bearer t' });
    await deleteGroup('g', 't');
    expect(last()).toMatchObject({ path: '/api/groups/g', method: 'DELETE', token: 'Bearer t' });
  });

  it('take one more run, like the first or like another', async () => {
    const last = server(201, { id: 'r' });
    await addRun('g', 't', { seed: 4 });
    expect(last()).toMatchObject({ path: '/api/groups/g/runs', body: { config: { seed: 4 }, like: null } });
    await addRun('g', 't', {}, 'r1');
    expect(last().body).toEqual({ config: {}, like: 'r1' });
  });

  it('are read by anybody, and a refusal is a problem to be told', async () => {
    const last = server(404, { error: { message: { en: 'gone', zh: '没有' }, field: 'id' } });
    const failure = await getGroup('g').catch((problem: unknown) => problem);
    expect(failure).toBeInstanceOf(Problem);
    expect(failure).toMatchObject({ status: 404, field: 'id', text: { en: 'gone' } });
    expect(last()).toMatchObject({ path: '/api/groups/g', method: 'GET', token: null });
  });
});

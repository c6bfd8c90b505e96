import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSandbox } from './app.ts';
import { live } from './live.ts';
import { entryAt } from './odd.ts';
import { type RunningSandbox, startSandbox } from './server.ts';

const NOW = Date.parse('2026-03-04T10:00:00.500Z');
const apiKey = 'sandbox-key-0123456789abcdef';
const authorization = `Bearer ${apiKey}`;

type Json = { readonly [field: string]: unknown };
interface PageJson {
  readonly items: readonly { readonly id: string; readonly action: string }[];
  readonly pagination: { readonly next_cursor: string | null; readonly total_count: number };
}

describe('in process', () => {
  let now = NOW;
  let sandbox = createSandbox({ seed: 1, dialect: 'sorted', apiKey });
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    sandbox.fetch(`http://upstream${path}`, { headers: { authorization, 'user-agent': 'test/1' }, ...init });
  const page = async (path: string): Promise<PageJson> => (await ask(path)).json() as Promise<PageJson>;

  beforeEach(() => {
    now = NOW;
    sandbox = createSandbox({ seed: 1, dialect: 'sorted', apiKey, now: () => now, logOwnReads: false });
    sandbox.append(...Array.from({ length: 25 }, (_, i) => entryAt(NOW - 25_000 + i * 1000, `entry-${i}`)));
  });

  it.each<[string, string, RequestInit, number]>([
    ['no key', '/v1/audit_logs', { headers: {} }, 401],
    ['a wrong key', '/v1/audit_logs', { headers: { authorization: 'Bearer x' } }, 401],
    ['a wrong scheme', '/v1/audit_logs/entry-1', { headers: { authorization: `Basic ${apiKey}` } }, 401],
    ['a limit too small', '/v1/audit_logs?limit=9', {}, 422],
    ['a foreign cursor', '/v1/audit_logs?limit=10&cursor=abc', {}, 400],
    ['no such entry', '/v1/audit_logs/nothing', {}, 404],
    ['no such path', '/v1/vms', {}, 404],
    ['another method', '/v1/audit_logs', { method: 'POST', headers: { authorization } }, 404],
    ['a page', '/v1/audit_logs', {}, 200],
    ['an entry', '/v1/audit_logs/entry-1', {}, 200],
  ])('%s: JSON, a Date, and a message unless it is well', async (_, path, init, status) => {
    const response = await ask(path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('date')).toBe('Wed, 04 Mar 2026 10:00:00 GMT');
    expect(response.headers.get('content-type')).toBe('application/json');
    const body = (await response.json()) as Json;
    if (status !== 200) expect(body.message).toEqual(expect.any(String));
  });

  it('answers 20 entries, newest first, by default', async () => {
    const { items, pagination } = await page('/v1/audit_logs');
    expect(items).toHaveLength(20);
    expect(items[0]?.id).toBe('entry-24');
    expect(pagination.total_count).toBe(25);
  });

  it('logs reads of the log, visible from the next read on', async () => {
    sandbox = createSandbox({ seed: 1, dialect: 'sorted', apiKey, now: () => now });
    expect((await page('/v1/audit_logs')).items).toEqual([]);
    await ask('/v1/audit_logs/nothing');
    await ask('/v1/audit_logs', { headers: {} });
    now += 1000;
    const { items } = await page('/v1/audit_logs');
    expect(items.map(({ action }) => action).sort()).toEqual(['audit_log.listed', 'audit_log.read']);
    expect(items.find(({ action }) => action === 'audit_log.listed')).toMatchObject({
      actor: { type: 'api_key' },
      path: '/v1/audit_logs',
      status_code: 200,
      user_agent: 'test/1',
    });
  });

  it('repeats a cursor, or returns to the first page', async () => {
    const { pagination } = await page('/v1/audit_logs?limit=10');
    const second = `/v1/audit_logs?limit=10&cursor=${pagination.next_cursor}`;
    sandbox.faults.set({ repeatingCursor: { next: 1 } });
    expect((await page(second)).pagination.next_cursor).toBe(pagination.next_cursor);
    sandbox.faults.set({ repeatingCursor: { next: 1, mode: 'cycle' } });
    const back = (await page(second)).pagination.next_cursor;
    const again = await page(`/v1/audit_logs?limit=10&cursor=${back}`);
    expect(again.items[0]?.id).toBe('entry-24');
    sandbox.faults.set({ repeatingCursor: { next: 1, mode: 'same' } });
    const self = (await page('/v1/audit_logs?limit=10')).pagination.next_cursor;
    expect((await page(`/v1/audit_logs?limit=10&cursor=${self}`)).items[0]?.id).toBe('entry-24');
  });

  it('has empty pages with cursors that still lead to every entry', async () => {
    sandbox.faults.set({ emptyPage: { next: 3 } });
    const ids: string[] = [];
    const cursors: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const got: PageJson = await page(`/v1/audit_logs?limit=10${cursor === null ? '' : `&cursor=${cursor}`}`);
      ids.push(...got.items.map(({ id }) => id));
      cursor = got.pagination.next_cursor;
      cursors.push(cursor);
    } while (cursor !== null);
    expect(ids).toHaveLength(25);
    expect(new Set(ids).size).toBe(25);
    expect(cursors).toHaveLength(6);
    expect(new Set(cursors).size).toBe(6);
  });

  it('loses a connection as fetch does', async () => {
    sandbox.faults.set({ reset: { next: 1 } });
    await expect(ask('/v1/audit_logs')).rejects.toThrow(TypeError);
    sandbox.faults.set({ breakOff: { next: 1 } });
    await expect((await ask('/v1/audit_logs')).text()).rejects.toThrow(TypeError);
  });

  it.each(['hang', 'stall'] as const)('waits for its client to give up: %s', async (fault) => {
    sandbox.faults.set({ [fault]: { next: 1 } });
    const stop = new AbortController();
    const asking = ask('/v1/audit_logs', { headers: { authorization }, signal: stop.signal }).then((r) => r.text());
    setTimeout(() => stop.abort(new Error('enough')), 5);
    await expect(asking).rejects.toThrow('enough');
  });

  it('has random faults, the same for the same seed', async () => {
    const statuses = async (): Promise<number[]> => {
      sandbox = createSandbox({ seed: 3, dialect: 'sorted', apiKey, now: () => now });
      sandbox.faults.set({ error: { probability: 0.3 } });
      const all: number[] = [];
      for (let i = 0; i < 50; i++) all.push((await ask('/v1/audit_logs')).status);
      return all;
    };
    const first = await statuses();
    expect(await statuses()).toEqual(first);
    const failed = first.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(25);
  });

  it('waits with the injected sleep', async () => {
    const slept: number[] = [];
    sandbox = createSandbox({ seed: 1, dialect: 'sorted', apiKey, sleep: async (ms) => void slept.push(ms) });
    sandbox.faults.set({ latency: { next: 2, ms: 60_000 } });
    await ask('/v1/audit_logs');
    sandbox.faults.set({ latency: { when: 'after' } });
    await ask('/v1/audit_logs');
    expect(slept).toEqual([60_000, 60_000]);
  });
});

describe('on a port', () => {
  let running: RunningSandbox;
  beforeAll(async () => {
    running = await startSandbox({ apiKey });
  });
  afterAll(() => running.stop());
  beforeEach(() => running.reset({ dialect: 'sorted', logOwnReads: true }));

  const control = async (method: string, path: string, body?: unknown): Promise<{ status: number; json: Json }> => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await fetch(`${running.url}/__sandbox${path}`, init);
    return { status: response.status, json: (await response.json()) as Json };
  };
  const read = (): Promise<Response> => fetch(`${running.url}/v1/audit_logs?limit=10`, { headers: { authorization } });

  it('has the log, and its own clock in the Date', async () => {
    running.append(entryAt(Date.now() - 1000, 'one'));
    const response = await read();
    expect(((await response.json()) as PageJson).items[0]?.id).toBe('one');
    expect(Math.abs(Date.parse(response.headers.get('date') ?? '') - Date.now())).toBeLessThan(5000);
    expect(running.log.size).toBe(2);
    expect(running.requests.count).toBe(1);
  });

  it('changes its knobs over HTTP', async () => {
    expect((await control('PUT', '/knobs', { error: { next: 1, status: 503 } })).status).toBe(200);
    expect((await read()).status).toBe(503);
    expect((await read()).status).toBe(200);
    expect((await control('GET', '/knobs')).json).toMatchObject({ hits: { error: 1 }, knobs: { error: { next: 0 } } });
    expect((await control('PUT', '/knobs', { wormhole: { next: 1 } })).status).toBe(400);
    await control('PUT', '/knobs', { error: { probability: 1 } });
    await control('DELETE', '/knobs');
    expect((await read()).status).toBe(200);
    expect((await control('GET', '/requests')).json).toMatchObject({ count: 3, recent: [{ status: 503 }, {}, {}] });
  });

  it('takes entries, malformed ones too, and lists the visible ones', async () => {
    const at = Date.now() - 60_000;
    const records = [
      { body: entryAt(at, 'past').body },
      { body: 'no entry' },
      { body: entryAt(at, 'unseen').body, appearsAt: Date.now() + 60_000 },
    ];
    expect((await control('POST', '/entries', { records })).json).toEqual({ appended: 3 });
    expect((await control('GET', '/visible')).json).toEqual({ count: 2, ids: ['past', null] });
    expect((await control('POST', '/entries', {})).status).toBe(400);
  });

  it('plays a scenario, and resets to another dialect', async () => {
    const played = await control('POST', '/scenario', { name: 'stolen key', at: Date.now() - 20_000 });
    expect((played.json.records as unknown[]).length).toBeGreaterThan(30);
    expect((await control('POST', '/scenario', { name: 'peace' })).status).toBe(400);
    expect((await control('GET', '/visible')).json.count).toBeGreaterThan(30);
    expect((await control('POST', '/reset', { dialect: 'oldest-first' })).json).toEqual({ dialect: 'oldest-first' });
    expect((await control('GET', '/visible')).json.count).toBe(0);
    expect((await control('POST', '/reset', { dialect: 'klingon' })).status).toBe(400);
  });

  it('can leave out the Date', async () => {
    await control('PUT', '/knobs', { missingDate: { next: 1 } });
    expect((await read()).headers.get('date')).toBeNull();
    expect((await read()).headers.get('date')).not.toBeNull();
  });

  it('adds entries and scenarios until stopped', async () => {
    const played: string[] = [];
    await new Promise<void>((resolve) => {
      const running_ = live(running, {
        entriesPerSecond: 200,
        scenarioEveryMs: 100,
        scenarioLengthMs: 10,
        onScenario: (name) => {
          played.push(name);
          if (played.length < 3) return;
          running_.stop();
          resolve();
        },
      });
    });
    expect(played).toEqual(['api key deleted', 'burst of 4xx', 'stolen key']);
    expect(running.log.size).toBeGreaterThan(100);
  });
});

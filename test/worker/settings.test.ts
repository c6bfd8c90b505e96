/** Wrong settings: all are reported, and only what needs them stops. */
import { createScheduledController } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { describe, expect, inject, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import worker from '../../src/index.ts';
import type { LedgerStatus } from '../../src/ledger/rpc.ts';
import { KV_REWIND } from '../../src/poller/poll.ts';
import { REWIND_PATH, STATUS_PATH } from '../../src/web/operator-paths.ts';
import { createSampleLog, recordedIds } from './sample-log.ts';
import { createWorld, HOUR, logged, MINUTE, type World, type WorldOptions } from './world.ts';

const SECRET = inject('linkSecret');

interface Line {
  readonly at: string;
  readonly setting?: string;
  readonly problem?: string;
}

/** The lines logged meanwhile, except those of deliveries, which the alarm logs at any time. */
async function linesOf(work: () => Promise<unknown>): Promise<Line[]> {
  const from = logged.length;
  await work();
  const lines = logged.slice(from).map((line) => JSON.parse(line) as Line);
  return lines.filter(({ at }) => at !== 'delivery');
}

/** The cron, as Cloudflare calls it, in a world. */
function cron(world: World, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const bindings = { ...world.bindings, ...changes } as unknown as Cloudflare.Env;
  return Promise.resolve(worker.scheduled(createScheduledController(), bindings));
}

async function visit(
  world: World,
  path: string,
  init: RequestInit = {},
  changes: Readonly<Record<string, unknown>> = {},
): Promise<Response> {
  const bindings = { ...world.bindings, ...changes } as unknown as Cloudflare.Env;
  const context = { waitUntil: () => undefined } as unknown as ExecutionContext;
  return await worker.fetch(new Request(`https://tocsin.example${path}`, init) as never, bindings, context);
}

const BAD = {
  SLACK_WEBHOOK_URL: 'https://hooks.slack.example/services/T/B/not-slack',
  LINK_SECRET: 'short',
  START_AT: 'the other day',
  FIRST_READ: 'whisper',
  ALLOWED_LATENESS: '3 fortnights',
  BLIND_AFTER: '1s',
  RETENTION: '-1d',
  PLAN: 'golden',
};

/** A world with these settings and entries to read. */
async function worldWithEntries(options: WorldOptions) {
  const world = await createWorld(options);
  const { records, ids } = createSampleLog(Date.now());
  await world.append(records);
  return { world, ids };
}

describe('settings with many problems', () => {
  it('are all reported at the first tick, and entries are recorded', async () => {
    const { world, ids } = await worldWithEntries({ settings: BAD });
    const lines = await linesOf(() => cron(world, BAD));
    const settings = lines.filter(({ at }) => at === 'settings').map(({ setting }) => setting);
    expect(settings.sort()).toEqual(Object.keys(BAD).sort());
    expect(lines.at(-1)).toMatchObject({ at: 'tick', stopped: 'scan ended' });
    expect(await recordedIds(world)).toEqual(ids);
  });

  it('are reported without their secrets', async () => {
    const { world } = await worldWithEntries({ settings: BAD });
    const lines = await linesOf(() =>
      cron(world, { ...BAD, NIRVANA_LABS_API_KEY: 'Bearer nvk-very-secret' }).catch(() => {}),
    );
    expect(JSON.stringify(lines)).not.toMatch(/not-slack|"short"|nvk-very-secret/);
  });

  it('are reported to the operator with the status', async () => {
    const { world } = await worldWithEntries({});
    await cron(world);
    const changes = { ...BAD, LINK_SECRET: SECRET };
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, '', Date.now());
    const response = await visit(world, STATUS_PATH, { headers: { authorization: `Bearer ${token}` } }, changes);
    const { problems, status } = (await response.json()) as { problems: { setting: string }[]; status: LedgerStatus };
    expect(problems.map(({ setting }) => setting).sort()).toEqual(
      Object.keys(BAD)
        .filter((of) => of !== 'LINK_SECRET')
        .sort(),
    );
    expect(status.counters?.recorded).toBe(250);
  });
});

describe('one setting', () => {
  it.each([
    ['NIRVANA_LABS_API_KEY', undefined, 'is not set'],
    ['NIRVANA_LABS_API_KEY', '', 'is not set'],
    ['NIRVANA_LABS_API_KEY', 'two words', 'white space'],
    ['NIRVANA_LABS_BASE_URL', 'http://upstream.example', 'is not https'],
    ['NIRVANA_LABS_BASE_URL', 'nonsense', 'is not a URL'],
    ['LEDGER', undefined, 'is not bound'],
    ['LEDGER', 'a text', 'is a string, not a binding'],
  ])('%s as %j: the tick fails with the setting and the problem', async (setting, value, problem) => {
    const { world } = await worldWithEntries({});
    const lines = await linesOf(() =>
      expect(cron(world, { [setting]: value })).rejects.toThrow(
        new RegExp(`nothing is watched: .*${setting} .*${problem}`),
      ),
    );
    expect(lines).toMatchObject([{ at: 'settings', setting, problem: expect.stringContaining(problem) }]);
    expect(world.costs.requests).toBe(0);
    expect((await visit(world, '/healthz', {}, { [setting]: value })).status).toBe(503);
    // Once it is fixed, the next tick records everything.
    await cron(world);
    expect(await recordedIds(world)).toHaveLength(250);
  });

  it('SLACK_WEBHOOK_URL missing: alerts are recorded, nobody is notified, and the log reports it', async () => {
    const { world } = await worldWithEntries({ settings: { SLACK_WEBHOOK_URL: '' } });
    const lines = await linesOf(() => cron(world));
    expect(lines).toMatchObject([
      { at: 'settings', meanwhile: expect.stringContaining('NOBODY IS NOTIFIED') },
      { at: 'tick' },
    ]);
    expect(await world.sql('SELECT 1 FROM alerts')).toHaveLength(8);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
    expect((await world.status()).receivers).toEqual([]);
  });

  it('KV not bound: a first start begins at START_AT, a later one resumes, and both log it', async () => {
    const { world, ids } = await worldWithEntries({});
    for (const how of ['first start', 'resumed']) {
      const lines = await linesOf(() => cron(world, { KV: undefined }));
      expect(lines).toMatchObject([
        { at: 'settings', setting: 'KV' },
        { at: 'tick', how, stopped: 'scan ended' },
      ]);
    }
    expect(await recordedIds(world)).toEqual(ids);
  });

  it('START_AT as a time: a first start begins there', async () => {
    const { world } = await worldWithEntries({});
    const from = Date.now() - 10.5 * MINUTE;
    await cron(world, { START_AT: new Date(from).toISOString() });
    const [oldest] = await world.sql<{ at: number }>('SELECT min(created_at) AS at FROM entries');
    expect(oldest?.at).toBeGreaterThanOrEqual(from);
    expect((oldest?.at ?? 0) - from).toBeLessThan(MINUTE);
  });

  it('FIRST_READ record: a first start notifies nobody of the past', async () => {
    const { world } = await worldWithEntries({});
    await cron(world, { FIRST_READ: 'record' });
    expect(await world.sql('SELECT 1 FROM alerts WHERE backfilled = 1')).toHaveLength(8);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('PLAN: free stops at 40 pages a tick, paid does not', async () => {
    const world = await createWorld();
    await world.append(createSampleLog(Date.now(), { size: 4_500 }).records);
    const lines = await linesOf(() => cron(world));
    expect(lines).toMatchObject([{ at: 'tick', stopped: 'budget', requests: 40, recorded: 4000 }]);
    expect(await linesOf(() => cron(world, { PLAN: 'paid' }))).toMatchObject([
      { stopped: 'scan ended', recorded: 500 },
    ]);
  });

  it('RETENTION: entries older than that are counted but not recorded', async () => {
    const { world } = await worldWithEntries({ settings: { RETENTION: '1d' } });
    const old = createSampleLog(Date.now() - 48 * HOUR, { prefix: 'old' });
    await world.append(old.records);
    const lines = await linesOf(() => cron(world, { START_AT: '7d' }));
    expect(lines).toMatchObject([
      { at: 'settings', setting: 'START_AT', severity: 'notice' },
      { at: 'tick', recorded: 250, expired: 250 },
    ]);
    expect((await world.status()).counters).toMatchObject({ recorded: 250 });
  });
});

describe("the operator's routes", () => {
  type Refused = { readonly sentence: string; readonly token: (now: number) => Promise<string> };

  const REFUSED: readonly Refused[] = [
    { sentence: 'no token', token: async () => '' },
    { sentence: 'a word', token: async () => 'Bearer please' },
    { sentence: 'the secret itself', token: async () => `Bearer ${SECRET}` },
    {
      sentence: "another secret's token",
      token: async (now) => `Bearer ${await operatorToken('f'.repeat(32), 'GET', STATUS_PATH, '', now)}`,
    },
    {
      sentence: "another method's token",
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'POST', STATUS_PATH, '', now)}`,
    },
    {
      sentence: "another path's token",
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', REWIND_PATH, '', now)}`,
    },
    {
      sentence: 'a token that has expired',
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', STATUS_PATH, '', now - 6 * MINUTE)}`,
    },
    {
      sentence: 'a token that expires too far in the future',
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', STATUS_PATH, '', now + HOUR)}`,
    },
    {
      sentence: 'a token with a changed expiry',
      token: async (now) =>
        `Bearer ${(await operatorToken(SECRET, 'GET', STATUS_PATH, '', now)).replace(/^\d+/, (at) => String(Number(at) + 1))}`,
    },
    { sentence: 'a valid token without Bearer', token: (now) => operatorToken(SECRET, 'GET', STATUS_PATH, '', now) },
  ];

  it.each(REFUSED)('answer 404 to $sentence', async ({ token }) => {
    const world = await createWorld();
    const authorization = await token(Date.now());
    const response = await visit(world, STATUS_PATH, { headers: authorization === '' ? {} : { authorization } });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'not found' });
    expect(await (await visit(world, '/no/such/path')).json()).toEqual({ message: 'not found' });
  });

  it('answer 404 to everything without LINK_SECRET', async () => {
    const world = await createWorld();
    const token = await operatorToken('', 'GET', STATUS_PATH, '', Date.now()).catch(
      () => `${Date.now() + MINUTE}.${'0'.repeat(64)}`,
    );
    for (const LINK_SECRET of [undefined, '', 'short']) {
      const response = await visit(
        world,
        STATUS_PATH,
        { headers: { authorization: `Bearer ${token}` } },
        { LINK_SECRET },
      );
      expect(response.status).toBe(404);
    }
  });

  it('return the status for a valid token', async () => {
    const { world, ids } = await worldWithEntries({});
    await cron(world);
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, '', Date.now());
    const response = await visit(world, STATUS_PATH, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    const text = await response.text();
    const { status, problems } = JSON.parse(text) as { status: LedgerStatus; problems: unknown[] };
    expect(problems).toEqual([]);
    expect(status).toMatchObject({ watching: 'watching', counters: { recorded: ids.length }, alerts: { open: {} } });
    for (const secret of [SECRET, world.apiKey, 'a-secret-of-slack']) expect(text).not.toContain(secret);
  });

  async function rewind(
    world: World,
    body: string,
    changes: Readonly<Record<string, unknown>> = {},
  ): Promise<Response> {
    const token = await operatorToken(SECRET, 'POST', REWIND_PATH, body, Date.now());
    return visit(world, REWIND_PATH, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body }, changes);
  }

  it('accept a rewind, which the next tick applies', async () => {
    const { world, ids } = await worldWithEntries({});
    await cron(world, { START_AT: '1m' });
    const to = new Date(Date.now() - 2 * HOUR).toISOString();
    const response = await rewind(world, JSON.stringify({ id: 'op-1', to, suppress: true }));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 'op-1' }]);
    expect(await linesOf(() => cron(world))).toMatchObject([{ at: 'tick', how: 'rewound' }]);
    expect(await recordedIds(world)).toEqual(ids);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('refuse a second rewind until a tick has applied the first', async () => {
    const { world } = await worldWithEntries({});
    await cron(world, { START_AT: '1m' });
    const order = (id: string, ago: number) => JSON.stringify({ id, to: new Date(Date.now() - ago).toISOString() });
    expect((await rewind(world, order('first', 2 * HOUR))).status).toBe(202);
    const second = await rewind(world, order('second', HOUR));
    expect([second.status, await second.json()]).toEqual([409, { message: expect.stringContaining('is waiting') }]);
    await cron(world);
    expect((await rewind(world, order('second', HOUR))).status).toBe(202);
  });

  it.each([
    ['no JSON', 'tomorrow'],
    ['no id', '{"to":"2026-01-01T00:00:00Z"}'],
    ['an empty id', '{"id":"","to":"2026-01-01T00:00:00Z"}'],
    ['no time', '{"id":"x"}'],
    ['an invalid time', '{"id":"x","to":"yesterday"}'],
    ['an empty body', ''],
  ])('refuse a rewind with %s', async (_, body) => {
    const world = await createWorld();
    const response = await rewind(world, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ message: expect.stringContaining("the rewind can't be read") });
    expect(await world.kvText(KV_REWIND)).toBeNull();
  });

  it('refuse a rewind without KV or without a token', async () => {
    const world = await createWorld();
    const body = JSON.stringify({ id: 'x', to: new Date().toISOString() });
    expect((await rewind(world, body, { KV: undefined })).status).toBe(503);
    expect((await visit(world, REWIND_PATH, { method: 'POST', body })).status).toBe(404);
    expect(await world.kvText(KV_REWIND)).toBeNull();
  });

  it('answer /healthz to anybody, with ok only', async () => {
    const response = await exports.default.fetch('https://tocsin.example/healthz');
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  });

  it('answer an error with 500, without its reason', async () => {
    const world = await createWorld();
    const broken = {
      getByName: () => ({ status: () => Promise.reject(new Error('a secret reason')) }),
      idFromName: () => {},
      get: () => {},
    };
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, '', Date.now());
    const response = await visit(
      world,
      STATUS_PATH,
      { headers: { authorization: `Bearer ${token}` } },
      { LEDGER: broken },
    );
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret reason');
  });
});

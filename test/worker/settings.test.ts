/** What the settings allow and what they do not: said whole, and never in the way of what does not need them. */
import { createScheduledController } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { describe, expect, inject, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import worker from '../../src/index.ts';
import type { LedgerStatus } from '../../src/ledger/rpc.ts';
import { KV_REWIND } from '../../src/poller/poll.ts';
import { REWIND_PATH, STATUS_PATH } from '../../src/web/operator.ts';
import { recordedIds, story } from './story.ts';
import { createWorld, HOUR, logged, MINUTE, type World, type WorldOptions } from './world.ts';

const SECRET = inject('linkSecret');

interface Line {
  readonly at: string;
  readonly setting?: string;
  readonly problem?: string;
}

/** The lines logged meanwhile, but for deliveries: those come when the alarm rings. */
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
  return await worker.fetch(new Request(`https://tocsin.example${path}`, init) as never, bindings);
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

/** A world whose ledger has these settings too, with a story to read. */
async function told(options: WorldOptions) {
  const world = await createWorld(options);
  const { records, ids } = story(Date.now());
  await world.append(records);
  return { world, ids };
}

describe('settings that are all wrong', () => {
  it('are said all at once at the first tick, and the entries are recorded all the same', async () => {
    const { world, ids } = await told({ settings: BAD });
    const lines = await linesOf(() => cron(world, BAD));
    const settings = lines.filter(({ at }) => at === 'settings').map(({ setting }) => setting);
    expect(settings.sort()).toEqual(Object.keys(BAD).sort());
    expect(lines.at(-1)).toMatchObject({ at: 'tick', stopped: 'scan ended' });
    expect(await recordedIds(world)).toEqual(ids);
  });

  it('are said with no word of what is secret in them', async () => {
    const { world } = await told({ settings: BAD });
    const lines = await linesOf(() =>
      cron(world, { ...BAD, NIRVANA_LABS_API_KEY: 'Bearer nvk-very-secret' }).catch(() => {}),
    );
    expect(JSON.stringify(lines)).not.toMatch(/not-slack|"short"|nvk-very-secret/);
  });

  it('are said to the operator in the status, beside how things stand', async () => {
    const { world } = await told({});
    await cron(world);
    const changes = { ...BAD, LINK_SECRET: SECRET };
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, Date.now());
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
  ])('%s as %j: the tick fails, and says which and why', async (setting, value, problem) => {
    const { world } = await told({});
    const lines = await linesOf(() =>
      expect(cron(world, { [setting]: value })).rejects.toThrow(
        new RegExp(`nothing is watched: .*${setting} .*${problem}`),
      ),
    );
    expect(lines).toMatchObject([{ at: 'settings', setting, problem: expect.stringContaining(problem) }]);
    expect(world.costs.requests).toBe(0);
    expect((await visit(world, '/healthz', {}, { [setting]: value })).status).toBe(503);
    // And a tick later, mended, nothing is missing.
    await cron(world);
    expect(await recordedIds(world)).toHaveLength(250);
  });

  it('SLACK_WEBHOOK_URL missing: alerts are found and kept, nobody is told, and that is said', async () => {
    const { world } = await told({ settings: { SLACK_WEBHOOK_URL: '' } });
    const lines = await linesOf(() => cron(world));
    expect(lines).toMatchObject([
      { at: 'settings', meanwhile: expect.stringContaining('NOBODY IS NOTIFIED') },
      { at: 'tick' },
    ]);
    expect(await world.sql('SELECT 1 FROM alerts')).toHaveLength(8);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
    expect((await world.status()).receivers).toEqual([]);
  });

  it('KV not bound: a first start begins at START_AT, a ledger that has begun goes on, and both say so', async () => {
    const { world, ids } = await told({});
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
    const { world } = await told({});
    const from = Date.now() - 10.5 * MINUTE;
    await cron(world, { START_AT: new Date(from).toISOString() });
    const [oldest] = await world.sql<{ at: number }>('SELECT min(created_at) AS at FROM entries');
    expect(oldest?.at).toBeGreaterThanOrEqual(from);
    expect((oldest?.at ?? 0) - from).toBeLessThan(MINUTE);
  });

  it('FIRST_READ record: a first start tells nobody of the past', async () => {
    const { world } = await told({});
    await cron(world, { FIRST_READ: 'record' });
    expect(await world.sql('SELECT 1 FROM alerts WHERE backfilled = 1')).toHaveLength(8);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('PLAN: free stops at 40 pages a tick, paid goes on', async () => {
    const world = await createWorld();
    await world.append(story(Date.now(), { size: 4_500 }).records);
    const lines = await linesOf(() => cron(world));
    expect(lines).toMatchObject([{ at: 'tick', stopped: 'budget', requests: 40, recorded: 4000 }]);
    expect(await linesOf(() => cron(world, { PLAN: 'paid' }))).toMatchObject([
      { stopped: 'scan ended', recorded: 500 },
    ]);
  });

  it('RETENTION: what is older when it arrives is counted, and left alone', async () => {
    const { world } = await told({ settings: { RETENTION: '1d' } });
    const old = story(Date.now() - 48 * HOUR, { prefix: 'old' });
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
  type Ask = { readonly sentence: string; readonly token: (now: number) => Promise<string> };

  const REFUSED: readonly Ask[] = [
    { sentence: 'no token', token: async () => '' },
    { sentence: 'a word', token: async () => 'Bearer please' },
    { sentence: 'the secret itself', token: async () => `Bearer ${SECRET}` },
    {
      sentence: "another secret's token",
      token: async (now) => `Bearer ${await operatorToken('f'.repeat(32), 'GET', STATUS_PATH, now)}`,
    },
    {
      sentence: "another method's token",
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'POST', STATUS_PATH, now)}`,
    },
    {
      sentence: "another path's token",
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', REWIND_PATH, now)}`,
    },
    {
      sentence: 'a token that has expired',
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', STATUS_PATH, now - 6 * MINUTE)}`,
    },
    {
      sentence: 'a token of the far future',
      token: async (now) => `Bearer ${await operatorToken(SECRET, 'GET', STATUS_PATH, now + HOUR)}`,
    },
    {
      sentence: 'a token with a later expiry written over its own',
      token: async (now) =>
        `Bearer ${(await operatorToken(SECRET, 'GET', STATUS_PATH, now)).replace(/^\d+/, (at) => String(Number(at) + 1))}`,
    },
    { sentence: 'a right token without Bearer', token: (now) => operatorToken(SECRET, 'GET', STATUS_PATH, now) },
  ];

  it.each(REFUSED)('answer 404 to $sentence', async ({ token }) => {
    const world = await createWorld();
    const authorization = await token(Date.now());
    const response = await visit(world, STATUS_PATH, { headers: authorization === '' ? {} : { authorization } });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ message: 'not found' });
    expect(await (await visit(world, '/no/such/path')).json()).toEqual({ message: 'not found' });
  });

  it('answer 404 to everything where no LINK_SECRET is set', async () => {
    const world = await createWorld();
    const token = await operatorToken('', 'GET', STATUS_PATH, Date.now()).catch(
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

  it('tell how things stand to a right token', async () => {
    const { world, ids } = await told({});
    await cron(world);
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, Date.now());
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
    const token = await operatorToken(SECRET, 'POST', REWIND_PATH, Date.now());
    return visit(world, REWIND_PATH, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body }, changes);
  }

  it('take a rewind, which the next tick obeys', async () => {
    const { world, ids } = await told({});
    await cron(world, { START_AT: '1m' });
    const to = new Date(Date.now() - 2 * HOUR).toISOString();
    const response = await rewind(world, JSON.stringify({ id: 'op-1', to, suppress: true }));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 'op-1' }]);
    expect(await linesOf(() => cron(world))).toMatchObject([{ at: 'tick', how: 'rewound' }]);
    expect(await recordedIds(world)).toEqual(ids);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('refuse a second rewind until a tick has obeyed the first, and take it then', async () => {
    const { world } = await told({});
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
    ['a time that is none', '{"id":"x","to":"yesterday"}'],
    ['an empty body', ''],
  ])('refuse a rewind with %s', async (_, body) => {
    const world = await createWorld();
    const response = await rewind(world, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({ message: expect.stringContaining("the rewind can't be read") });
    expect(await world.kvText(KV_REWIND)).toBeNull();
  });

  it('refuse a rewind where no KV is bound, or without a token', async () => {
    const world = await createWorld();
    const body = JSON.stringify({ id: 'x', to: new Date().toISOString() });
    expect((await rewind(world, body, { KV: undefined })).status).toBe(503);
    expect((await visit(world, REWIND_PATH, { method: 'POST', body })).status).toBe(404);
    expect(await world.kvText(KV_REWIND)).toBeNull();
  });

  it('say that all is well to anybody, and nothing else', async () => {
    const response = await exports.default.fetch('https://tocsin.example/healthz');
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  });

  it('say only that something went wrong, when it does', async () => {
    const world = await createWorld();
    const broken = {
      getByName: () => ({ status: () => Promise.reject(new Error('a secret reason')) }),
      idFromName: () => {},
      get: () => {},
    };
    const token = await operatorToken(SECRET, 'GET', STATUS_PATH, Date.now());
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

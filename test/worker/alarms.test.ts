/** Deliveries by the real alarm, for every response of Slack, and health alerts. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import { enqueueNow } from './receivers.ts';
import { createSampleLog, expectRecordedAndDelivered } from './sample-log.ts';
import {
  ALLOWED_LATENESS,
  createWorld,
  GROUP_WAIT_MS,
  HOUR,
  logged,
  MINUTE,
  sleep,
  type World,
  type WorldOptions,
} from './world.ts';

const DAY = 24 * HOUR;
const WEBHOOK = {
  ...{ WEBHOOK_URL: 'https://webhook.example/in', WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
};

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A deleted API key, just now: one alert, one message, which is due. */
async function openAlert(world: World, id = 'deleted'): Promise<void> {
  const fields = { action: 'api_key.deleted', method: 'DELETE', status_code: 204, target: { id, type: 'api_key' } };
  await world.append([entryAt(Date.now(), id, fields)]);
  await world.untilEnded();
  await world.advance(GROUP_WAIT_MS);
  await world.runAlarm();
}

interface DeliveryRow extends Record<string, SqlStorageValue> {
  readonly id: number;
  readonly health: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly due_at: number | null;
  readonly reason: string | null;
}

function deliveries(world: World): Promise<DeliveryRow[]> {
  return world.sql<DeliveryRow>('SELECT id, health, state, attempts, due_at, reason FROM deliveries ORDER BY id');
}

interface ReceiverRow extends Record<string, SqlStorageValue> {
  readonly next_at: number;
  readonly slowed: number;
  readonly failing_since: number | null;
  readonly attempt_of: number | null;
}

async function receiverRow(world: World): Promise<ReceiverRow> {
  const [row] = await world.sql<ReceiverRow>('SELECT next_at, slowed, failing_since, attempt_of FROM receivers');
  if (row === undefined) throw new Error('the receiver was not tried');
  return row;
}

/** Waits until the alarm has made so many attempts, in total. */
async function attempted(world: World, attempts: number): Promise<DeliveryRow[]> {
  return vi.waitFor(
    async () => {
      const rows = await deliveries(world);
      const settled = rows.filter(({ state, reason }) => state !== 'pending' || reason !== null);
      expect(rows.reduce((sum, row) => sum + row.attempts, 0)).toBeGreaterThanOrEqual(attempts);
      expect(settled).toHaveLength(rows.length);
      return rows;
    },
    { timeout: 4_000, interval: 20 },
  );
}

/** A world whose Slack responds like this, with one alert that the alarm has tried to deliver once. */
async function tried(answer: FakeAnswer, options: WorldOptions = {}): Promise<{ world: World; row: DeliveryRow }> {
  const world = await createWorld(options);
  await world.slack.answer(answer);
  await openAlert(world);
  const [row] = await attempted(world, 1);
  if (row === undefined) throw new Error('nothing was queued');
  return { world, row };
}

/** Moves the clock to the next due delivery, and runs the alarm. */
async function untilDue(world: World): Promise<number> {
  const [row] = await world.sql<{ due: number | null }>(
    `SELECT min(max(coalesce(due_at, 0), coalesce((SELECT next_at FROM receivers WHERE name = receiver), 0))) AS due
     FROM deliveries WHERE state = 'pending'`,
  );
  const wait = (row?.due ?? Date.now()) - Date.now();
  await world.advance(Math.max(0, wait) + 1);
  await world.runAlarm();
  return wait;
}

async function messagesWith(world: World, word: string): Promise<number> {
  return (await world.slack.read()).messages.filter(({ text }) => text.includes(word)).length;
}

describe('a delivery', () => {
  it('is made by the alarm, right after the page was recorded', async () => {
    const world = await createWorld();
    await openAlert(world);
    await vi.waitFor(async () => expect(await messagesWith(world, 'API key deleted')).toBe(1), {
      timeout: 3_000,
      interval: 10,
    });
    expect(await attempted(world, 1)).toMatchObject([{ state: 'delivered', attempts: 1 }]);
    expect((await world.status()).deliveries).toEqual({
      ...{ waiting: 0, pending: 0, bundled: 0, delivered: 1, dead: 0, suppressed: 0 },
    });
  });

  it('is made if there are more than one alarm delivers', async () => {
    const real = globalThis.fetch;
    let received = 0;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      if (url !== WEBHOOK.WEBHOOK_URL) return real(url, init);
      received++;
      return Promise.resolve(new Response(null, { status: 204 }));
    });
    const world = await createWorld({ settings: WEBHOOK });
    const at = Date.now() - MINUTE;
    const fields = (i: number) => ({
      action: 'api_key.deleted',
      status_code: 204,
      actor: { id: `a-${i}`, type: 'user' },
    });
    await world.append(Array.from({ length: 150 }, (_, i) => entryAt(at + i, `d-${i}`, fields(i))));
    await world.untilEnded();
    await world.delivered();
    // Programs get each by itself; people one message, since all are of one rule.
    expect(received).toBe(150);
    expect(await messagesWith(world, 'API key deleted')).toBe(1);
    expect((await world.status()).deliveries).toMatchObject({ waiting: 0, pending: 0, delivered: 301 });
  }, 30_000);

  it("of one actor's alerts is one message after 30 seconds, by the alarm alone, though the object is evicted", async () => {
    const world = await createWorld();
    const at = Date.now();
    const fields = (i: number) => ({
      ...{ action: 'api_key.deleted', method: 'DELETE', status_code: 204, actor: { id: 'thief', type: 'user' } },
      target: { id: `k-${i}`, type: 'api_key' },
    });
    await world.append(Array.from({ length: 8 }, (_, i) => entryAt(at - 8_000 + i * 500, `d-${i}`, fields(i))));
    await world.untilEnded();
    expect((await world.status()).deliveries).toMatchObject({ waiting: 8, pending: 0 });
    await world.evict();
    await sleep(20_000);
    expect(await messagesWith(world, 'API key deleted')).toBe(0);
    await vi.waitFor(async () => expect(await messagesWith(world, 'API key deleted')).toBe(1), {
      timeout: 20_000,
      interval: 100,
    });
    expect(Date.now() - at).toBeGreaterThanOrEqual(GROUP_WAIT_MS);
    expect((await world.slack.read()).messages).toHaveLength(1);
    await vi.waitFor(async () =>
      expect((await world.status()).deliveries).toMatchObject({ waiting: 0, pending: 0, bundled: 0, delivered: 9 }),
    );
  }, 60_000);

  it('of something critical is one message after 5 seconds, with what the same entry opened', async () => {
    const world = await createWorld();
    const at = Date.now();
    const key = (id: string) => ({ id, type: 'api_key' });
    const create = { action: 'api_key.created', method: 'POST', path: '/v1/api_keys', status_code: 201 };
    const read = { action: 'nks_cluster.kubeconfig_read', path: '/v1/nks/clusters/c-1/kubeconfig' };
    await world.append([
      entryAt(at - 2_000, 'made', { ...create, actor: key('k-1'), target: key('k-2') }),
      entryAt(at - 1_000, 'at-work', { ...read, actor: key('k-2') }),
    ]);
    await world.untilEnded();
    expect((await world.status()).deliveries).toMatchObject({ waiting: 3 });
    await vi.waitFor(async () => expect((await world.slack.read()).messages).toHaveLength(1), {
      timeout: 15_000,
      interval: 50,
    });
    expect(Date.now() - at).toBeGreaterThanOrEqual(5_000);
    expect((await world.slack.read()).messages[0]?.text).toMatch(/CRITICAL/);
    // The other key's, at high, waits its 30 seconds.
    await vi.waitFor(async () => expect((await world.status()).deliveries).toMatchObject({ waiting: 1, delivered: 3 }));
  }, 30_000);

  it('whose alarm was deleted is made after the next tick', async () => {
    const { world, row } = await tried({ status: 500, times: 1 });
    await vi.waitFor(async () => expect(await world.alarmAt()).toBe(row.due_at), { timeout: 30_000 });
    await world.deleteAlarm();
    await world.poll();
    expect(await world.alarmAt()).toBe(row.due_at);
    await untilDue(world);
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  it('is made after an eviction between the page and the alarm', async () => {
    const { world } = await tried({ status: 500, times: 1 });
    await world.evict();
    await untilDue(world);
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
  });

  it.each([
    ['answers 500', { status: 500 }, /Slack answered 500/],
    ['answers 503', { status: 503, body: 'upstream connect error' }, /Slack answered 503/],
    ['answers 408', { status: 408 }, /Slack answered 408/],
    ['answers 200, and not "ok"', { status: 200, body: '<html>' }, /Slack answered 200/],
    ['closes the connection', { status: 0, reset: true }, /could not be reached/],
    ['does not answer', { status: 0, hang: true }, /did not answer within 15 s/],
  ] satisfies [string, FakeAnswer, RegExp][])(
    'is tried again, later each time, while Slack %s',
    async (_, answer, reason) => {
      const later = globalThis.setTimeout;
      vi.stubGlobal('setTimeout', (call: () => void, ms: number) => later(call, ms === 15_000 ? 100 : ms));
      const { world, row } = await tried(answer, { settings: { BLIND_AFTER: '24h' } });
      expect(row).toMatchObject({ state: 'pending', reason: expect.stringMatching(reason) });
      const waits: number[] = [];
      for (let n = 0; n < 5; n++) waits.push(Math.round((await untilDue(world)) / MINUTE));
      expect(waits).toEqual([1, 2, 4, 5, 5]);
      // After ten minutes a health alert says that the message waits; it has not been tried yet, and goes first.
      expect(await deliveries(world)).toMatchObject([
        { health: null, state: 'pending', attempts: 5 },
        { health: 'backlog', state: 'pending', attempts: 1 },
      ]);
      expect((await world.status()).waiting).toMatchObject(
        Array(2).fill({ receiver: 'slack', reason: expect.stringMatching(reason) }),
      );
      // 17 minutes without a message that got through.
      expect((await world.status()).healthAlerts.map(({ kind }) => kind).sort()).toEqual([
        'backlog:slack',
        'unhealthy-receiver:slack',
      ]);
      await world.slack.answer({ status: 200, body: 'ok' });
      await untilDue(world);
      const [delivered] = await deliveries(world);
      expect(delivered).toMatchObject({ state: 'delivered', attempts: 6 });
      await world.runAlarm();
      expect((await world.status()).healthAlerts).toEqual([]);
    },
  );

  it('waits as long as Slack asks, like all deliveries to it', async () => {
    const world = await createWorld();
    await world.slack.answer({ status: 429, headers: { 'retry-after': '120' } });
    // All in one page: they are due at once.
    const sample = createSampleLog(Date.now(), { size: 0 });
    await world.append(sample.records);
    await world.untilEnded();
    await world.advance(GROUP_WAIT_MS);
    await world.runAlarm();
    await vi.waitFor(async () => expect(await receiverRow(world)).toMatchObject({ slowed: 1, attempt_of: null }), {
      timeout: 4_000,
      interval: 20,
    });
    const { next_at, failing_since } = await receiverRow(world);
    expect((next_at - Date.now()) / 1000).toBeCloseTo(120, -1);
    // It is no failure, and the message keeps its place.
    expect(failing_since).toBeNull();
    const rows = await deliveries(world);
    // The five of one rule are one message, and so are the two bursts of one actor.
    expect(rows.flatMap(({ state, attempts }) => (state === 'pending' ? [attempts] : [])).sort()).toEqual([0, 0, 1]);
    expect(rows.filter(({ due_at }) => due_at !== null)).toEqual([]);
    expect((await world.slack.read()).posts).toBe(1);
    await world.slack.answer({ status: 200, body: 'ok' });
    await untilDue(world);
    await expectRecordedAndDelivered(world, sample);
  });

  it('waits 1, 2 and 4 s while Slack asks to slow down without a time, and then five more so that others go first', async () => {
    const world = await createWorld();
    await world.slack.answer({ status: 429, times: 3 });
    await enqueueNow(world);
    await vi.waitFor(async () => expect(await receiverRow(world)).toMatchObject({ slowed: 3, attempt_of: null }), {
      timeout: 10_000,
      interval: 20,
    });
    const { next_at, failing_since } = await receiverRow(world);
    const [row] = await deliveries(world);
    expect(row).toMatchObject({ state: 'pending', attempts: 3, reason: expect.stringMatching(/slow down \(429\)/) });
    expect((row?.due_at ?? 0) - next_at).toBe(5_000);
    expect(failing_since).toBeNull();
    await untilDue(world);
    await world.delivered();
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 4 }]);
    expect((await world.status()).healthAlerts).toEqual([]);
  }, 20_000);

  it('is delayed by an hour at most', async () => {
    const { world } = await tried({ status: 429, headers: { 'retry-after': '86400' } });
    expect(((await receiverRow(world)).next_at - Date.now()) / MINUTE).toBeCloseTo(60, 0);
  });

  it("is dead after 7 days, which is a health alert; the failure of that one's delivery is not", async () => {
    const { world } = await tried({ status: 500 }, { settings: { BLIND_AFTER: '24h' } });
    // The waits until Slack is known not to work: then a backlog has no health alert of its own.
    for (let n = 0; n < 6; n++) await untilDue(world);
    let days = 0;
    /** Ticks go on meanwhile, and entries arrive. */
    const pass = async (until: number): Promise<void> => {
      for (; days < until; days += 0.5) {
        await world.advance(DAY / 2);
        await world.append([entryAt(Date.now(), `read-${days}`)]);
        await world.poll();
        await world.runAlarm();
      }
    };
    await pass(6.5);
    expect(await deliveries(world)).toMatchObject([{ state: 'pending' }, { health: 'backlog', state: 'pending' }]);
    await pass(7.5);
    const [alert, ...others] = await deliveries(world);
    expect(alert).toMatchObject({ state: 'dead', reason: expect.stringMatching(/7 days.*Slack answered 500/) });
    // No other receiver can be notified that it died, nor that nothing waits any more.
    expect(others.filter(({ state }) => state === 'pending').map(({ health }) => health)).toEqual([
      'dead-delivery',
      'backlog',
    ]);
    await pass(15);
    expect((await deliveries(world)).map(({ health, state }) => `${health} ${state}`)).toEqual([
      'null dead',
      'backlog dead',
      'dead-delivery dead',
      'backlog dead',
    ]);
    expect(await world.sql('SELECT kind, state, count FROM health_alerts ORDER BY kind')).toEqual([
      { kind: 'backlog:slack', state: 'over', count: 1 },
      { kind: 'dead-delivery:slack', state: 'open', count: 1 },
      { kind: 'unhealthy-receiver:slack', state: 'open', count: 1 },
    ]);
  }, 30_000);

  it('that alone fails is dead after a day of others that are delivered, and no outage', async () => {
    const real = globalThis.fetch;
    const world = await createWorld({ settings: { BLIND_AFTER: '24h' } });
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      url === world.slack.url && String(init.body).includes('poison')
        ? Promise.resolve(new Response('no', { status: 500 }))
        : real(url, init),
    );
    await openAlert(world, 'poison');
    await attempted(world, 1);
    for (let hours = 0; hours <= 25; hours++) {
      if (hours === 24) expect((await deliveries(world))[0]).toMatchObject({ state: 'pending' });
      await openAlert(world, `good-${hours}`);
      await world.runAlarm();
      await world.advance(HOUR);
    }
    const [poison, ...others] = await deliveries(world);
    expect(poison).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(
        /^failed for a day while others were delivered \(\d+ attempts\): Slack answered 500/,
      ),
    });
    expect(others.filter(({ state }) => state !== 'delivered')).toEqual([]);
    expect((await world.status()).healthAlerts).toMatchObject([{ kind: 'dead-delivery:slack', count: 1 }]);
    expect(await messagesWith(world, 'could not be delivered')).toBe(1);
  }, 30_000);

  it('is repeated at once if the ledger is aborted during it', async () => {
    const world = await createWorld();
    await world.slack.answer({ status: 0, hang: true });
    await enqueueNow(world);
    await vi.waitFor(async () => expect((await world.slack.read()).posts).toBe(1), { timeout: 3_000, interval: 10 });
    await world.abort();
    const at = Date.now();
    expect(await deliveries(world)).toMatchObject([{ state: 'pending', attempts: 0, reason: null }]);
    expect(await receiverRow(world)).toMatchObject({ attempt_of: 1 });
    await world.slack.answer({ status: 200, body: 'ok' });
    await world.poll();
    await world.delivered();
    expect(Date.now() - at).toBeLessThan(MINUTE / 2);
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
    expect(await messagesWith(world, 'API key deleted')).toBe(1);
  }, 40_000);
});

describe('a delivery that Slack refuses', () => {
  it.each([
    ['404 no_service', { status: 404, body: 'no_service' }, /webhook was revoked/],
    ['403 invalid_token', { status: 403, body: 'invalid_token' }, /expired, revoked or mistyped/],
    ['410 channel_is_archived', { status: 410, body: 'channel_is_archived' }, /unarchive it/],
    ['400 invalid_payload', { status: 400, body: 'invalid_payload' }, /short form: please report it/],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }, /never redirects/],
  ] satisfies [string, FakeAnswer, RegExp][])(
    'with %s waits; after two refusals Slack is unhealthy, and nothing is dead',
    async (_, answer, reason) => {
      const { world, row } = await tried(answer);
      // One refusal may be the message's own.
      expect(row).toMatchObject({ state: 'pending', attempts: 1, reason: expect.stringMatching(reason) });
      expect(await world.status()).toMatchObject({ healthAlerts: [], receivers: [{ state: 'failing' }] });
      expect(Math.round((await untilDue(world)) / MINUTE)).toBe(1);
      const status = await world.status();
      expect(status.deliveries).toEqual({ pending: 1, bundled: 0, waiting: 0, delivered: 0, dead: 0, suppressed: 0 });
      expect(status.waiting).toMatchObject([{ receiver: 'slack', reason: expect.stringMatching(reason) }]);
      // It isn't sent to that receiver.
      expect(status.healthAlerts).toMatchObject([
        { kind: 'unhealthy-receiver:slack', count: 1, summary: expect.stringMatching(reason) },
      ]);
      // What comes meanwhile waits too.
      await openAlert(world, 'another');
      await world.runAlarm();
      expect(await deliveries(world)).toMatchObject([
        { state: 'pending', attempts: 2 },
        { state: 'waiting', attempts: 0 },
      ]);
      await world.slack.answer({ status: 200, body: 'ok' });
      await untilDue(world);
      await world.delivered();
      expect(await messagesWith(world, 'API key deleted')).toBe(2);
      expect(await messagesWith(world, 'takes messages again')).toBe(1);
      expect(await world.status()).toMatchObject({
        deliveries: { pending: 0, delivered: 3, dead: 0 },
        healthAlerts: [],
      });
    },
    20_000,
  );

  it('once is delivered a minute later', async () => {
    const { world } = await tried({ status: 404, body: 'no_service', times: 1 });
    await untilDue(world);
    expect(await messagesWith(world, 'API key deleted')).toBe(1);
    expect(await world.status()).toMatchObject({
      deliveries: { pending: 0, delivered: 1, dead: 0, suppressed: 0 },
      healthAlerts: [],
    });
  });

  it("names no part of the webhook's address, in the log or the status", async () => {
    const { world } = await tried({ status: 400, body: 'bad: /services/T00000000/B00000000/a-secret-of-slack' });
    const secret = 'a-secret-of-slack';
    expect(JSON.stringify(await world.status())).not.toContain(secret);
    expect(JSON.stringify(await world.sql('SELECT * FROM deliveries'))).not.toContain(secret);
    expect(logged.join('\n')).not.toContain(secret);
  });
});

describe('blindness', () => {
  /** A world in which no scan has moved for that long. */
  async function blindSince(ms: number): Promise<World> {
    const world = await createWorld();
    await world.untilEnded();
    await world.evict();
    await world.knobs({ error: { probability: 1, status: 503 } });
    await world.editState((state) => ({ ...state, movedAt: state.movedAt - ms }));
    return world;
  }

  it('is a health alert after 15 minutes, notifies at most once an hour, and is resolved by the next read', async () => {
    const world = await blindSince(15 * MINUTE + 1000);
    expect((await world.status()).watching).toBe('blind');
    await world.runAlarm();
    for (let n = 0; n < 3; n++) {
      await world.poll().catch(() => {});
      await world.advance(15 * MINUTE);
      await world.runAlarm();
      if (n === 1) await world.evict();
    }
    expect((await world.status()).healthAlerts).toMatchObject([{ kind: 'blind', count: 1 }]);
    expect(await messagesWith(world, 'No progress in reading for')).toBe(1);
    await world.clearKnobs();
    await world.untilEnded();
    await world.runAlarm();
    expect(await world.status()).toMatchObject({ watching: 'watching', healthAlerts: [] });
    expect(await messagesWith(world, 'eading goes on')).toBe(1);
    // Blind a second time.
    await world.advance(16 * MINUTE);
    await world.runAlarm();
    expect(await messagesWith(world, 'No progress in reading for')).toBe(2);
  });

  it('that lasts notifies again every hour', async () => {
    const world = await blindSince(15 * MINUTE + 1000);
    for (let minutes = 0; minutes <= 9 * 60; minutes += 15) {
      await world.runAlarm();
      await world.advance(15 * MINUTE);
    }
    await world.runAlarm();
    expect(await messagesWith(world, 'No progress in reading for')).toBe(10);
  });

  it('is raised on time by an alarm, without any tick', async () => {
    const world = await createWorld();
    await world.untilEnded();
    expect(((await world.alarmAt()) ?? 0) - Date.now()).toBeGreaterThan(14 * MINUTE);
    await world.editState((state) => ({ ...state, movedAt: state.movedAt - 15 * MINUTE + 1_500 }));
    await world.evict();
    await world.deleteAlarm();
    await world.stub.begin({ kv: null, startAt: 0, suppressFirstRead: false });
    await vi.waitFor(async () => expect(await messagesWith(world, 'No progress in reading')).toBe(1), {
      timeout: 5_000,
      interval: 50,
    });
  });

  it('is not raised before BLIND_AFTER', async () => {
    const world = await blindSince(14 * MINUTE);
    await world.runAlarm();
    expect(await world.status()).toMatchObject({ watching: 'watching', healthAlerts: [] });
  });

  it('is not raised while a longer scan moves', async () => {
    const world = await createWorld();
    await world.append(createSampleLog(Date.now(), { size: 2_000 }).records);
    for (let n = 0; n < 19; n++) {
      expect((await world.poll({ requests: 1 })).stopped).toBe('budget');
      await world.advance(2 * MINUTE);
      await world.runAlarm();
    }
    expect(await world.status()).toMatchObject({ watching: 'watching', healthAlerts: [] });
  });

  it('is raised if the upstream returns only empty pages', async () => {
    const world = await createWorld();
    await world.append(createSampleLog(Date.now()).records);
    await world.knobs({ emptyPage: { probability: 1 } });
    for (let n = 0; n < 5; n++) {
      await world.poll({ requests: 4 });
      await world.advance(4 * MINUTE);
    }
    await world.runAlarm();
    expect((await world.status()).healthAlerts).toMatchObject([{ kind: 'blind' }]);
  });

  it('is raised later if BLIND_AFTER is longer', async () => {
    const world = await createWorld({ settings: { BLIND_AFTER: '2h' } });
    await world.untilEnded();
    await world.advance(HOUR);
    await world.runAlarm();
    expect((await world.status()).healthAlerts).toEqual([]);
    await world.advance(HOUR);
    await world.runAlarm();
    expect((await world.status()).healthAlerts).toMatchObject([{ kind: 'blind' }]);
  });
});

describe('the alarm', () => {
  it('is not set before the ledger has begun', async () => {
    const world = await createWorld();
    await world.status();
    expect(await world.alarmAt()).toBeNull();
    expect((await world.status()).watching).toBe('not begun');
  });

  it('is set again after a failed one', async () => {
    const { world } = await tried({ status: 500, times: 1 });
    await world.sql('ALTER TABLE deliveries RENAME TO elsewhere');
    await world.advance(MINUTE + 1_000);
    await world.runAlarm();
    await world.sql('ALTER TABLE elsewhere RENAME TO deliveries');
    await world.poll();
    expect(await world.alarmAt()).not.toBeNull();
    await world.advance(ALLOWED_LATENESS);
    await world.runAlarm();
    await sleep(20);
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered' }]);
  });
});

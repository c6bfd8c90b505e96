/** Deliveries by the real alarm, for every response of Slack, and health alerts. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import { createSampleLog, expectRecordedAndDelivered } from './sample-log.ts';
import { ALLOWED_LATENESS, createWorld, HOUR, logged, MINUTE, sleep, type World, type WorldOptions } from './world.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A deleted API key, just now: one alert, one delivery. */
async function openAlert(world: World, id = 'deleted'): Promise<void> {
  const fields = { action: 'api_key.deleted', method: 'DELETE', status_code: 204, target: { id, type: 'api_key' } };
  await world.append([entryAt(Date.now(), id, fields)]);
  await world.untilEnded();
}

interface DeliveryRow extends Record<string, SqlStorageValue> {
  readonly id: number;
  readonly health: string | null;
  readonly state: string;
  readonly attempts: number;
  readonly due_at: number;
  readonly reason: string | null;
}

function deliveries(world: World): Promise<DeliveryRow[]> {
  return world.sql<DeliveryRow>('SELECT id, health, state, attempts, due_at, reason FROM deliveries ORDER BY id');
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
    `SELECT min(max(due_at, coalesce((SELECT until FROM pacing WHERE pacing.receiver = deliveries.receiver), 0))) AS due
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
    expect((await world.status()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, suppressed: 0 });
  });

  it('is made if there are more than one alarm delivers', async () => {
    const world = await createWorld();
    const at = Date.now() - MINUTE;
    const fields = (i: number) => ({
      action: 'api_key.deleted',
      status_code: 204,
      actor: { id: `a-${i}`, type: 'user' },
    });
    await world.append(Array.from({ length: 150 }, (_, i) => entryAt(at + i, `d-${i}`, fields(i))));
    await world.untilEnded();
    await world.delivered();
    expect(await messagesWith(world, 'API key deleted')).toBe(150);
  });

  it('whose alarm was deleted is made after the next tick', async () => {
    const { world, row } = await tried({ status: 500, times: 1 });
    expect(await world.alarmAt()).toBe(row.due_at);
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
    ['answers 429 without a Retry-After', { status: 429 }, /slow down \(429\)/],
    ['closes the connection', { status: 0, reset: true }, /could not be reached/],
    ['does not answer', { status: 0, hang: true }, /did not answer within 15 s/],
  ] satisfies [string, FakeAnswer, RegExp][])(
    'is tried again, later each time, while Slack %s',
    async (_, answer, reason) => {
      const later = globalThis.setTimeout;
      vi.stubGlobal('setTimeout', (call: () => void, ms: number) => later(call, ms === 15_000 ? 100 : ms));
      const { world, row } = await tried(answer);
      expect(row).toMatchObject({ state: 'pending', reason: expect.stringMatching(reason) });
      const waits: number[] = [];
      for (let n = 0; n < 4; n++) waits.push(Math.round((await untilDue(world)) / 10_000) * 10);
      expect(waits).toEqual([10, 20, 40, 80]);
      expect((await world.status()).waiting).toMatchObject([
        { receiver: 'slack', reason: expect.stringMatching(reason) },
      ]);
      await world.slack.answer({ status: 200, body: 'ok' });
      await untilDue(world);
      expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 6 }]);
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
    const until = (): Promise<{ until: number }[]> => world.sql('SELECT until FROM pacing');
    await vi.waitFor(async () => expect(await until()).toHaveLength(1), { timeout: 4_000, interval: 20 });
    for (const held of await until()) expect((held.until - Date.now()) / 1000).toBeCloseTo(120, -1);
    expect((await deliveries(world)).map(({ attempts }) => attempts).sort()).toEqual([...Array(7).fill(0), 1]);
    expect((await world.slack.read()).posts).toBe(1);
    await world.slack.answer({ status: 200, body: 'ok' });
    await untilDue(world);
    await expectRecordedAndDelivered(world, sample);
  });

  it('is delayed by an hour at most', async () => {
    const { row } = await tried({ status: 429, headers: { 'retry-after': '86400' } });
    expect((row.due_at - Date.now()) / MINUTE).toBeCloseTo(60, 0);
  });

  it("is dead after a day, which is a health alert; the failure of that one's delivery is not", async () => {
    const { world } = await tried({ status: 500 }, { settings: { BLIND_AFTER: '24h' } });
    for (let n = 0; n < 600 && (await deliveries(world)).some(({ state }) => state === 'pending'); n++) {
      await untilDue(world);
      // Ticks go on meanwhile, and entries arrive.
      if (n % 10 !== 0) continue;
      await world.append([entryAt(Date.now(), `read-${n}`)]);
      await world.poll();
    }
    const [alert, ...healthAlerts] = await deliveries(world);
    expect(alert).toMatchObject({
      state: 'dead',
      reason: expect.stringMatching(/given up after \d+ attempts: Slack answered 500/),
    });
    // It waited for ten minutes, died, and the backlog was over: no other receiver could be notified of that.
    expect(healthAlerts.map(({ health, state }) => `${health} ${state}`)).toEqual([
      'backlog dead',
      'dead-delivery dead',
      'backlog dead',
    ]);
    // An event is no longer shown after a day, which is by when its own message has died.
    expect(await world.sql('SELECT kind, state, count FROM health_alerts ORDER BY kind')).toEqual([
      { kind: 'backlog:slack', state: 'over', count: 1 },
      { kind: 'dead-delivery:slack', state: 'open', count: 1 },
      { kind: 'unhealthy-receiver:slack', state: 'open', count: 1 },
    ]);
  }, 30_000);

  it('is not lost if the ledger is aborted during it', async () => {
    const world = await createWorld();
    await world.slack.answer({ status: 0, hang: true });
    await openAlert(world);
    await vi.waitFor(async () => expect((await world.slack.read()).posts).toBe(1), { timeout: 3_000, interval: 10 });
    await world.abort();
    expect(await deliveries(world)).toMatchObject([{ state: 'pending', attempts: 1, reason: null }]);
    await world.slack.answer({ status: 200, body: 'ok' });
    await world.poll();
    // The attempt counts as lost after a minute, and the first wait.
    await untilDue(world);
    expect(await deliveries(world)).toMatchObject([{ state: 'delivered', attempts: 2 }]);
    expect(await messagesWith(world, 'API key deleted')).toBe(1);
  });
});

describe('a delivery that Slack refuses', () => {
  it.each([
    ['404 no_service', { status: 404, body: 'no_service' }, /webhook was revoked/],
    ['403 invalid_token', { status: 403, body: 'invalid_token' }, /expired, revoked or mistyped/],
    ['410 channel_is_archived', { status: 410, body: 'channel_is_archived' }, /unarchive it/],
    ['400 invalid_payload', { status: 400, body: 'invalid_payload' }, /short form: please report it/],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' } }, /never redirects/],
  ] satisfies [string, FakeAnswer, RegExp][])(
    'with %s is dead at once, which is a health alert',
    async (_, answer, reason) => {
      const { world, row } = await tried(answer);
      expect(row).toMatchObject({ state: 'dead', attempts: 1, reason: expect.stringMatching(reason) });
      // The health alert fails the same way, and causes no other.
      await vi.waitFor(async () =>
        expect((await deliveries(world)).map(({ state }) => state)).toEqual(['dead', 'dead']),
      );
      const status = await world.status();
      expect(status.deliveries).toEqual({ pending: 0, delivered: 0, dead: 2, suppressed: 0 });
      expect(status.dead[1]).toMatchObject({ receiver: 'slack', reason: expect.stringMatching(reason) });
      expect(status.healthAlerts).toMatchObject([
        { kind: 'dead-delivery:slack', count: 1, summary: expect.stringMatching(reason) },
      ]);
      // A second dead delivery within the hour is counted, without a notification.
      await openAlert(world, 'another');
      await vi.waitFor(async () =>
        expect((await deliveries(world)).filter(({ state }) => state === 'dead')).toHaveLength(3),
      );
      expect((await world.status()).healthAlerts).toMatchObject(
        // After two refusals in a row the receiver is unhealthy, which isn't sent to that receiver.
        [{ kind: 'unhealthy-receiver:slack' }, { kind: 'dead-delivery:slack', count: 2 }],
      );
      expect(await deliveries(world)).toHaveLength(3);
    },
  );

  it('notifies once Slack takes messages again', async () => {
    const { world } = await tried({ status: 404, body: 'no_service', times: 1 });
    await vi.waitFor(async () => expect(await messagesWith(world, 'could not be delivered')).toBe(1), {
      timeout: 3_000,
    });
    expect((await world.status()).deliveries).toEqual({ pending: 0, delivered: 1, dead: 1, suppressed: 0 });
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
    await world.advance(11_000);
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

/** One state in workerd, the same in the operator's answer, on the front page and in the heartbeat. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Health } from '../../src/alert/health-state.ts';
import { STATUS_PATH } from '../../src/web/operator-paths.ts';
import { createInbox, type Inbox, lastOpened, openAlert, SIGNING_KEY, settled } from './receivers.ts';
import { createRequests, createSite, type Kind, type Site } from './site.ts';
import { HOUR, MINUTE, type World, type WorldOptions } from './world.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A Tocsin with its pages, and a monitor that its ticks ping. */
async function createWatched(options: WorldOptions = {}) {
  const site = await createSite({ world: options });
  const requests = await createRequests();
  const monitor = await createInbox();
  const { world } = site;
  const ask = async (kind: Kind, path: string): Promise<Response> => {
    const { init } = await requests(kind, 'GET', path);
    // As the Worker has it.
    const ledger = world.stub as unknown as Site['deps']['ledger'];
    return site.visit(path, init, { deps: { ledger } });
  };
  return {
    world,
    /** One tick; whether the monitor was pinged. */
    async tick(): Promise<boolean> {
      const before = await monitor.posts();
      await world.tick({ HEARTBEAT_URL: monitor.url }).catch(() => {});
      return (await monitor.posts()) > before;
    },
    /** The state, after it was compared with the front page. */
    async health(): Promise<Health> {
      const { health } = (await (await ask('an operator', STATUS_PATH)).json()) as { health: Health };
      const page = await (await ask('a viewer', '/')).text();
      expect(page.toLowerCase()).toContain(`<title>${health.state}`);
      for (const { level, text } of health.reasons) {
        expect(page).toContain(`<span class="level level-${level}">`);
        expect(page).toContain(escaped(text.slice(1, 40)));
      }
      return health;
    },
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll("'", '&#39;');
}

const texts = ({ reasons }: Health): string[] => reasons.map(({ level, text }) => `${level}: ${text}`);

async function withHook(): Promise<{ hook: Inbox } & Awaited<ReturnType<typeof createWatched>>> {
  const hook = await createInbox();
  const settings = { WEBHOOK_URL: hook.url, WEBHOOK_SECRET: SIGNING_KEY };
  return { hook, ...(await createWatched({ settings })) };
}

async function revoke(world: World): Promise<void> {
  await world.slack.answer({ status: 404, body: 'no_service' });
  await openAlert(world);
  await settled(world);
}

/** What waits has waited for 7 days. A new object looks for that at once, else it is looked for once an hour. */
async function diedAll(world: World): Promise<void> {
  await world.sql("UPDATE deliveries SET queued_at = queued_at - ? WHERE state = 'pending'", 7 * 24 * HOUR);
  await world.evict();
  await settled(world);
}

describe('the state', () => {
  it('before the first tick: blind', async () => {
    const { health } = await createWatched();
    expect(texts(await health())).toEqual([expect.stringMatching(/^critical: no tick has run yet/)]);
    expect((await health()).state).toBe('blind');
  });

  it('where all is well: healthy, and the heartbeat is sent', async () => {
    const { tick, health } = await createWatched();
    expect([await tick(), await tick()]).toEqual([true, true]);
    expect(await health()).toEqual({ state: 'healthy', reasons: [] });
  });

  it('where the only receiver is revoked: blind, no heartbeat; also once its messages died; well once it takes one', async () => {
    const { world, tick, health } = await createWatched();
    expect(await tick()).toBe(true);
    // One refusal may be the message's own.
    await revoke(world);
    expect(await tick()).toBe(true);
    await revoke(world);
    expect((await world.status()).deliveries).toMatchObject({ pending: 2, dead: 0 });
    for (let n = 0; n < 3; n++) {
      expect(await tick()).toBe(false);
      await world.advance(MINUTE);
    }
    const blind = await health();
    expect(blind.state).toBe('blind');
    expect(texts(blind)).toEqual([
      'critical: nobody can be notified: no receiver works',
      expect.stringMatching(/^high: the receiver slack does not work: .*no_service/),
    ]);
    await world.evict();
    expect(await tick()).toBe(false);

    await diedAll(world);
    expect((await world.status()).deliveries).toMatchObject({ delivered: 0, dead: 2 });
    expect(await tick()).toBe(false);
    expect(texts(await health())).toEqual([
      ...texts(blind),
      'high: 2 messages could not be delivered in the last 24 hours',
    ]);

    await world.slack.answer({ status: 200, body: 'ok' });
    await world.stub.resend(null, null);
    await settled(world);
    expect(await tick()).toBe(true);
    expect(await health()).toEqual({ state: 'healthy', reasons: [] });
  });

  it('where the only receiver is not set: blind, and no heartbeat', async () => {
    const { tick, health } = await createWatched({ settings: { SLACK_WEBHOOK_URL: 'not an address' } });
    expect(await tick()).toBe(false);
    const { state, reasons } = await health();
    expect(state).toBe('blind');
    expect(reasons[0]).toMatchObject({ kind: 'nobody-notified', level: 'critical' });
  });

  it('where one of two receivers fails: degraded, and the heartbeat goes on', async () => {
    const { world, tick, health } = await withHook();
    await tick();
    await revoke(world);
    await revoke(world);
    expect(await tick()).toBe(true);
    const { state, reasons } = await health();
    expect(state).toBe('degraded');
    expect(reasons[0]).toMatchObject({
      kind: 'unhealthy-receiver',
      text: expect.stringMatching(/^the receiver slack does not work: /),
    });
  });

  it('where both receivers fail: blind, and no heartbeat', async () => {
    const { world, hook, tick, health } = await withHook();
    await tick();
    await hook.answer({ status: 410 });
    await revoke(world);
    await revoke(world);
    expect(await tick()).toBe(false);
    expect((await health()).state).toBe('blind');
  });

  it('where one message alone is refused: the heartbeat goes on; degraded once it died of a day of that', async () => {
    const { world, tick, health } = await createWatched();
    await tick();
    const real = globalThis.fetch;
    const opening = openAlert(world);
    const refused = new RegExp(`\\b${lastOpened()}\\b`);
    vi.stubGlobal('fetch', (url: string, init: RequestInit) =>
      url === world.slack.url && refused.test(String(init.body))
        ? Promise.resolve(new Response('invalid_blocks', { status: 400 }))
        : real(url, init),
    );
    await opening;
    await settled(world);
    for (let n = 0; n < 10; n++) await openAlert(world);
    await settled(world);
    expect((await world.status()).deliveries).toMatchObject({ pending: 1, delivered: 10, dead: 0 });
    expect(await tick()).toBe(true);
    expect(await health()).toEqual({ state: 'healthy', reasons: [] });

    await openAlert(world);
    await settled(world);
    const lasted = "UPDATE deliveries SET own_ms = ?, due_at = NULL WHERE state = 'pending'";
    await world.sql(lasted, 24 * HOUR);
    await settled(world);
    // The health alert that it died is delivered, too.
    expect((await world.status()).deliveries).toMatchObject({ pending: 0, delivered: 12, dead: 1 });
    expect(await tick()).toBe(true);
    const degraded = await health();
    expect(degraded.state).toBe('degraded');
    expect(texts(degraded)).toEqual(['high: 1 message could not be delivered in the last 24 hours']);
  });

  it('where the API key is refused: degraded, then blind; no heartbeat', async () => {
    const { world, tick, health } = await createWatched();
    expect(await tick()).toBe(true);
    await world.knobs({ error: { probability: 1, status: 401 } });
    expect(await tick()).toBe(false);
    expect((await health()).state).toBe('degraded');
    expect(texts(await health())).toEqual([
      expect.stringMatching(/^critical: reading has failed for less than a minute: .*401/),
    ]);
    await world.advance(16 * MINUTE);
    expect(await tick()).toBe(false);
    await world.runAlarm();
    expect((await health()).state).toBe('blind');
    expect(texts(await health()).slice(0, 2)).toEqual([
      expect.stringMatching(/^critical: no progress in reading the audit log for 16 minutes/),
      expect.stringMatching(/^critical: reading has failed for 16 minutes: .*401/),
    ]);
    await world.clearKnobs();
    expect(await tick()).toBe(true);
  });
});

describe('a quiet tick', () => {
  /** The rows that the ledger reads during `work`. */
  async function rowsRead(world: World, work: () => Promise<unknown>): Promise<number> {
    let read = 0;
    const restore = await world.inStorage(({ sql }) => {
      const exec = sql.exec.bind(sql);
      sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
        const cursor = exec(query, ...binds);
        const rows = cursor.toArray();
        read += cursor.rowsRead;
        return { toArray: () => rows, rowsWritten: cursor.rowsWritten };
      }) as unknown as typeof sql.exec;
      return () => {
        sql.exec = exec;
      };
    });
    await work();
    restore();
    return read;
  }

  it('reads few rows, however many messages wait, were delivered or died', async () => {
    const { world, tick } = await withHook();
    await tick();
    await tick();
    const few = await rowsRead(world, tick);
    const later = Date.now() + HOUR;
    const queue = (state: string, dueAt: number | null, settledAt: number | null) =>
      world.sql(
        `INSERT INTO deliveries (receiver, notification, level, state, attempts, queued_at, due_at, settled_at)
         SELECT 'slack', '{}', key % 5, ?, 1, ?, ?, ?
         FROM json_each('[' || rtrim(replace(printf('%.*c', 2000, 'x'), 'x', '0,'), ',') || ']')`,
        ...[state, Date.now(), dueAt, settledAt],
      );
    // It has asked to slow down, so that what is ready stays.
    await world.sql(
      "INSERT OR REPLACE INTO receivers (name, probes, failures, next_at, slowed) VALUES ('slack', 0, 0, ?, 1)",
      later,
    );
    for (const state of ['delivered', 'dead']) await queue(state, null, Date.now());
    for (const dueAt of [null, later]) await queue('pending', dueAt, null);
    const many = await rowsRead(world, tick);
    expect(few).toBeLessThan(100);
    expect(many - few).toBeLessThan(400);
    // Nothing is ready, and what is set aside fails by itself.
    await world.sql("DELETE FROM deliveries WHERE state = 'pending' AND due_at IS NULL");
    await world.sql("UPDATE deliveries SET own_ms = 1 WHERE state = 'pending'");
    expect((await rowsRead(world, tick)) - few).toBeLessThan(400);
  });

  it.each<[string, number, boolean]>([
    ['a receiver that works, and has much to take', 0, true],
    ['a receiver that does not work, with much that is ready', 1, true],
    ['a receiver that does not work, with much that is set aside', 1, false],
  ])('reads few rows to see that nothing severe goes elsewhere: %s', async (_, isFailing, isReady) => {
    const { world, tick } = await withHook();
    await tick();
    await tick();
    const few = await rowsRead(world, tick);
    const later = Date.now() + HOUR;
    await world.sql(
      `INSERT INTO deliveries (receiver, alert, notification, level, state, attempts, queued_at, due_at, own_ms)
       SELECT 'slack', 1, '{}', 4, 'pending', 1, ?, ?, 1
       FROM json_each('[' || rtrim(replace(printf('%.*c', 2000, 'x'), 'x', '0,'), ',') || ']')`,
      ...[Date.now(), isReady ? null : later],
    );
    await world.sql(
      "INSERT OR REPLACE INTO receivers (name, probes, failures, next_at, slowed, failing_since) VALUES ('slack', 0, ?1, ?2, 0, iif(?1, ?3, NULL))",
      ...[isFailing, later, Date.now()],
    );
    expect((await rowsRead(world, tick)) - few).toBeLessThan(400);
  });
});

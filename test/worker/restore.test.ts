/**
 * The ledger taken back to a moment, in workerd, by the operator's route. Cloudflare's point-in-time recovery does not exist
 * here: a stand-in keeps copies of the tables, and puts one back before the object restarts.
 */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { Ledger } from '../../src/ledger/durable.ts';
import type { RestorePlan } from '../../src/ledger/rpc.ts';
import { KV_REWIND } from '../../src/poller/poll.ts';
import { NOT_TWICE, RESTORE_PATH } from '../../src/web/operator-paths.ts';
import { type CopiedTables, copyTables, putTables, type Tables } from '../support/copied-tables.ts';
import { createSampleLog, recordedIds, type SampleLog } from './sample-log.ts';
import { createRequests, createSite, ORIGIN } from './site.ts';
import { GROUP_WAIT_MS, HOUR, MINUTE, type World } from './world.ts';

/** Longer than a sample's entries, so that a scan from before finds all of them, and shorter than BLIND_AFTER. */
const STEP = 12 * MINUTE;

function tablesOf({ sql }: DurableObjectStorage): Tables {
  return {
    all: (query) => sql.exec<Record<string, string | number | null>>(query).toArray(),
    run: (query, ...binds) => void sql.exec(query, ...binds),
  };
}

/** The platform's history of a world's storage, as far as `keep` has kept it. */
async function createPlatform(world: World) {
  const kept: { readonly at: number; readonly tables: CopiedTables; readonly alarm: number | null }[] = [];
  const inObject = <T>(work: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> =>
    runInDurableObject(world.stub, (_: Ledger, { storage }) => work(storage));
  const copy = (storage: DurableObjectStorage) => copyTables(tablesOf(storage));
  return {
    /** Remembers the storage as it is now. */
    async keep(): Promise<number> {
      const at = Date.now();
      kept.push(await inObject(async (storage) => ({ at, tables: copy(storage), alarm: await storage.getAlarm() })));
      return at;
    },
    /** Gives the object its platform, until it restarts. */
    install: () =>
      inObject((storage) => {
        storage.getBookmarkForTime = async (at) => `bookmark ${kept.findLastIndex((one) => one.at <= Number(at))}`;
        storage.getCurrentBookmark = async () => {
          kept.push({ at: Date.now(), tables: copy(storage), alarm: await storage.getAlarm() });
          return `bookmark ${kept.length - 1}`;
        };
        storage.onNextSessionRestoreBookmark = async (bookmark) => {
          const found = kept[Number(bookmark.split(' ')[1])];
          if (found === undefined) throw new Error('no such bookmark');
          storage.transactionSync(() => putTables(tablesOf(storage), found.tables));
          if (found.alarm !== null) await storage.setAlarm(found.alarm);
          await storage.sync();
          return 'the moment before';
        };
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: { readonly outcome?: string; readonly plan?: RestorePlan; readonly message?: string };
}

/** A site over a real ledger that has read a sample, its platform, and the operator's call. */
async function createRestorable() {
  const site = await createSite();
  const { world } = site;
  const requests = await createRequests();
  const platform = await createPlatform(world);
  let isLost = false;
  /** What the route needs of the ledger: a new stub for each connection, as on Cloudflare. */
  const connect = () => {
    const stub = world.freshStub();
    if (!isLost) return stub;
    return {
      planRestore: (target: never, id: never) => stub.planRestore(target, id),
      restore: (bookmark: string) => stub.restore(bookmark),
      finishRestore: () => Promise.reject(new Error('the answer is lost')),
      recordSecurity: (event: never) => stub.recordSecurity(event),
    };
  };
  /** From now on no ledger says that it has gone back. */
  const loseAnswers = () => {
    isLost = true;
  };
  const restore = async (order: { at: number | null; suppress?: boolean; confirmed?: boolean }): Promise<Answer> => {
    const at = order.at === null ? null : new Date(order.at).toISOString();
    const body = JSON.stringify({ suppress: false, confirmed: false, ...order, at });
    const { init } = await requests('the operator secret', 'POST', RESTORE_PATH, body);
    last = { ...init, method: 'POST', body };
    return again();
  };
  let last: RequestInit = {};
  /** Sends the last request once more, with its token. */
  const again = async (): Promise<Answer> => {
    const response = await site.visit(RESTORE_PATH, last, {
      origin: ORIGIN,
      settings: { KV: world.bindings.KV },
      deps: { ledger: world.stub as never, reconnect: connect as never },
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
  return { world, platform, restore, again, loseAnswers };
}

/** Appends a sample whose alerts are its own, reads it and delivers what it opens. */
async function read(world: World, prefix: string): Promise<SampleLog> {
  const sample = createSampleLog(Date.now(), { size: 120, prefix, spanMs: 10 * MINUTE });
  await world.append(sample.records);
  await world.untilEnded();
  await world.delivered();
  return sample;
}

/** How many alerts people were notified of: a group's message says how many more it has. */
async function notifiedOf(world: World): Promise<number> {
  const { messages } = await world.slack.read();
  return messages
    .filter(({ text }) => !text.includes('Tocsin'))
    .reduce((sum, { text }) => sum + 1 + Number(/, and (\d+) more alerts?\b/.exec(text)?.[1] ?? 0), 0);
}

/** Deliveries about alerts: decisions, and the messages of groups. */
async function deliveriesIn(world: World): Promise<number> {
  const [row] = await world.sql<{ n: number }>('SELECT count(*) AS n FROM deliveries WHERE health IS NULL');
  return row?.n ?? 0;
}

async function alertsIn(world: World) {
  return world.sql<{ id: number; title: string; count: number }>('SELECT id, title, count FROM alerts ORDER BY id');
}

describe('a ledger taken back to a moment', () => {
  it.each([
    ['notifies again of the alerts that were forgotten', false],
    ['with --suppress notifies nobody again', true],
  ])('records every entry once, opens every alert again, and %s', async (_, suppress) => {
    const { world, platform, restore } = await createRestorable();
    const first = await read(world, 'a');
    await world.advance(STEP);
    const deliveriesThen = await deliveriesIn(world);
    const then = await platform.keep();
    await world.advance(STEP);
    const second = await read(world, 'b');
    const before = await alertsIn(world);
    const sent = await notifiedOf(world);
    expect(sent).toBe(first.alerts.length + second.alerts.length);

    await platform.install();
    const planned = await restore({ at: then, suppress });
    expect(planned).toMatchObject({
      status: 200,
      body: {
        outcome: 'planned',
        plan: {
          to: then,
          entries: second.ids.length,
          alertsOpened: second.alerts.length,
          alertsChanged: 0,
          delivered: (await deliveriesIn(world)) - deliveriesThen,
          deliveredFromBefore: 0,
          undelivered: 0,
        },
      },
    });
    expect(await recordedIds(world)).toEqual([...first.ids, ...second.ids].sort());

    const done = await restore({ at: then, suppress, confirmed: true });
    expect(done).toMatchObject({ status: 200, body: { outcome: 'restored' } });
    expect(await recordedIds(world)).toEqual([...first.ids].sort());
    expect((await world.status()).restored).toMatchObject({ to: then });
    expect((await world.status()).watching).toBe('watching');
    expect(await world.alarmAt()).not.toBeNull();

    await world.untilEnded();
    expect(await recordedIds(world)).toEqual([...first.ids, ...second.ids].sort());
    await world.delivered();
    const after = await alertsIn(world);
    const shown = (rows: typeof after) => rows.map(({ title, count }) => `${title}: ${count}`).sort();
    expect(shown(after)).toEqual(shown(before));
    // No number of an alert that a message had is another alert's now.
    const highest = Math.max(...before.map(({ id }) => id));
    expect(after.slice(first.alerts.length).every(({ id }) => id > highest)).toBe(true);
    expect((await notifiedOf(world)) - sent).toBe(suppress ? 0 : second.alerts.length);

    // What comes after is notified in either case.
    await world.advance(2 * HOUR);
    const third = await read(world, 'c');
    expect((await notifiedOf(world)) - sent).toBe((suppress ? 0 : second.alerts.length) + third.alerts.length);
  });

  it('sends once more what was waiting then, as the plan says', async () => {
    const { world, platform, restore } = await createRestorable();
    const sample = createSampleLog(Date.now(), { size: 60, prefix: 'a' });
    await world.append(sample.records);
    await world.slack.answer({ status: 503 });
    await world.untilEnded();
    await world.advance(GROUP_WAIT_MS);
    await world.runAlarm();
    // Two of them have failed, so that Slack is left alone for a minute.
    await vi.waitFor(
      async () =>
        expect(await world.sql('SELECT failures, attempt_of FROM receivers')).toEqual([
          { failures: 2, attempt_of: null },
        ]),
      { timeout: 4_000, interval: 20 },
    );
    const then = await platform.keep();
    await world.slack.answer({ status: 200, body: 'ok' });
    await world.advance(2 * STEP);
    await world.delivered();
    const sent = await notifiedOf(world);
    await platform.install();
    const planned = await restore({ at: then, confirmed: true });
    expect(planned.body.plan).toMatchObject({
      deliveredFromBefore: await deliveriesIn(world),
      delivered: 0,
      entries: 0,
    });
    await world.delivered();
    expect((await notifiedOf(world)) - sent).toBe(sample.alerts.length);
  });

  it('is undone by going to the moment before, and that again', async () => {
    const { world, platform, restore } = await createRestorable();
    const first = await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    const second = await read(world, 'b');
    const all = [...first.ids, ...second.ids].sort();
    await platform.install();
    await restore({ at: then, suppress: true, confirmed: true });
    expect(await recordedIds(world)).toEqual([...first.ids].sort());
    await platform.install();
    expect((await restore({ at: null, confirmed: true })).body).toMatchObject({ outcome: 'restored' });
    expect(await recordedIds(world)).toEqual(all);
    await platform.install();
    expect((await restore({ at: null, confirmed: true })).body).toMatchObject({ outcome: 'restored' });
    expect(await recordedIds(world)).toEqual([...first.ids].sort());
    await world.untilEnded();
    expect(await recordedIds(world)).toEqual(all);
  });

  it('gets its mark from the next tick if the call died before it could give it', async () => {
    const { world, platform, restore } = await createRestorable();
    await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    await read(world, 'b');
    await platform.install();
    const plan = (await world.stub.planRestore(then, 'died')) as { plan: RestorePlan; expected: object };
    const mark = { at: Date.now(), undo: plan.plan.undo, replaces: null, ...plan.expected };
    const to = new Date(then).toISOString();
    await world.setKv(KV_REWIND, JSON.stringify({ id: 'died', to, suppress: true, restored: mark }));
    // Before the ledger has gone back, a tick that reads the mark ignores it.
    expect((await world.poll()).how).toBe('resumed');
    await world.stub.restore(plan.plan.bookmark).catch(() => null);
    world.freshStub();
    expect((await world.poll()).how).toBe('rewound');
    expect((await world.status()).restored).toMatchObject({ id: 'died' });
    const sent = await notifiedOf(world);
    await world.untilEnded();
    await world.delivered();
    expect(await notifiedOf(world)).toBe(sent);
    // And then it can be asked for again.
    await platform.install();
    expect((await restore({ at: null })).status).toBe(200);
  });
});

describe('nothing is restored', () => {
  it('where workerd keeps no history: the answer says so, and what KV holds stays', async () => {
    const { world, restore } = await createRestorable();
    await read(world, 'a');
    await world.advance(STEP);
    for (const confirmed of [false, true]) {
      expect(await restore({ at: Date.now() - 2 * MINUTE, confirmed })).toEqual({
        status: 422,
        body: {
          message:
            'point-in-time recovery is not available here: only a Worker on Cloudflare has it, not one on your machine',
        },
      });
    }
    expect(await world.kvText(KV_REWIND)).toBeNull();
    expect((await world.state()).rewinds).toEqual([]);
  });

  it('by a copy of a request that was carried out: neither before the ledger has its mark nor after', async () => {
    const { world, platform, restore, again } = await createRestorable();
    await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    await platform.install();
    const second = await read(world, 'b');
    expect(await restore({ at: then, confirmed: true })).toMatchObject({ body: { outcome: 'restored' } });
    // The restored ledger has forgotten the token.
    expect(await world.sql('SELECT 1 FROM spent_proofs')).toEqual([]);
    await world.untilEnded();
    await platform.install();
    expect(await again()).toMatchObject({ status: 409, body: { message: NOT_TWICE } });
    expect(await recordedIds(world)).toEqual(expect.arrayContaining([...second.ids]));
  });

  it('while a rewind waits for a tick', async () => {
    const { world, platform, restore } = await createRestorable();
    await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    await platform.install();
    const waiting = JSON.stringify({ id: 'waiting', to: new Date(then).toISOString() });
    await world.setKv(KV_REWIND, waiting);
    expect(await restore({ at: then, confirmed: true })).toMatchObject({ status: 409 });
    expect(await world.kvText(KV_REWIND)).toBe(waiting);
    await world.untilEnded();
    expect(await restore({ at: then, confirmed: true })).toMatchObject({ body: { outcome: 'restored' } });
  });

  it('where the platform fails to: the answer does not confirm it, and the mark changes nothing', async () => {
    const { world, platform, restore } = await createRestorable();
    const first = await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    await platform.install();
    await world.inStorage((storage) => {
      storage.onNextSessionRestoreBookmark = async () => {
        throw new Error('the platform is out of order');
      };
    });
    expect(await restore({ at: then, confirmed: true })).toMatchObject({
      status: 200,
      body: { outcome: 'unconfirmed' },
    });
    expect((await world.poll()).how).toBe('resumed');
    expect(await recordedIds(world)).toEqual([...first.ids].sort());
    expect((await world.status()).restored).toBeNull();
    const { events } = await world.stub.securityLog(null);
    expect(events.map(({ detail }) => detail?.endsWith('(not confirmed)'))).toEqual([true, false]);
  });

  it('is in the log of the ledger that went back, also where that does not say so', async () => {
    const { world, platform, restore, loseAnswers } = await createRestorable();
    await read(world, 'a');
    await world.advance(STEP);
    const then = await platform.keep();
    await world.advance(STEP);
    await platform.install();
    loseAnswers();
    expect((await restore({ at: then, confirmed: true })).body.outcome).toBe('unconfirmed');
    const { events } = await world.freshStub().securityLog(null);
    expect(events).toMatchObject([{ act: 'restore', detail: expect.stringContaining('(not confirmed)') }]);
  });

  it.each([
    ['without a time', {}],
    ['with a time that is not one', { at: 'yesterday', suppress: false, confirmed: true }],
    ['with a day that does not exist', { at: '2026-02-30T00:00:00Z', suppress: false, confirmed: true }],
    ['without saying whether it is confirmed', { at: null, suppress: false }],
  ])('%s', async (_, body) => {
    const site = await createSite();
    const requests = await createRequests();
    const { init } = await requests('an operator', 'POST', RESTORE_PATH);
    const response = await site.visit(RESTORE_PATH, { ...init, method: 'POST', body: JSON.stringify(body) });
    expect(response.status).toBe(422);
  });
});

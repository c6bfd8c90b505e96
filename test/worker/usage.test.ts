/**
 * What of the day's allowances is used, in workerd: the counts are what the storage reports, they survive an eviction except for
 * what is documented as lost, and people are notified before a limit is reached.
 */

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { EVERY_ALERT } from '../../src/ledger/alert-query.ts';
import type { Ledger } from '../../src/ledger/durable.ts';
import type { Allowance } from '../../src/ledger/rpc.ts';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, HOUR, MINUTE, type World } from './world.ts';

type Counts = Readonly<Record<Allowance, number>>;
const DAY = 24 * HOUR;

async function usageOf(world: World): Promise<Counts> {
  const { usage } = await world.status();
  return Object.fromEntries((usage?.allowances ?? []).map(({ of, used }) => [of, used])) as Counts;
}

function difference(after: Counts, before: Counts): Counts {
  return Object.fromEntries(Object.entries(after).map(([of, n]) => [of, n - before[of as Allowance]])) as Counts;
}

/** What the storage reports from now on, beside the meter. */
async function watchStorage(world: World): Promise<() => { rowsRead: number; rowsWritten: number; alarms: number }> {
  const cursors: { readonly rowsRead: number; readonly rowsWritten: number }[] = [];
  let alarms = 0;
  await runInDurableObject(world.stub, (_: Ledger, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    const setAlarm = storage.setAlarm.bind(storage);
    storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
      const cursor = exec(query, ...binds);
      cursors.push(cursor);
      return cursor;
    }) as typeof storage.sql.exec;
    storage.setAlarm = (...args) => {
      alarms++;
      return setAlarm(...args);
    };
  });
  const sum = (of: 'rowsRead' | 'rowsWritten') => cursors.reduce((total, cursor) => total + cursor[of], 0);
  return () => ({ rowsRead: sum('rowsRead'), rowsWritten: sum('rowsWritten'), alarms });
}

/** The clock shifted to noon of tomorrow: the alarm does not run by itself, and no day ends meanwhile. */
async function createNoonWorld(): Promise<World> {
  const world = await createWorld();
  await world.advance(DAY - (Date.now() % DAY) + 12 * HOUR);
  await world.tick();
  return world;
}

const deletions = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) =>
    entryAt(Date.now() - 30_000 + i, `deleted-${from + i}`, { action: 'api_key.deleted', actor: { id: `u-${i}` } }),
  );

describe('the counts', () => {
  it('are what the storage reports, and one row for each alarm that is set', async () => {
    const world = await createNoonWorld();
    const reported = await watchStorage(world);
    const [before, costs] = [await usageOf(world), { ...world.costs }];
    await world.append(deletions(0, 30));
    await world.tick();
    await world.runAlarm();
    await world.advance(MINUTE);
    await world.tick();
    await world.stub.overview();
    await world.stub.alerts({ ...EVERY_ALERT, status: 'unresolved' });
    await world.stub.entryText('deleted-0', null);
    // A status says what was used before it read its rows: those of the first are in both counts, of the second in none.
    const { rowsRead, rowsWritten, alarms } = reported();
    const used = difference(await usageOf(world), before);
    expect(rowsWritten).toBeGreaterThan(30 * 5);
    expect(rowsRead).toBeGreaterThan(30 * 5);
    expect(alarms).toBeGreaterThan(0);
    expect(used).toMatchObject({ rowsRead, rowsWritten: rowsWritten + alarms });
    const calls = (['begin', 'record', 'flush', 'quarantineCandidate'] as const).map(
      (of) => world.costs[of] - costs[of],
    );
    // Beside those of the ticks: an alarm, three views, and a status.
    expect(used.ledgerRequests).toBe(calls.reduce((a, b) => a + b) + 1 + 3 + 1);
    // Two ticks, two pages and a status; a text may be one of several that a request asks for.
    expect(used.requests).toBe(2 + 2 + 1);
    // The copy of the checkpoint, which the tick after it reported.
    expect([world.costs.kvPut - costs.kvPut, used.kvWrites]).toEqual([1, 1]);
  });

  it('of a quiet tick are kept in memory: it writes no row, nor asks for one more', async () => {
    const world = await createNoonWorld();
    await world.countRows();
    const [before, costs] = [await usageOf(world), { ...world.costs }];
    await world.advance(MINUTE);
    await world.tick();
    const used = difference(await usageOf(world), before);
    expect(world.costs.rows - costs.rows).toBe(0);
    expect(used).toMatchObject({ rowsWritten: 0, kvWrites: 0, requests: 2, ledgerRequests: 3 });
    expect(used.rowsRead).toBeGreaterThan(0);
  });

  it('begin again at 00:00 UTC', async () => {
    const world = await createNoonWorld();
    await world.append(deletions(0, 20));
    await world.tick();
    const { usage } = await world.status();
    expect((await usageOf(world)).rowsWritten).toBeGreaterThan(100);
    await world.advance((usage?.resetsAt ?? 0) - Date.now());
    expect(await usageOf(world)).toMatchObject({ rowsWritten: 0, kvWrites: 0, requests: 1, ledgerRequests: 1 });
  });
});

describe('an eviction', () => {
  it('loses only what was counted since the last save, and ticks bring back what they knew', async () => {
    const world = await createNoonWorld();
    await world.append(deletions(0, 20));
    await world.tick();
    const saved = (await world.state()).usage;
    // A quiet tick is not saved, and knows of itself.
    await world.advance(MINUTE);
    await world.tick();
    const known = await usageOf(world);
    for (let n = 0; n < 3; n++) await world.stub.overview();
    const before = await usageOf(world);
    expect((await world.state()).usage).toEqual(saved);

    await world.evict();
    const after = await usageOf(world);
    for (const of of ['rowsWritten', 'kvWrites', 'requests', 'ledgerRequests'] as const) {
      expect(after[of]).toBeGreaterThanOrEqual(saved?.[of] ?? Number.NaN);
      expect(after[of]).toBeLessThanOrEqual(before[of]);
    }
    expect(after.ledgerRequests).toBe((saved?.ledgerRequests ?? 0) + 1);

    await world.tick();
    const back = await usageOf(world);
    for (const of of Object.keys(known) as Allowance[]) expect(back[of]).toBeGreaterThanOrEqual(known[of]);
    // The three pages are lost.
    expect(back.requests).toBeLessThan(before.requests + 3);
  });

  it('after each tick loses none of them', async () => {
    const world = await createNoonWorld();
    const { begin, record } = world.costs;
    const before = await usageOf(world);
    await world.tick();
    for (let n = 0; n < 15; n++) {
      await world.evict();
      await world.advance(MINUTE);
      await world.tick();
    }
    const used = difference(await usageOf(world), before);
    expect(used.requests).toBe(1 + 15 + 1);
    expect(used.ledgerRequests).toBe(world.costs.begin - begin + world.costs.record - record + 1);
    // Starting reads the state, and so does each call.
    expect(used.rowsRead).toBeGreaterThan(15 * 3);
  });
});

describe('people', () => {
  const texts = async (world: World): Promise<string[]> =>
    (await world.slack.read()).messages.map((message) => JSON.stringify(message));

  it('are notified at 80 % and at 99 %, each once, and when the next day has begun', async () => {
    const world = await createNoonWorld();
    const setWritten = async (rowsWritten: number) => {
      await world.editState((state) => (state.usage ? { ...state, usage: { ...state.usage, rowsWritten } } : state));
      await world.evict();
    };
    const tickAndAlarm = async () => {
      await world.tick();
      if (((await world.alarmAt()) ?? Number.POSITIVE_INFINITY) <= Date.now()) await world.runAlarm();
    };
    await setWritten(79_000);
    await tickAndAlarm();
    expect(await texts(world)).toEqual([]);
    await setWritten(80_000);
    for (let n = 0; n < 3; n++) await tickAndAlarm();
    expect(await texts(world)).toEqual([expect.stringContaining("a daily limit of Cloudflare's plan is near")]);
    await setWritten(99_000);
    for (let n = 0; n < 3; n++) await tickAndAlarm();
    expect((await texts(world)).slice(1)).toEqual([
      expect.stringMatching(
        /a daily limit of Cloudflare's plan is reached: blind until 00:00 UTC.*99,\d\d\d of 100,000 rows written \(99 %\)/,
      ),
    ]);
    const resetsAt = (await world.status()).usage?.resetsAt ?? 0;
    await world.tick();
    expect(await world.alarmAt()).toBeLessThanOrEqual(resetsAt);
    await world.advance(resetsAt - Date.now());
    for (let n = 0; n < 3; n++) await tickAndAlarm();
    const limits = (await texts(world)).filter((text) => text.includes('daily limit'));
    expect(limits).toHaveLength(3);
    expect(limits[2]).toContain("no daily limit of Cloudflare's plan is reached any more");
  });

  it('are notified once that Cloudflare refuses the ledger for a limit, with the time until which it is blind', async () => {
    const world = await createNoonWorld();
    await world.append(deletions(0, 1));
    const undo = await runInDurableObject(world.stub, (_: Ledger, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
        if (/^\s*(INSERT|UPDATE|DELETE)/.test(query)) {
          throw new Error('Exceeded allowed rows written in Durable Objects free tier.');
        }
        return exec(query, ...binds);
      }) as typeof storage.sql.exec;
      return () => {
        storage.sql.exec = exec;
      };
    });
    for (let n = 0; n < 5; n++) {
      for (let tick = 0; tick < 2; tick++) await expect(world.tick()).rejects.toThrow('free tier');
      await world.advance(2 * HOUR);
    }
    const refused = (await texts(world)).filter((text) => text.includes("plan's limit"));
    expect(refused).toEqual([
      expect.stringContaining("The plan's limit of rows written is reached: blind until 00:00 UTC (Exceeded allowed"),
    ]);
    await runInDurableObject(world.stub, undo);
    await world.advance(2 * HOUR);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 1 });
  });
});

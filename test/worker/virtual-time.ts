/**
 * A world in virtual time: the Durable Object, its storage and its alarms are the runtime's own, but nobody waits. Its
 * clock and its timers are virtual, its receivers answer within the test, and its alarm is run when it is due.
 */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { enqueue } from '../../src/ledger/deliver/outbox.ts';
import { testNotification } from '../../src/ledger/deliver/test-delivery.ts';
import type { Ledger } from '../../src/ledger/durable.ts';
import { durableStore } from '../../src/ledger/store/durable-store.ts';
import type { Level } from '../../src/sigma/index.ts';
import { createWorld, HOUR, type World } from './world.ts';

export interface Arrival {
  readonly number: number;
  /** When the request began, and when it was answered. */
  readonly at: number;
  readonly until: number;
  readonly status: number;
}

/** How a receiver answers a request at a time, and after how long. */
export type Vendor = (now: number) => {
  readonly status: number;
  readonly retryAfter?: number;
  readonly afterMs: number;
};

/** Takes one message a second; else 429, with so many seconds in Retry-After, or none. */
export function oneASecond(retryAfter: number | null): Vendor {
  let lastAt = Number.NEGATIVE_INFINITY;
  return (now) => {
    if (now - lastAt < 1_000) {
      return { status: 429, ...(retryAfter === null ? {} : { retryAfter }), afterMs: 80 };
    }
    lastAt = now;
    return { status: 200, afterMs: 80 };
  };
}

/** Takes everything after so many ms. */
export function taking(afterMs: number): Vendor {
  return () => ({ status: 200, afterMs });
}

export interface VirtualWorld {
  readonly world: World;
  readonly now: () => number;
  /** What each receiver was sent. */
  readonly arrivals: Readonly<Record<'slack' | 'webhook', readonly Arrival[]>>;
  /** When each alarm began and ended. */
  readonly alarms: readonly { readonly from: number; readonly to: number }[];
  /** Enqueues so many messages; returns the number of the first. */
  put(receiver: 'slack' | 'webhook', count: number, level: Level): Promise<number>;
  /** Runs until that is so, or that much later. */
  runUntil(isOver: () => boolean, mostMs: number): Promise<void>;
  runFor(ms: number): Promise<void>;
  /** The object dies with what it was doing; the next call makes another one. */
  die(): Promise<void>;
  /** Counts the rows that statements read and write, as the storage reports them, from now on. */
  countRows(): Promise<() => { readonly read: number; readonly written: number }>;
}

/** The clock of worlds in real time, in which each world begins. */
const worldClock = vi.mocked(Date.now).getMockImplementation() ?? Date.now;
const WEBHOOK_URL = 'https://webhook.example/in';

/** Creates one. The clock and the timers of this file are virtual from then on. */
export async function createVirtualWorld(vendors: {
  readonly slack: Vendor;
  readonly webhook?: Vendor;
}): Promise<VirtualWorld> {
  const settings = {
    BLIND_AFTER: '24h',
    ...(vendors.webhook === undefined ? {} : { WEBHOOK_URL, WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }),
  };
  vi.mocked(Date.now).mockImplementation(worldClock);
  const world = await createWorld({ paced: true, settings });
  await world.untilEnded();
  await world.deleteAlarm();
  const realFetch = globalThis.fetch;
  const realSetTimeout = globalThis.setTimeout;
  // The runtime would run an alarm that is due by the real clock.
  let now = Date.now() + HOUR;
  vi.mocked(Date.now).mockImplementation(() => now);

  let timerIds = 0;
  /** When each timer is due. */
  const timers = new Map<number, number>();
  const setVirtual = (call: () => void, ms = 0): number => {
    const id = ++timerIds;
    timers.set(id, now + ms);
    // It looks at the clock itself: no other object may do anything on behalf of the one that set it.
    const look = (): void => {
      const at = timers.get(id);
      if (at === undefined) return;
      if (at > now) return void realSetTimeout(look, 1);
      timers.delete(id);
      call();
    };
    realSetTimeout(look, 0);
    return id;
  };
  vi.stubGlobal('setTimeout', setVirtual);
  vi.stubGlobal('clearTimeout', (id: number) => void timers.delete(id));

  const arrivals = { slack: [] as Arrival[], webhook: [] as Arrival[] };
  vi.stubGlobal('fetch', async (url: string, init: RequestInit): Promise<Response> => {
    const name = url === world.slack.url ? 'slack' : url === WEBHOOK_URL ? 'webhook' : null;
    const vendor = name === null ? undefined : vendors[name];
    if (name === null || vendor === undefined) return realFetch(url, init);
    const number = Number(/message-(\d+)/.exec(String(init.body))?.[1] ?? 0);
    const at = now;
    const { status, retryAfter, afterMs } = vendor(at);
    await new Promise<void>((resolve) => setVirtual(resolve, afterMs));
    arrivals[name].push({ number, at, until: now, status });
    return new Response('ok', { status, headers: retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` } });
  });

  let alarmAt: number | null = null;
  let isRunning = false;
  const alarms: { from: number; to: number }[] = [];
  const watchAlarm = (): Promise<void> =>
    runInDurableObject(world.stub, (_: Ledger, { storage }) => {
      const setAlarm = storage.setAlarm.bind(storage);
      storage.setAlarm = (at, ...rest) => {
        alarmAt = Number(at);
        return setAlarm(at, ...rest);
      };
    });
  await watchAlarm();
  const ring = (): void => {
    alarmAt = null;
    isRunning = true;
    const alarm = { from: now, to: Number.POSITIVE_INFINITY };
    alarms.push(alarm);
    const end = (): void => {
      isRunning = false;
      alarm.to = now;
    };
    // It fails where its object dies.
    void runDurableObjectAlarm(world.stub).then(end, end);
  };
  /** What needs no time gets done meanwhile. */
  const settle = async (turns: number): Promise<void> => {
    for (let n = 0; n < turns; n++) await new Promise<void>((resolve) => realSetTimeout(resolve, 1));
  };
  const nextAt = (): number =>
    Math.min(...timers.values(), !isRunning && alarmAt !== null ? alarmAt : Number.POSITIVE_INFINITY);
  const quiet = async (): Promise<void> => {
    while ([...timers.values()].some((at) => at <= now)) await settle(1);
    await settle(2);
    // A long wait may be the wrong one: something may not have set its timer yet.
    if (nextAt() - now > 1_500) await settle(8);
  };
  const step = async (until: number): Promise<void> => {
    if (!isRunning && alarmAt !== null && alarmAt <= now) ring();
    else now = Math.max(now, Math.min(nextAt(), until));
    await quiet();
  };

  let numbers = 0;
  const wake = (): Promise<unknown> => world.stub.begin({ kv: null, startAt: 0, suppressFirstRead: false });
  const runUntil = async (isOver: () => boolean, mostMs: number): Promise<void> => {
    await wake();
    await quiet();
    const until = now + mostMs;
    while (!isOver() && now < until) await step(until);
  };
  return {
    world,
    now: () => now,
    arrivals,
    alarms,
    put: async (receiver, count, level) => {
      const first = numbers + 1;
      numbers += count;
      await world.inStorage((storage) => {
        const store = durableStore(storage);
        for (let number = first; number < first + count; number++) {
          const test = testNotification(now);
          const alert = { ...test.alert, id: number, level, title: `message-${number}` };
          enqueue(store, { receiver, alert: number, notification: { ...test, alert } }, now);
        }
      });
      return first;
    },
    runUntil,
    runFor: (ms) => runUntil(() => false, ms),
    die: async () => {
      await world.abort();
      timers.clear();
      await watchAlarm();
    },
    countRows: async () => {
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      await world.inStorage(({ sql }) => {
        const exec = sql.exec.bind(sql);
        sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
          const cursor = exec(query, ...binds);
          cursors.push(cursor);
          return cursor;
        }) as typeof sql.exec;
      });
      return () => ({
        read: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
        written: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
      });
    },
  };
}

/**
 * A separate environment for each test in workerd: a ledger, keys in the real KV, an upstream and a Slack. Everything is
 * real and nothing is shared. Counts the Worker's calls, and sets the clock of the Worker and its upstream.
 */
import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { inject, vi } from 'vitest';
import { createClient } from '../../src/audit-log/client.ts';
import type { AuditLog } from '../../src/audit-log/entry.ts';
import { createUserAgents } from '../../src/audit-log/mark.ts';
import { readConfig, SETTINGS } from '../../src/config/config.ts';
import { receiverSettings } from '../../src/config/receivers.ts';
import type { Ledger } from '../../src/ledger/durable.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import type { State } from '../../src/ledger/store/state.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import {
  type CheckpointKv,
  type KV_CHECKPOINT,
  type KV_REWIND,
  type PollDeps,
  type PollResult,
  poll,
} from '../../src/poller/poll.ts';
import { tick } from '../../src/poller/tick.ts';
import type { ReadsLogged } from '../sandbox/app.ts';
import type { KnobsPatch } from '../sandbox/faults.ts';
import type { Dialect } from '../sandbox/query.ts';
import type { LogRecord } from '../sandbox/record.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import type { TrafficRequest } from './server-factory.ts';

export const DIALECTS = ['sorted', 'newest-first', 'oldest-first'] as const satisfies readonly Dialect[];
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const ALLOWED_LATENESS = 5 * MINUTE;
/** The first message of a group waits so long for more, and the second one so long after it. */
export const GROUP_WAIT_MS = MINUTE / 2;
const GROUP_INTERVAL_MS = 5 * MINUTE;

const factoryUrl = inject('factoryUrl');

/** Every line that was logged in this file, by any part of the Worker. */
export const logged: string[] = [];
for (const level of ['log', 'warn', 'error'] as const) {
  vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
    logged.push(parts.map(String).join(' '));
  });
}

const realNow = Date.now.bind(Date);
let offsetMs = 0;
vi.spyOn(Date, 'now').mockImplementation(() => realNow() + offsetMs);

/** Whether receivers keep to their vendors' pace. */
let isPaced = false;
for (const type of RECEIVER_TYPES) {
  const read = type.read.bind(type);
  vi.spyOn(type, 'read').mockImplementation((...args) => {
    const create = read(...args);
    if (create === null || isPaced) return create;
    return (outside) => ({ ...create(outside), paceMs: 0 });
  });
}

/** Lets real time pass. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

export interface WorldOptions {
  readonly dialect?: Dialect;
  readonly seed?: number;
  readonly logOwnReads?: boolean | ReadsLogged;
  /** More settings, for both the tick and the ledger. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** Receivers keep to their vendors' pace. Else there is no wait between two messages. */
  readonly paced?: boolean;
}

/** How many calls of each kind the Worker made. */
export interface Costs {
  requests: number;
  kvGet: number;
  kvPut: number;
  begin: number;
  record: number;
  flush: number;
  quarantineCandidate: number;
  rows: number;
  alarms: number;
}

/** The settings as the tests were started with. */
const NAMES: readonly string[] = [...SETTINGS, ...receiverSettings(RECEIVER_TYPES, null)];
const given = Object.fromEntries(Object.entries(env).filter(([name]) => NAMES.includes(name)));

let worlds = 0;

export type World = Awaited<ReturnType<typeof createWorld>>;

/** A new world. Its settings are the Durable Object's too, until the next world's are set. */
export async function createWorld(options: WorldOptions = {}) {
  const name = `world-${++worlds}`;
  const { url, apiKey } = await ask<{ url: string; apiKey: string }>('POST', `${factoryUrl}/upstreams`, options);
  const inbox = await ask<{ url: string }>('POST', `${factoryUrl}/inboxes`);
  const settings = { SLACK_WEBHOOK_URL: inbox.url, ...options.settings };
  isPaced = options.paced ?? false;
  // The Durable Object reads its settings when it is made, from this very object.
  for (const name of NAMES) delete (env as unknown as Record<string, unknown>)[name];
  Object.assign(env, given, settings);
  let stub = env.LEDGER.getByName(name);
  const costs: Costs = {
    requests: 0,
    kvGet: 0,
    kvPut: 0,
    begin: 0,
    record: 0,
    flush: 0,
    quarantineCandidate: 0,
    rows: 0,
    alarms: 0,
  };

  // Never behind the real clock: an alarm in the runtime's past would run endlessly.
  const setClock = async (to: number): Promise<void> => {
    offsetMs = to;
    await ask('PUT', `${factoryUrl}/clock`, { url, offsetMs: to });
  };
  await setClock(0);

  const key = (of: string): string => `${name}/${of}`;
  const kv: CheckpointKv = {
    async get(keys) {
      costs.kvGet++;
      const values = await env.KV.get(keys.map(key));
      return new Map(keys.map((of) => [of, values.get(key(of)) ?? null]));
    },
    async put(of, value) {
      costs.kvPut++;
      await env.KV.put(key(of), value);
    },
  };
  const ledger: LedgerApi = {
    begin: (...args) => {
      costs.begin++;
      return stub.begin(...args);
    },
    record: (...args) => {
      costs.record++;
      return stub.record(...args);
    },
    flush: (...args) => {
      costs.flush++;
      return stub.flush(...args);
    },
    quarantineCandidate: (...args) => {
      costs.quarantineCandidate++;
      return stub.quarantineCandidate(...args);
    },
    recordFailedTick: (...args) => stub.recordFailedTick(...args),
    canRecord: () => stub.canRecord(),
  };
  const upstreamFetch = (to: string, init: RequestInit): Promise<Response> => {
    costs.requests++;
    return fetch(to, init);
  };

  const sql = <R extends Record<string, SqlStorageValue>>(query: string, ...binds: SqlStorageValue[]): Promise<R[]> =>
    runInDurableObject(stub, (_: Ledger, state) => state.storage.sql.exec<R>(query, ...binds).toArray());

  const bindings = {
    ...env,
    NIRVANA_LABS_BASE_URL: url,
    KV: {
      get: (keys: string | string[]) => (typeof keys === 'string' ? env.KV.get(key(keys)) : kv.get(keys as string[])),
      put: kv.put,
      delete: (of: string) => env.KV.delete(key(of)),
    },
    LEDGER: { getByName: () => stub, idFromName: () => stub.id, get: () => stub },
  };

  const auditLog = (changes: { timeoutMs?: number; retries?: number; maxBytes?: number } = {}): AuditLog =>
    createClient({
      baseUrl: url,
      apiKey,
      fetch: upstreamFetch,
      userAgent: createUserAgents(readConfig(bindings, RECEIVER_TYPES).linkSecret, () => Date.now()),
      now: () => Date.now(),
      // Waits are shortened; the client's own tests check their lengths.
      sleep: (ms) => sleep(Math.min(ms, 20)),
      ...changes,
    });

  return {
    /** Of its ledger, and the beginning of its keys in KV. */
    name,
    url,
    apiKey,
    get stub() {
      return stub;
    },
    costs,
    kv,
    ledger,
    auditLog,
    bindings,
    sql,
    /** Runs `work` with the ledger's storage. */
    inStorage: <T>(work: (storage: DurableObjectStorage) => T): Promise<T> =>
      runInDurableObject(stub, (_: Ledger, { storage }) => work(storage)),
    advance: (ms: number) => setClock(offsetMs + ms),

    /** The dependencies of `poll`, with changes. */
    deps(changes: Partial<PollDeps> = {}): PollDeps {
      return {
        kv,
        ledger,
        auditLog: auditLog(),
        now: () => Date.now(),
        allowedLatenessMs: ALLOWED_LATENESS,
        startAt: Date.now() - HOUR,
        suppressFirstRead: false,
        requests: 40,
        ms: 45_000,
        ...changes,
      };
    },
    poll(changes: Partial<PollDeps> = {}): Promise<PollResult> {
      return poll(this.deps(changes));
    },
    /** A tick as the cron makes it, settings and all; `parts` of the ledger may be changed. */
    tick(changes: Readonly<Record<string, unknown>> = {}, parts: Partial<LedgerApi> = {}): Promise<PollResult> {
      const config = readConfig({ ...bindings, ...changes }, RECEIVER_TYPES);
      return tick(config, { ...ledger, ...parts }, { now: () => Date.now(), fetch: upstreamFetch });
    },
    /** Polls until a scan has ended; returns each result. */
    async untilEnded(changes: Partial<PollDeps> = {}, most = 20): Promise<PollResult[]> {
      const polls: PollResult[] = [];
      while (polls.length < most) {
        const polled = await this.poll(changes);
        polls.push(polled);
        if (polled.stopped === 'scan ended') return polls;
      }
      throw new Error(`no scan ended in ${most} polls: ${JSON.stringify(polls.at(-1))}`);
    },

    append: (records: readonly LogRecord[]) => ask('POST', `${url}/__sandbox/entries`, { records }),
    traffic: (asked: Omit<TrafficRequest, 'url'>) =>
      ask<{ count: number }>('POST', `${factoryUrl}/traffic`, { url, ...asked }),
    knobs: (patch: KnobsPatch) => ask('PUT', `${url}/__sandbox/knobs`, patch),
    clearKnobs: () => ask('DELETE', `${url}/__sandbox/knobs`),
    hits: async () => (await ask<{ hits: Record<string, number> }>('GET', `${url}/__sandbox/knobs`)).hits,
    requests: async () => (await ask<{ count: number }>('GET', `${url}/__sandbox/requests`)).count,
    visible: async () => (await ask<{ ids: (string | null)[] }>('GET', `${url}/__sandbox/visible`)).ids,

    slack: {
      url: inbox.url,
      answer: (answer: FakeAnswer) => ask('PUT', `${new URL(inbox.url).origin}/__inbox/answer`, answer),
      read: () =>
        ask<{ messages: { text: string }[]; posts: number }>('GET', `${new URL(inbox.url).origin}/__inbox/messages`),
    },

    kvText: (of: typeof KV_CHECKPOINT | typeof KV_REWIND) => env.KV.get(key(of)),
    setKv: (of: typeof KV_CHECKPOINT | typeof KV_REWIND, text: string | null) =>
      text === null ? env.KV.delete(key(of)) : env.KV.put(key(of), text),

    async state(): Promise<State> {
      const [row] = await sql<{ value: string }>('SELECT value FROM state WHERE id = 1');
      if (row === undefined) throw new Error('the ledger has no state');
      return JSON.parse(row.value) as State;
    },
    /** Changes the stored state without the ledger. */
    async editState(change: (state: State) => State): Promise<void> {
      const state = await this.state();
      await sql('UPDATE state SET value = ? WHERE id = 1', JSON.stringify(change(state)));
    },
    status: () => stub.status(),
    evict: () => evictDurableObject(stub),
    /** A new connection, also for this world itself: stubs of an object that has restarted only throw. */
    freshStub() {
      stub = env.LEDGER.getByName(name);
      return stub;
    },
    /** Aborts the ledger with its running calls and its alarm. */
    async abort(): Promise<void> {
      await abortAllDurableObjects();
      this.freshStub();
    },
    runAlarm: () => runDurableObjectAlarm(stub),
    alarmAt: () => runInDurableObject(stub, (_: Ledger, state) => state.storage.getAlarm()),
    deleteAlarm: () => runInDurableObject(stub, (_: Ledger, state) => state.storage.deleteAlarm()),

    /** Counts the rows that the ledger writes from now on, until it is evicted; alarms that it sets are counted separately. */
    countRows: () =>
      runInDurableObject(stub, (_: Ledger, { storage }) => {
        const exec = storage.sql.exec.bind(storage.sql);
        const setAlarm = storage.setAlarm.bind(storage);
        storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
          const cursor = exec(query, ...binds);
          // A statement that writes has run to its end by now; one that only reads writes no row.
          costs.rows += cursor.rowsWritten;
          return cursor;
        }) as typeof storage.sql.exec;
        storage.setAlarm = (...args) => {
          costs.alarms++;
          return setAlarm(...args);
        };
      }),

    /**
     * Waits until the alarm has made every due delivery; runs the alarm itself if the clock was shifted. Where the first
     * or second message of a group is to come, the clock is shifted to then.
     */
    async delivered(): Promise<void> {
      // The runtime repeats an aborted alarm after two seconds or more.
      const deadline = realNow() + 20_000;
      while (realNow() < deadline) {
        const [row] = await sql<{ n: number }>(
          "SELECT count(*) AS n FROM deliveries WHERE state = 'pending' AND coalesce(due_at, 0) <= ?",
          Date.now(),
        );
        const [group] = await sql<{ at: number | null }>(
          'SELECT max(due_at) AS at FROM groups WHERE due_at <= ?',
          Date.now() + GROUP_INTERVAL_MS,
        );
        if (row?.n === 0 && group?.at == null) return;
        const waitMs = (group?.at ?? 0) - Date.now();
        if (waitMs > 0) await setClock(offsetMs + waitMs);
        // If the runtime can run the alarm, let it: a second run at the same time would interfere.
        if (offsetMs === 0 || !(await runDurableObjectAlarm(stub))) await sleep(10);
      }
      throw new Error('deliveries are still pending');
    },
  };
}

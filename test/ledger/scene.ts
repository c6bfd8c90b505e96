/** A real ledger with small rules, few entries, and a clock that tests set. */

import type { Checkpoint } from '../../src/audit-log/checkpoint.ts';
import { occurredAt } from '../../src/audit-log/clocks.ts';
import type { ActiveScan } from '../../src/audit-log/scan.ts';
import { startOrResumeScan } from '../../src/audit-log/tail.ts';
import type { Due } from '../../src/ledger/deliver/outbox.ts';
import { resend } from '../../src/ledger/deliver/resend.ts';
import { createOutbox, type LedgerOutbox } from '../../src/ledger/health/attempts.ts';
import { createViews, type Views } from '../../src/ledger/read/views.ts';
import type { LedgerOptions } from '../../src/ledger/record/context.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import type { Batch, BeginInput, Incoming, Recorded } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Value } from '../../src/ledger/store/store.ts';
import type { Outcome } from '../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { type CorrelationRule, compile, type DetectionRule, type Rule } from '../../src/sigma/index.ts';
import { answeredAt } from '../support/answer-times.ts';
import { correlation, detection } from '../support/rules.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Noon of a Monday: the default beginning of a scan, and the default wall clock. */
export const NOON = Date.UTC(2026, 0, 5, 12);
export const ALLOWED_LATENESS = 5 * MINUTE;

/** A working receiver, by default of `low` and above. */
export function route(name: string, more: Partial<RoutedReceiver> = {}): RoutedReceiver {
  return { name, minLevel: 'low', problem: null, ...more };
}

/** A rule that matches an action. */
export function onAction(action: string, more: Partial<DetectionRule> = {}): DetectionRule {
  return detection(action, {
    title: `Seen: ${action}`,
    expression: {
      kind: 'leaf',
      selection: 'selection',
      field: 'action',
      test: { op: 'equals', values: [action], cased: true },
    },
    ...more,
  });
}

/** A rule that counts another one's matches by actor. */
export function counting(rule: string, least: number, more: Partial<CorrelationRule> = {}): CorrelationRule {
  return correlation(`many ${rule}`, [rule], {
    title: `Many: ${rule}`,
    groupBy: ['actor.id'],
    timespanMs: 10 * MINUTE,
    condition: [{ op: 'gte', value: least }],
    ...more,
  });
}

export function entry(id: string, createdAt: number, fields: Readonly<Record<string, unknown>> = {}): Incoming {
  const body = {
    id,
    created_at: new Date(createdAt).toISOString(),
    action: 'vm.read',
    actor: { id: 'alice' },
    ...fields,
  };
  return incoming(id, createdAt, JSON.stringify(body));
}

/** An entry on its way, with the time it claims. */
export function incoming(id: string, createdAt: number, text: string): Incoming {
  return { id, createdAt, occurredAt: createdAt, text };
}

/** `actor` deletes a VM. */
export function deleted(
  id: string,
  createdAt: number,
  actor: unknown = 'alice',
  more: Readonly<Record<string, unknown>> = {},
): Incoming {
  return entry(id, createdAt, { action: 'vm.deleted', actor: { id: actor }, ...more });
}

export function entries(count: number, from: number, step: number, prefix = 'e'): Incoming[] {
  return Array.from({ length: count }, (_, i) => entry(`${prefix}${String(i).padStart(5, '0')}`, from + i * step));
}

type Done = Extract<Recorded, { kind: 'done' }>;

/** What a test asked for must have been done. */
export function done(recorded: Recorded): Done {
  if (recorded.kind !== 'done') throw new Error(`the ledger answered ${recorded.kind}`);
  return recorded;
}

export interface Scene {
  readonly store: Watched;
  readonly ledger: Ledger;
  readonly outbox: LedgerOutbox;
  readonly views: Views;
  /** Sends what may be sent at `now`, each receiver after the other. Returns what was. */
  send(now: number, outcomeOf?: (due: Due) => Outcome): Due[];
  /** The same store opened by a ledger that remembers nothing, maybe with other options. */
  reopened(options?: Partial<LedgerOptions>): Scene;
  checkpoint(): Checkpoint;
  /** Records a page of a forward scan; `ends` unless given. */
  record(entries: readonly Incoming[], more?: Partial<Batch> & { now?: number }): Done;
  /** Stages a page of a newest-first scan. */
  stage(entries: readonly Incoming[], more?: Partial<Batch> & { now?: number }): Done;
  flush(now?: number): Done;
  count(table: string, where?: string): number;
  /** The notifications of alerts, oldest first, or those of the deliveries that `where` selects. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON that tests take apart
  notifications(where?: string): any[];
  /** Lets the clock do what is due, and returns the messages that are ready to be sent about alerts: groups' too. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON that tests take apart
  makeDue(now: number): any[];
  /** Makes what is dead pending again. */
  resend(now: number): void;
  ids(): string[];
  /** Calls `look` with every statement that is run from now on. */
  watch(look: (sql: string) => void): void;
  /** The next statement that has `part` in it fails, before it is done. */
  failNext(part: string): void;
  /** Rows written while `work` ran. */
  written(work: () => void): number;
}

export function createScene(rules: readonly Rule[] = [], more: Partial<LedgerOptions> = {}): Scene {
  const store = watched(nodeStore());
  const options: LedgerOptions = {
    engine: compile({ version: 'one', rules }),
    allowedLatenessMs: ALLOWED_LATENESS,
    retentionMs: 30 * DAY,
    blindAfterMs: 15 * MINUTE,
    receivers: [route('slack')],
    ...more,
  };
  return sceneOf(store, options);
}

type Watched = ReturnType<typeof watched>;

/** A store whose statements can be watched, and made to fail. */
function watched(store: ReturnType<typeof nodeStore>) {
  let look = (_sql: string): void => {};
  return {
    ...store,
    run: (sql: string, ...binds: readonly Value[]): void => {
      look(sql);
      store.run(sql, ...binds);
    },
    onRun: (next: (sql: string) => void): void => {
      look = next;
    },
  };
}

function sceneOf(store: Watched, options: LedgerOptions): Scene {
  const ledger = createLedger(store, options);
  const outbox = createOutbox(store, options.receivers);
  const begin = (kv: BeginInput['kv']): Checkpoint =>
    ledger.begin({ kv, startAt: NOON - HOUR, suppressFirstRead: false }, NOON).checkpoint;
  begin({ checkpoint: null, rewind: null });
  // From then on without KV, whose copy of the checkpoint would have to follow.
  const begun = (): Checkpoint => begin(null);
  const scanning = (began: number, direction: 'forward' | 'backward', page: readonly Incoming[]): ActiveScan => {
    const at = startOrResumeScan(begun());
    return { ...at, scan: { ...at.scan, began, direction, frontier: page.at(-1)?.createdAt ?? at.scan.frontier } };
  };
  const give = (
    handle: Batch['handle'],
    page: readonly Incoming[],
    { now = NOON, ...of }: Partial<Batch> & { now?: number },
  ): Done => {
    const began = of.began ?? now;
    const next = scanning(began, handle === 'stage' ? 'backward' : 'forward', page);
    const batch: Batch = {
      expectedVersion: begun().version,
      next,
      ends: true,
      handle,
      began,
      times: answeredAt(began),
      horizon: null,
      suppressBefore: null,
      // As if the page was answered when the scan began.
      entries: page.map((one) => ({ ...one, occurredAt: occurredAt(one.createdAt, answeredAt(began)) })),
      invalid: [],
      save: false,
      reread: null,
      ...of,
    };
    return done(ledger.record(batch, now));
  };
  const number = (sql: string): number => store.all<{ n: number }>(sql)[0]?.n ?? 0;
  return {
    store,
    ledger,
    outbox,
    views: createViews(store, { engine: options.engine, status: ledger.status }),
    send: (now, outcomeOf = () => ({ kind: 'delivered' })) => {
      const sent: Due[] = [];
      for (const { name } of options.receivers) {
        for (let taken = outbox.take(name, now); taken.kind === 'due'; taken = outbox.take(name, now)) {
          if (sent.push(taken.due) > 1_000) throw new Error('sending does not end');
          outbox.settle(taken.due, { reachedAt: now, outcome: outcomeOf(taken.due), paceMs: 0 }, now);
        }
      }
      return sent;
    },
    reopened: (more = {}) => sceneOf(store, { ...options, ...more }),
    checkpoint: begun,
    record: (page, of = {}) => give('record', page, of),
    stage: (page, of = {}) => give('stage', page, { ends: false, ...of }),
    flush: (now = NOON) => done(ledger.flush(begun().version, 100, now)),
    count: (table, where = 'true') => number(`SELECT count(*) AS n FROM ${table} WHERE ${where}`),
    notifications: (where = 'health IS NULL') =>
      store
        .all<{ notification: string }>(`SELECT notification FROM deliveries WHERE ${where} ORDER BY id`)
        .map(({ notification }) => JSON.parse(notification)),
    makeDue: (now) => {
      ledger.watchdog(now);
      return store
        .all<{ notification: string }>(
          "SELECT notification FROM deliveries WHERE health IS NULL AND state = 'pending' ORDER BY id",
        )
        .map(({ notification }) => JSON.parse(notification));
    },
    resend: (now) => {
      resend(
        store,
        null,
        null,
        options.receivers.map(({ name }) => name),
        now,
      );
    },
    ids: () => store.all<{ id: string }>('SELECT id FROM entries ORDER BY seq').map((row) => row.id),
    watch: (look) => store.onRun(look),
    failNext: (part) =>
      store.onRun((sql) => {
        if (!sql.includes(part)) return;
        store.onRun(() => {});
        throw new Error('the disk is full');
      }),
    written: (work) => {
      const before = number('SELECT total_changes() AS n');
      work();
      return number('SELECT total_changes() AS n') - before;
    },
  };
}

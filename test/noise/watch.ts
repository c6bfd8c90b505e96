/**
 * Watches a simulated log with the ledger's own code in virtual time, as a backtest does: a read a minute, and receivers that
 * take everything at once.
 */
import { createBacktest } from '../../src/backtest/backtest.ts';
import type { PastEntry } from '../../src/backtest/past-entry.ts';
import type { Notifying } from '../../src/ledger/deliver/places.ts';
import type { MarkFinding } from '../../src/ledger/model.ts';
import { ACTED_MAX, actOn } from '../../src/ledger/record/acts.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import type { Engine, Level } from '../../src/sigma/index.ts';
import type { EntryBody } from '../sandbox/record.ts';
import { DAY } from './calendar.ts';
import type { Logged } from './dialects.ts';
import { TOCSIN_KEY } from './life.ts';

export interface Watching {
  readonly engine: Engine;
  /** Until when. */
  readonly to: number;
  /**
   * Whether somebody resolves, as expected, whatever is open at midnight UTC. So a rule that matches every day opens an alert
   * every day; else its matches would join the first day's.
   */
  readonly resolvesNightly: boolean;
}

export interface WatchedAlert {
  readonly id: number;
  /** The rule's id. */
  readonly rule: string;
  /** The highest it had. */
  readonly level: Level;
  /** The time of its first match. */
  readonly openedAt: number;
  /** Ids of the entries of its stored matches. */
  readonly entries: readonly string[];
}

/** A message that a receiver got about alerts. */
export interface WatchedMessage {
  readonly at: number;
  readonly receiver: string;
  /** The ids of the alerts that it is about. */
  readonly alerts: readonly number[];
}

export interface Watched {
  readonly alerts: readonly WatchedAlert[];
  readonly messages: readonly WatchedMessage[];
}

/** What people read, and what a program reads: both are notified of all that alerts, as without a routing.yml. */
export const RECEIVERS: readonly RoutedReceiver[] = [
  { name: 'slack', minLevel: 'low', problem: null },
  { name: 'webhook', minLevel: 'low', problem: null, forPrograms: true },
];

/** What Tocsin does with a log. `records`: in order. */
export function watch(records: readonly Logged[], { engine, to, resolvesNightly }: Watching): Watched {
  const store = nodeStore();
  migrate(store);
  const setup: Notifying = { engine, receivers: RECEIVERS, routing: null };
  const run = createBacktest({ engine, receivers: RECEIVERS, store });
  const days = Map.groupBy(records, ({ createdAt }) => Math.floor(createdAt / DAY));
  for (const [day, of] of days) {
    run.add(of.map(toPast));
    if (resolvesNightly) resolveAll(store, setup, (day + 1) * DAY);
  }
  const { alerts, messages } = run.end(to);
  const entries = entriesOf(store);
  store.close();
  return {
    alerts: alerts.map(({ id, rule, level, firstAt }) => {
      return { id, rule, level, openedAt: firstAt, entries: entries.get(id) ?? [] };
    }),
    messages: messages.filter(({ kind }) => kind !== 'resolved' && kind !== 'acknowledged'),
  };
}

function toPast({ body, createdAt }: Logged): PastEntry {
  const at = Math.floor(createdAt);
  const entry = body as EntryBody;
  return { id: entry.id, createdAt: at, occurredAt: at, body: { ...entry }, mark: markOf(entry) };
}

/** What the mark in an entry shows. In these logs nobody copies one. */
function markOf({ actor, user_agent }: EntryBody): MarkFinding | null {
  if (actor?.name !== TOCSIN_KEY) return null;
  return user_agent.startsWith('Tocsin/') ? 'own' : 'missing';
}

function resolveAll(store: Store, setup: Notifying, now: number): void {
  const open = store.all<{ id: number }>("SELECT id FROM alerts WHERE state <> 'resolved'").map(({ id }) => id);
  for (let i = 0; i < open.length; i += ACTED_MAX) {
    const alerts = open.slice(i, i + ACTED_MAX);
    const act = { act: 'resolve', reason: 'expected', comment: null } as const;
    store.transaction(() => actOn(store, setup, { alerts, act, who: 'sam', via: 'cli', seenLevel: null }, now));
  }
}

function entriesOf(store: Store): ReadonlyMap<number, string[]> {
  const entries = new Map<number, string[]>();
  for (const { alert, id } of store.all<{ alert: number; id: string }>(
    'SELECT alert, id FROM matches JOIN entries ON entries.seq = matches.seq ORDER BY alert, matches.seq',
  )) {
    const ids = entries.get(alert) ?? [];
    ids.push(id);
    entries.set(alert, ids);
  }
  return entries;
}

/**
 * Counts what a backtest's ledger does, by rule and day, and takes the messages out of it that a receiver would get.
 *
 * Contract: what is taken counts as delivered at once. Call what reads the store in the transaction that wrote there. Days
 * are UTC, by virtual time.
 */
import { BUNDLED, READY, WAITING } from '../ledger/deliver/outbox.ts';
import type { Store } from '../ledger/store/store.ts';
import { type Level, levelAt } from '../sigma/index.ts';

/** A message that a receiver would have got. Times in ms since the epoch. */
export interface Message {
  readonly at: number;
  readonly receiver: string;
  readonly level: Level;
  /** Of one notification its own; `group`: of several. */
  readonly kind: string;
  /** The ids of the alerts that it is about. */
  readonly alerts: readonly number[];
}

/** What a rule did on a day (UTC, by virtual time). */
export interface RuleDay {
  /** When it began, ms since the epoch. */
  readonly day: number;
  readonly matches: number;
  readonly alerts: number;
  /** Decisions that notified a receiver. */
  readonly notifications: number;
}

export interface PastRule {
  /** The rule's id. */
  readonly rule: string;
  /** The days on which it did something, in order. */
  readonly days: readonly RuleDay[];
}

const DAY_MS = 24 * 60 * 60_000;
/** Kinds that change what a receiver has, and are no decision to notify. */
const NO_DECISION = "('resolved', 'acknowledged')";

type Counted = { matches: number; alerts: number; notifications: number };
type DeliveryRow = {
  readonly id: number;
  readonly receiver: string;
  readonly alert: number | null;
  readonly health: string | null;
  readonly level: number;
  readonly kind: string | null;
  readonly summary: string | null;
};

/** `from`: what happens before is not counted. */
export function createTally(store: Store, from: number) {
  /** Rule → day → counts. */
  const days = new Map<string, Map<number, Counted>>();
  /** Rule → how often it had matched when the day began. */
  const matchedBefore = new Map<string, number>();
  /** Alert → receiver → decisions. */
  const notified = new Map<number, Record<string, number>>();
  const messages: Message[] = [];
  const problems = new Set<string>();
  let lastDelivery = 0;
  let waiting = 0;
  let clock = Number.NEGATIVE_INFINITY;

  const of = (rule: string, at: number): Counted => {
    if (at < from) return { matches: 0, alerts: 0, notifications: 0 };
    const byDay = days.get(rule) ?? new Map<number, Counted>();
    days.set(rule, byDay);
    const day = dayOf(at);
    const counts = byDay.get(day) ?? { matches: 0, alerts: 0, notifications: 0 };
    byDay.set(day, counts);
    return counts;
  };
  /** Counts the matches since the last call for the day of `at`. */
  const countMatches = (at: number): void => {
    for (const { rule, matched } of store.all<{ rule: string; matched: number }>(
      'SELECT rule, matched FROM activity',
    )) {
      const more = matched - (matchedBefore.get(rule) ?? 0);
      if (more === 0) continue;
      of(rule, at).matches += more;
      matchedBefore.set(rule, matched);
    }
  };

  const countDecisions = (now: number): void => {
    const rows = store.all<{ id: number; receiver: string; alert: number; rule: string }>(
      `SELECT deliveries.id, receiver, alert, rule FROM deliveries JOIN alerts ON alerts.id = alert
       WHERE deliveries.id > ? AND deliveries.state <> 'suppressed' AND notification ->> '$.kind' NOT IN ${NO_DECISION}
         AND notification ->> '$.edits' IS NULL
         AND NOT EXISTS (SELECT 1 FROM deliveries AS part WHERE part.state = 'bundled' AND part.digest = deliveries.id)`,
      lastDelivery,
    );
    for (const { receiver, alert, rule } of rows) {
      of(rule, now).notifications++;
      if (now < from) continue;
      const counts = notified.get(alert) ?? {};
      notified.set(alert, counts);
      counts[receiver] = (counts[receiver] ?? 0) + 1;
    }
    lastDelivery = newest(store);
  };
  const takeMessages = (now: number): void => {
    const rows = store.all<DeliveryRow>(
      `SELECT id, receiver, alert, health, level, notification ->> '$.kind' AS kind,
         notification ->> '$.health.summary' AS summary FROM deliveries WHERE ${READY} ORDER BY id`,
    );
    for (const { id, receiver, alert, health, level, kind, summary } of rows) {
      const parts = store.all<{ alert: number }>(
        `SELECT DISTINCT alert FROM deliveries WHERE ${BUNDLED} AND digest = ? ORDER BY alert`,
        id,
      );
      if (health !== null) problems.add(summary ?? health);
      else if (now >= from) {
        const about = parts.length > 0 ? parts.map((part) => part.alert) : alert === null ? [] : [alert];
        messages.push({ at: now, receiver, level: levelAt(level), kind: kind ?? 'opened', alerts: about });
      }
    }
    if (rows.length === 0) return;
    store.run(`UPDATE deliveries SET state = 'delivered', settled_at = ? WHERE ${READY}`, now);
    store.run(`UPDATE deliveries SET state = 'delivered', settled_at = ? WHERE ${BUNDLED}`, now);
  };

  return {
    now: (): number => clock,
    /** Time goes on, never back. */
    moveTo: (now: number): void => {
      if (dayOf(now) !== dayOf(clock) || (clock < from && now >= from)) countMatches(clock);
      clock = Math.max(clock, now);
    },
    /** The rule opened an alert. */
    opened: (rule: string, now: number): void => {
      of(rule, now).alerts++;
    },
    /** Counts the decisions to notify since the last call, and takes the messages that are ready. */
    count: (now: number): void => {
      // A message is new, or one of the decisions that wait.
      if (newest(store) === lastDelivery && waiting === 0) return;
      countDecisions(now);
      takeMessages(now);
      waiting = countWaiting(store);
    },
    notifiedOf: (alert: number): Readonly<Record<string, number>> => notified.get(alert) ?? {},
    /** What was counted. `order`: the ids of all rules. */
    end: (order: readonly string[]) => {
      countMatches(clock);
      const rules = order.flatMap((rule): PastRule[] => {
        const byDay = days.get(rule);
        if (byDay === undefined) return [];
        const all = [...byDay].sort(([a], [b]) => a - b).map(([day, counts]) => ({ day, ...counts }));
        return [{ rule, days: all }];
      });
      return { rules, messages, problems: [...problems] };
    },
  };
}

function newest(store: Store): number {
  return store.all<{ id: number | null }>('SELECT max(id) AS id FROM deliveries')[0]?.id ?? 0;
}

function countWaiting(store: Store): number {
  return store.all<{ n: number }>(`SELECT count(*) AS n FROM deliveries WHERE ${WAITING}`)[0]?.n ?? 0;
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/**
 * The health of each receiver: when a message was last delivered to it, since when it fails and why, and when that makes
 * it unhealthy.
 *
 * Contract: one row per receiver, written when an attempt ends. Times are wall, in ms.
 *
 * A receiver without a usable setting is unhealthy at once (`RoutedReceiver.problem`; no row is stored). One refusal may be
 * the message's own, and a dead delivery raises a health alert anyway. So a receiver is unhealthy after two failures in a
 * row: at once where the last was a refusal, else after `FAILING_MS` without a delivery. Failures to deliver health alerts
 * are stored but make no receiver unhealthy: a health alert causes no other.
 */
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { FAILURES_IN_A_ROW } from '../deliver/deliver.ts';
import { BACKOFF_MAX_MS } from '../deliver/outbox.ts';
import type { ReceiverHealth } from '../rpc.ts';
import type { Store } from '../store/store.ts';

/**
 * How long failures are tolerated: the longest wait between two attempts, and the default of BLIND_AFTER. By then seven
 * attempts have failed, and most of a vendor's own outages are over.
 */
export const FAILING_MS = 15 * 60_000;
if (!(FAILING_MS >= BACKOFF_MAX_MS)) throw new Error('a receiver must be tried again before it is unhealthy');

/** How many characters of a reason are stored. */
const REASON_CHARS = 300;

/** What is stored about a receiver. */
export interface AttemptHistory {
  readonly deliveredAt: number | null;
  /** Null: the last attempt succeeded. */
  readonly failingSince: number | null;
  /** Attempts that failed since then, without those of health alerts. */
  readonly failures: number;
  readonly reason: string | null;
}

const UNPROVEN: AttemptHistory = { deliveredAt: null, failingSince: null, failures: 0, reason: null };
const COLUMNS = 'delivered_at AS deliveredAt, failing_since AS failingSince, failures, reason';

/** Stores how an attempt ended: one row. */
export function storeAttempt(
  store: Store,
  name: string,
  outcome: Outcome,
  isHealthAlert: boolean,
  now: number,
): AttemptHistory {
  const rows =
    outcome.kind === 'delivered'
      ? store.all<AttemptHistory & Record<string, string | number | null>>(
          `INSERT INTO receivers (name, delivered_at, failures) VALUES (?, ?, 0)
           ON CONFLICT (name) DO UPDATE
           SET delivered_at = excluded.delivered_at, failing_since = NULL, failures = 0, reason = NULL
           RETURNING ${COLUMNS}`,
          name,
          now,
        )
      : store.all<AttemptHistory & Record<string, string | number | null>>(
          `INSERT INTO receivers (name, failing_since, failures, reason) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE
           SET failing_since = coalesce(failing_since, excluded.failing_since),
               failures = failures + excluded.failures, reason = excluded.reason
           RETURNING ${COLUMNS}`,
          name,
          now,
          isHealthAlert ? 0 : 1,
          outcome.reason.slice(0, REASON_CHARS),
        );
  return rows[0] ?? UNPROVEN;
}

/** What is stored about each receiver, by name. */
export function readHealth(store: Store): ReadonlyMap<string, AttemptHistory> {
  const rows = store.all<AttemptHistory & { name: string } & Record<string, string | number | null>>(
    `SELECT name, ${COLUMNS} FROM receivers`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** The time from which its failures make a receiver unhealthy; null: they do not. */
export function unhealthyFrom({ failingSince, failures }: AttemptHistory): number | null {
  return failingSince === null || failures < FAILURES_IN_A_ROW ? null : failingSince + FAILING_MS;
}

/** Whether the attempt that just ended proves the receiver unhealthy. */
export function provesUnhealthy(health: AttemptHistory, outcome: Outcome, now: number): boolean {
  const from = unhealthyFrom(health);
  return from !== null && outcome.kind !== 'delivered' && (outcome.kind === 'refused' || now >= from);
}

/** The health of every receiver, in the order they are configured. Reads only indexes, however many deliveries there are. */
export function receiversHealth(store: Store, receivers: readonly RoutedReceiver[]): readonly ReceiverHealth[] {
  const known = readHealth(store);
  const counted = (state: 'pending' | 'dead'): ReadonlyMap<string, number> => {
    const rows = store.all<{ receiver: string; n: number }>(
      `SELECT receiver, count(*) AS n FROM deliveries WHERE state = '${state}' GROUP BY receiver`,
    );
    return new Map(rows.map((row) => [row.receiver, row.n]));
  };
  const pending = counted('pending');
  const dead = counted('dead');
  return receivers.map(({ name, minLevel, problem }) => {
    const { deliveredAt, failingSince, reason } = known.get(name) ?? UNPROVEN;
    return {
      name,
      minLevel,
      state: stateOf(problem, deliveredAt, failingSince),
      reason: problem ?? reason,
      lastDeliveredAt: deliveredAt,
      failingSince: problem === null ? failingSince : null,
      pending: pending.get(name) ?? 0,
      dead: dead.get(name) ?? 0,
    };
  });
}

function stateOf(
  problem: string | null,
  deliveredAt: number | null,
  failingSince: number | null,
): ReceiverHealth['state'] {
  if (problem !== null) return 'unset';
  if (failingSince !== null) return 'failing';
  return deliveredAt === null ? 'unproven' : 'healthy';
}

/** Why a receiver is unhealthy, as its health alert says it. */
export function unhealthyReason(name: string, reason: string): string {
  return `nothing reaches the receiver ${name}: ${reason}`;
}

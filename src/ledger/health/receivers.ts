/**
 * How each receiver fares: when it last took something, since when it does not and why; and when that makes it
 * unhealthy.
 *
 * Contract: one row a receiver, written when an attempt ends. Times are wall, in ms.
 *
 * A receiver that has no usable setting is unhealthy at once (its `Route.problem` says so; no row is kept). One refusal
 * may be the message's own, and its death is told anyway; so it takes two attempts that failed running: at once where
 * the last was refused, else where nothing got through for `FAILING_MS`. Attempts of alarms are noted, and make no
 * receiver unhealthy by themselves: an alarm begets no alarm.
 */
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { FAILURES_IN_A_ROW } from '../deliver/deliver.ts';
import type { ReceiverHealth } from '../rpc.ts';
import type { Store } from '../store/store.ts';

/**
 * Put up with for so long: the longest wait between two attempts, and blindness' default. By then seven attempts have
 * failed, and what a vendor mends by itself is mostly mended.
 */
export const FAILING_MS = 15 * 60_000;

/** What is kept of a reason. */
const REASON_CHARS = 300;

/** What is stored of a receiver. */
export interface AttemptHistory {
  readonly deliveredAt: number | null;
  /** Null: the last attempt was delivered. */
  readonly failingSince: number | null;
  /** Attempts that failed since then, alarms not counted. */
  readonly failures: number;
  readonly reason: string | null;
}

const UNPROVEN: AttemptHistory = { deliveredAt: null, failingSince: null, failures: 0, reason: null };
const COLUMNS = 'delivered_at AS deliveredAt, failing_since AS failingSince, failures, reason';

/** Notes how an attempt ended: one row. */
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

/** What is known of each receiver that something was sent to, by name. */
export function readHealth(store: Store): ReadonlyMap<string, AttemptHistory> {
  const rows = store.all<AttemptHistory & { name: string } & Record<string, string | number | null>>(
    `SELECT name, ${COLUMNS} FROM receivers`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** When its failures make a receiver unhealthy, by the clock; null where they do not. */
export function unhealthyFrom({ failingSince, failures }: AttemptHistory): number | null {
  return failingSince === null || failures < FAILURES_IN_A_ROW ? null : failingSince + FAILING_MS;
}

/** Whether an attempt that just ended so shows that the receiver is unhealthy. */
export function provesUnhealthy(health: AttemptHistory, outcome: Outcome, now: number): boolean {
  const from = unhealthyFrom(health);
  return from !== null && outcome.kind !== 'delivered' && (outcome.kind === 'refused' || now >= from);
}

/** How every receiver fares, in the order they are declared. Reads by indexes, however many deliveries there are. */
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

/**
 * The stored row of each receiver: its health, when it may be tried again, and the attempt that is under way.
 *
 * Contract: one row per receiver, written when an attempt begins and when it ends. Times are wall, in ms.
 */
import type { Store } from '../store/store.ts';
import { type ReceiverState, UNTRIED } from './after-attempt.ts';

/** A receiver as it is stored. */
export interface StoredReceiver extends ReceiverState {
  /** The delivery that is being sent, and since when; null: none is. */
  readonly attemptOf: number | null;
  readonly attemptAt: number | null;
  /** How far the messages after an outage have come, as JSON (outage.ts); null: nothing is left to bundle. */
  readonly bundling: string | null;
}

const COLUMNS = `delivered_at AS deliveredAt, failing_since AS failingSince, probes, failures, reason, next_at AS nextAt,
  slowed, recovered_at AS recoveredAt, failed_of AS failedOf, retry_at AS retryAt, attempt_of AS attemptOf, attempt_at AS attemptAt,
  bundling`;

type Row = StoredReceiver & Record<string, string | number | null>;

/** How many characters of a reason are stored. */
const REASON_CHARS = 300;

/** What is stored about a receiver. */
export function readReceiver(store: Store, name: string): StoredReceiver {
  const row = store.all<Row>(`SELECT ${COLUMNS} FROM receivers WHERE name = ?`, name)[0];
  return row ?? { ...UNTRIED, attemptOf: null, attemptAt: null, bundling: null };
}

/** Receivers by name. */
export type StoredReceivers = ReadonlyMap<string, StoredReceiver>;

/** What is stored about every receiver. */
export function readReceivers(store: Store): StoredReceivers {
  const rows = store.all<Row & { name: string }>(`SELECT name, ${COLUMNS} FROM receivers`);
  return new Map(rows.map((row) => [row.name, row]));
}

/** Stores a receiver's state, with no attempt under way: one row. */
export function writeReceiver(store: Store, name: string, state: ReceiverState): void {
  store.run(
    `INSERT INTO receivers (name, delivered_at, failing_since, probes, failures, reason, next_at, slowed, recovered_at, failed_of, retry_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET delivered_at = excluded.delivered_at, failing_since = excluded.failing_since,
       probes = excluded.probes, failures = excluded.failures, reason = excluded.reason, next_at = excluded.next_at,
       slowed = excluded.slowed, recovered_at = excluded.recovered_at, failed_of = excluded.failed_of, retry_at = excluded.retry_at, attempt_of = NULL,
       attempt_at = NULL`,
    name,
    state.deliveredAt,
    state.failingSince,
    state.probes,
    state.failures,
    state.reason === null ? null : state.reason.slice(0, REASON_CHARS),
    state.nextAt,
    state.slowed,
    state.recoveredAt,
    state.failedOf,
    state.retryAt,
  );
}

/** Stores that an attempt begins: one row. */
export function beginAttempt(store: Store, name: string, delivery: number, now: number): void {
  store.run(
    `INSERT INTO receivers (name, probes, failures, next_at, slowed, attempt_of, attempt_at) VALUES (?, 0, 0, 0, 0, ?, ?)
     ON CONFLICT (name) DO UPDATE SET attempt_of = excluded.attempt_of, attempt_at = excluded.attempt_at`,
    name,
    delivery,
    now,
  );
}

/** Stores how far the messages after an outage have come: one row. */
export function writeBundling(store: Store, name: string, bundling: string | null): void {
  store.run('UPDATE receivers SET bundling = ? WHERE name = ?', bundling, name);
}

/** Lets failing receivers be tried at once: one, or (null) all. One that asked to slow down waits. */
export function hurry(store: Store, name: string | null, now: number): void {
  store.run(
    `UPDATE receivers SET next_at = min(next_at, ?1), retry_at = min(retry_at, ?1)
     WHERE max(next_at, retry_at) > ?1 AND failing_since IS NOT NULL AND slowed = 0 AND (name = ?2 OR ?2 IS NULL)`,
    now,
    name,
  );
}

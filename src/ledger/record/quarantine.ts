/**
 * Quarantine: records that can't be recorded (no id, no readable created_at) or evaluated. They are kept, counted and
 * told about, once each however often they are read. `failures` of an entry that was only suspected of bringing the
 * ledger down stay below `FAILURES_MAX`.
 */
import { sha256Hex } from '../../text/sha256.ts';
import { FAILURES_MAX, type InvalidRecord } from '../model.ts';
import type { Store } from '../store/store.ts';

/** What is kept of its text. */
const TEXT_LIMIT = 64 * 1024;

/** Puts records away; returns how many were not there yet. */
export function quarantine(store: Store, records: readonly InvalidRecord[], now: number): number {
  let added = 0;
  for (const record of records) {
    const key = quarantineKey(record);
    const known = store.all<{ failures: number }>('SELECT failures FROM quarantine WHERE key = ?', key)[0];
    if (known !== undefined && known.failures >= FAILURES_MAX) continue;
    added++;
    put(store, record, FAILURES_MAX, now);
  }
  return added;
}

/** Notes that an entry alone brought the ledger down; true when that has happened often enough to put it away. */
export function recordFailure(store: Store, record: InvalidRecord, now: number): boolean {
  const known = store.all<{ failures: number }>(
    'SELECT failures FROM quarantine WHERE key = ?',
    quarantineKey(record),
  )[0];
  const failures = (known?.failures ?? 0) + 1;
  put(store, record, failures, now);
  return failures >= FAILURES_MAX;
}

/** Which of these entries are put away. */
export function quarantinedIds(store: Store, ids: readonly string[]): ReadonlySet<string> {
  const keys = new Map(ids.map((id) => [quarantineKey({ id, text: '' }), id]));
  const rows = store.all<{ key: string }>(
    `SELECT key FROM quarantine WHERE failures >= ${FAILURES_MAX} AND key IN (SELECT value FROM json_each(?))`,
    JSON.stringify([...keys.keys()]),
  );
  return new Set(rows.map((row) => keys.get(row.key) ?? ''));
}

function put(store: Store, record: InvalidRecord, failures: number, now: number): void {
  store.run(
    'INSERT OR REPLACE INTO quarantine (key, problem, body, first_at, failures) VALUES (?, ?, ?, ?, ?)',
    quarantineKey(record),
    record.problem.slice(0, 500),
    record.text.slice(0, TEXT_LIMIT),
    now,
    failures,
  );
}

function quarantineKey({ id, text }: { id: string | null; text: string }): string {
  return id === null ? `record:${sha256Hex(text)}` : `entry:${sha256Hex(id)}`;
}

/**
 * Quarantine: records that can't be recorded (no id, no valid created_at) or evaluated. Each is stored and counted once,
 * however often it is read. An entry with fewer than `FAILURES_MAX` failures is only a candidate.
 */
import { sha256Hex } from '../../text/sha256.ts';
import { FAILURES_MAX, type InvalidRecord } from '../model.ts';
import type { Store } from '../store/store.ts';

/** How many characters of a record are stored. */
const TEXT_CHARS = 64 * 1024;

/** Quarantines records; returns how many were not in quarantine yet. */
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

/** Counts a crash of the ledger while it recorded this entry alone; true once the entry is quarantined by it. */
export function recordFailure(store: Store, record: InvalidRecord, now: number): boolean {
  const known = store.all<{ failures: number }>(
    'SELECT failures FROM quarantine WHERE key = ?',
    quarantineKey(record),
  )[0];
  const failures = (known?.failures ?? 0) + 1;
  put(store, record, failures, now);
  return failures >= FAILURES_MAX;
}

/** Which of these entries are quarantined. */
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
    record.text.slice(0, TEXT_CHARS),
    now,
    failures,
  );
}

function quarantineKey({ id, text }: { id: string | null; text: string }): string {
  return id === null ? `record:${sha256Hex(text)}` : `entry:${sha256Hex(id)}`;
}

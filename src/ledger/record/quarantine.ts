/**
 * Quarantine: records that can't be recorded (no id, no valid created_at) or evaluated. Each is stored and counted once,
 * however often it is read. An entry with fewer than `FAILURES_MAX` failures is only a candidate.
 *
 * Contract: what crashed the ledger is not tried again. Any other record is, each time it is read, because it may be right by
 * then. Bounded: beyond `WHOLE_MAX` rows, records are kept without their text.
 */
import { sha256Hex } from '../../text/sha256.ts';
import { FAILURES_MAX, type InvalidRecord } from '../model.ts';
import type { Store } from '../store/store.ts';

/** How many characters of a record are stored. */
const TEXT_CHARS = 64 * 1024;
/** How many records are stored with their text. */
const WHOLE_MAX = 1_000;

/** Quarantines records; returns how many were not in quarantine yet. */
export function quarantine(store: Store, records: readonly InvalidRecord[], now: number): number {
  if (records.length === 0) return 0;
  const known = new Set(
    store
      .all<{ key: string }>(
        'SELECT key FROM quarantine WHERE key IN (SELECT value FROM json_each(?))',
        JSON.stringify(records.map(invalidKey)),
      )
      .map(({ key }) => key),
  );
  const added = new Map<string, InvalidRecord>();
  for (const record of records) {
    const key = invalidKey(record);
    if (!known.has(key) && !added.has(key)) added.set(key, record);
  }
  const isFull = added.size > 0 && isQuarantineFull(store);
  for (const [key, record] of added) put(store, key, isFull ? withoutText(record) : record, FAILURES_MAX, now);
  return added.size;
}

/** Counts a crash of the ledger while it recorded this entry alone; true once the entry is quarantined by it. */
export function recordFailure(store: Store, record: InvalidRecord, now: number): boolean {
  const key = crashKey(record);
  const known = store.all<{ failures: number }>('SELECT failures FROM quarantine WHERE key = ?', key)[0];
  const failures = (known?.failures ?? 0) + 1;
  put(store, key, isQuarantineFull(store) ? withoutText(record) : record, failures, now);
  return failures >= FAILURES_MAX;
}

/** Which of these entries are quarantined because they crash the ledger. */
export function quarantinedIds(store: Store, ids: readonly string[]): ReadonlySet<string> {
  // Hashing every id costs more than the rest of recording it.
  const isAny = store.all(`SELECT 1 FROM quarantine WHERE key >= 'entry:' AND key < 'entry;' LIMIT 1`).length > 0;
  if (!isAny) return new Set();
  const keys = new Map(ids.map((id) => [crashKey({ id, text: '' }), id]));
  const rows = store.all<{ key: string }>(
    `SELECT key FROM quarantine WHERE failures >= ${FAILURES_MAX} AND key IN (SELECT value FROM json_each(?))`,
    JSON.stringify([...keys.keys()]),
  );
  return new Set(rows.map((row) => keys.get(row.key) ?? ''));
}

/** Whether further records are kept without their text. */
export function isQuarantineFull(store: Store): boolean {
  return store.all(`SELECT 1 FROM quarantine LIMIT 1 OFFSET ${WHOLE_MAX - 1}`).length > 0;
}

function put(store: Store, key: string, record: InvalidRecord, failures: number, now: number): void {
  store.run(
    'INSERT OR REPLACE INTO quarantine (key, problem, body, first_at, failures) VALUES (?, ?, ?, ?, ?)',
    key,
    record.problem.slice(0, 500),
    record.text.slice(0, TEXT_CHARS),
    now,
    failures,
  );
}

/** How many characters of an id are stored of a record without its text. */
const ID_CHARS = 256;

function withoutText(record: InvalidRecord): InvalidRecord {
  return { ...record, text: JSON.stringify({ id: record.id?.slice(0, ID_CHARS) ?? null }) };
}

type Named = Pick<InvalidRecord, 'id' | 'text'>;

function crashKey({ id, text }: Named): string {
  return id === null ? `record:${sha256Hex(text)}` : `entry:${sha256Hex(id)}`;
}

function invalidKey({ id, text }: Named): string {
  return id === null ? `record:${sha256Hex(text)}` : `invalid:${sha256Hex(id)}`;
}

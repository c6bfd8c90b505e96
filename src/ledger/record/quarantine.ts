/**
 * Quarantine: records that can't be recorded (no id, no valid created_at) or evaluated. Each is stored and counted once,
 * however often it is read. An entry with fewer than `FAILURES_MAX` failures is only a candidate. What an operator drops
 * stays as a row without its text, so that it is not quarantined again when it is read again. release.ts releases.
 *
 * Contract: what crashed the ledger is not tried again. Any other record is, each time it is read, because it may be right by
 * then. Bounded: beyond `WHOLE_MAX` rows, records are kept without their text.
 */
import { sha256Hex } from '../../text/sha256.ts';
import { FAILURES_MAX, type InvalidRecord, QUARANTINED } from '../model.ts';
import type { Dropped } from '../rpc.ts';
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
  for (const [key, record] of added) put(store, key, record, isFull, FAILURES_MAX, now);
  return added.size;
}

/** Counts a crash of the ledger while it recorded this entry alone; true once the entry is quarantined by it. */
export function recordFailure(store: Store, record: InvalidRecord, now: number): boolean {
  const key = crashKey(record);
  const known = store.all<{ failures: number }>('SELECT failures FROM quarantine WHERE key = ?', key)[0];
  const failures = (known?.failures ?? 0) + 1;
  put(store, key, record, isQuarantineFull(store), failures, now);
  return failures >= FAILURES_MAX;
}

/** Which of these entries are not tried again because they crash the ledger: quarantined, or dropped from there. */
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
  return store.all(`SELECT 1 FROM quarantine WHERE ${QUARANTINED} LIMIT 1 OFFSET ${WHOLE_MAX - 1}`).length > 0;
}

/** What is stored of a quarantined record. */
export type QuarantineRow = {
  readonly key: string;
  /** Cut to `ID_CHARS`, and without what SQLite can't store; null where it has none. */
  readonly id: string | null;
  readonly problem: string;
  readonly body: string;
  /** 1: the body is not the whole record. */
  readonly cut: number | null;
  readonly first_at: number;
  readonly read_at: number;
};

export type FoundRecord =
  | { readonly kind: 'found'; readonly row: QuarantineRow }
  | { readonly kind: 'missing' }
  | { readonly kind: 'ambiguous'; readonly keys: readonly string[] };

/** A key, or its beginning: enough digits that nobody's record has the same by chance. */
const KEY = /^(?:entry|invalid|record):[0-9a-f]{8,64}$/;

/** The record in quarantine that has this key, or whose key begins so, or that has this id. */
export function findQuarantined(store: Store, name: string): FoundRecord {
  const byKey = KEY.test(name)
    ? `${QUARANTINED} AND key >= ?1 AND key < ?1 || 'g'`
    : `${QUARANTINED} AND key IN ('entry:' || ?1, 'invalid:' || ?1)`;
  const rows = store.all<QuarantineRow>(
    `SELECT key, id, problem, body, cut, first_at, read_at FROM quarantine WHERE ${byKey} ORDER BY key LIMIT 2`,
    KEY.test(name) ? name : sha256Hex(name),
  );
  const [row] = rows;
  if (row === undefined) return { kind: 'missing' };
  return rows.length > 1 ? { kind: 'ambiguous', keys: rows.map(({ key }) => key) } : { kind: 'found', row };
}

/** Takes a released record out. */
export function removeQuarantined(store: Store, key: string): void {
  store.run('DELETE FROM quarantine WHERE key = ?', key);
}

/** Drops a record: its text goes, and it is neither listed nor tried nor quarantined again. */
export function dropQuarantined(store: Store, name: string): Dropped {
  const found = findQuarantined(store, name);
  if (found.kind !== 'found') return { name, ...found };
  store.run("UPDATE quarantine SET state = 'dropped', cut = 1, body = '' WHERE key = ?", found.row.key);
  return { name, kind: 'dropped', key: found.row.key };
}

/** Stores why a record could not be released. */
export function setProblem(store: Store, key: string, problem: string): void {
  store.run('UPDATE quarantine SET problem = ? WHERE key = ?', problem.slice(0, PROBLEM_CHARS), key);
}

/** Whether a record with this id belongs under this key. */
export function hasKey(key: string, id: string): boolean {
  return key === crashKey({ id, text: '' }) || key === invalidKey({ id, text: '' });
}

/** How many characters of an id are stored beside the record, and in place of its text where that is not kept. */
const ID_CHARS = 256;
const PROBLEM_CHARS = 500;

function put(
  store: Store,
  key: string,
  { id, problem, text, readAt }: InvalidRecord,
  isFull: boolean,
  failures: number,
  now: number,
): void {
  const shortId = id?.slice(0, ID_CHARS) ?? null;
  store.run(
    `INSERT OR REPLACE INTO quarantine (key, state, first_at, read_at, failures, cut, id, problem, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    key,
    failures < FAILURES_MAX ? 'candidate' : 'quarantined',
    now,
    readAt ?? now,
    failures,
    isFull || text.length >= TEXT_CHARS ? 1 : null,
    shortId?.toWellFormed().replaceAll('\0', '\ufffd') ?? null,
    problem.slice(0, PROBLEM_CHARS),
    isFull ? JSON.stringify({ id: shortId }) : text.slice(0, TEXT_CHARS),
  );
}

type Named = Pick<InvalidRecord, 'id' | 'text'>;

function crashKey({ id, text }: Named): string {
  return id === null ? `record:${sha256Hex(text)}` : `entry:${sha256Hex(id)}`;
}

function invalidKey({ id, text }: Named): string {
  return id === null ? `record:${sha256Hex(text)}` : `invalid:${sha256Hex(id)}`;
}

/**
 * Quarantine: records that can't be recorded (no id, no readable created_at) or evaluated. They are kept, counted and
 * told about, once each however often they are read. `strikes` of an entry that was only suspected of bringing the
 * ledger down stay below `CONVICTED`.
 */
import { hash } from '../../text/hash.ts';
import { CONVICTED, type Unfit } from '../model.ts';
import type { Store } from '../store/store.ts';

/** What is kept of its text. */
const TEXT_LIMIT = 64 * 1024;

/** Puts records away; returns how many were not there yet. */
export function quarantine(store: Store, records: readonly Unfit[], now: number): number {
  let fresh = 0;
  for (const record of records) {
    const key = quarantineKey(record);
    const known = store.all<{ strikes: number }>('SELECT strikes FROM quarantine WHERE key = ?', key)[0];
    if (known !== undefined && known.strikes >= CONVICTED) continue;
    fresh++;
    put(store, record, CONVICTED, now);
  }
  return fresh;
}

/** Notes that an entry alone brought the ledger down; true when that has happened often enough to put it away. */
export function suspect(store: Store, record: Unfit, now: number): boolean {
  const known = store.all<{ strikes: number }>(
    'SELECT strikes FROM quarantine WHERE key = ?',
    quarantineKey(record),
  )[0];
  const strikes = (known?.strikes ?? 0) + 1;
  put(store, record, strikes, now);
  return strikes >= CONVICTED;
}

/** Which of these entries are put away. */
export function putAway(store: Store, ids: readonly string[]): ReadonlySet<string> {
  const keys = new Map(ids.map((id) => [quarantineKey({ id, text: '' }), id]));
  const rows = store.all<{ key: string }>(
    `SELECT key FROM quarantine WHERE strikes >= ${CONVICTED} AND key IN (SELECT value FROM json_each(?))`,
    JSON.stringify([...keys.keys()]),
  );
  return new Set(rows.map((row) => keys.get(row.key) ?? ''));
}

function put(store: Store, record: Unfit, strikes: number, now: number): void {
  store.run(
    'INSERT OR REPLACE INTO quarantine (key, problem, body, first_at, strikes) VALUES (?, ?, ?, ?, ?)',
    quarantineKey(record),
    record.problem.slice(0, 500),
    record.text.slice(0, TEXT_LIMIT),
    now,
    strikes,
  );
}

function quarantineKey({ id, text }: { id: string | null; text: string }): string {
  return id === null ? `record:${hash(text)}` : `entry:${hash(id)}`;
}

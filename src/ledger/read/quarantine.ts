/**
 * What is in quarantine, for the operator and for pages.
 *
 * Contract: read-only. A list reads an index and a row for each record that it shows, and no record's text.
 */
import { QUARANTINED } from '../model.ts';
import { storedId } from '../record/dedupe.ts';
import { findQuarantined, type QuarantineRow } from '../record/quarantine.ts';
import type { QuarantineCursor, QuarantinedDetails, QuarantinedSummary, QuarantineList, ShownRecord } from '../rpc.ts';
import type { Store } from '../store/store.ts';

/** How many records a page has. */
export const QUARANTINED_SHOWN_MAX = 50;

/** A page of what is in quarantine, newest first. */
export function readQuarantine(store: Store, before: QuarantineCursor | null): QuarantineList {
  const { firstAt, key } = before ?? { firstAt: Number.MAX_SAFE_INTEGER, key: '' };
  const rows = store.all<Omit<QuarantineRow, 'body'>>(
    `SELECT key, id, problem, cut, first_at, read_at FROM quarantine
     WHERE ${QUARANTINED} AND (first_at, key) < (?, ?)
     ORDER BY first_at DESC, key DESC LIMIT ${QUARANTINED_SHOWN_MAX + 1}`,
    firstAt,
    key,
  );
  const shown = rows.slice(0, QUARANTINED_SHOWN_MAX);
  const recorded = recordedKeys(store, shown);
  const last = shown.at(-1);
  return {
    records: shown.map((row) => summary(row, recorded)),
    next: rows.length > shown.length && last !== undefined ? { firstAt: last.first_at, key: last.key } : null,
  };
}

/** The record with this key or id, with its text. */
export function readQuarantined(store: Store, name: string): ShownRecord {
  const found = findQuarantined(store, name);
  if (found.kind !== 'found') return found;
  const { row } = found;
  const details: QuarantinedDetails = { ...summary(row, recordedKeys(store, [row])), text: row.body };
  return { kind: 'found', record: details };
}

type Row = Omit<QuarantineRow, 'body'>;

function summary({ key, id, problem, first_at, cut }: Row, recorded: ReadonlySet<string>): QuarantinedSummary {
  const [, hash = ''] = key.split(':');
  return { key, id, problem, firstAt: first_at, isCut: cut === 1, isRecorded: recorded.has(hash) };
}

/** The hashes in the keys of those records whose id is recorded by now. */
function recordedKeys(store: Store, rows: readonly Row[]): ReadonlySet<string> {
  const hashes = new Map<string, string>();
  for (const { key, id } of rows) {
    const [, hash = ''] = key.split(':');
    if (id === null) continue;
    // An id that is stored as its hash is so in both tables.
    const stored = storedId(id);
    hashes.set(stored.startsWith('#') ? `#${hash}` : stored, hash);
  }
  const known = store.all<{ id: string }>(
    // Of each id one version at most.
    'SELECT value AS id FROM json_each(?) WHERE EXISTS (SELECT 1 FROM entries WHERE id = value)',
    JSON.stringify([...hashes.keys()]),
  );
  return new Set(known.map(({ id }) => hashes.get(id) ?? ''));
}

/**
 * Finds the entries of a page that are not recorded yet, numbers them and stores them.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { fieldValue, type Match } from '../../sigma/index.ts';
import { jsonText } from '../../text/json.ts';
import { sha256Hex } from '../../text/sha256.ts';
import type { Accepted } from '../model.ts';
import type { Incoming } from '../rpc.ts';
import type { Store } from '../store/store.ts';

export interface Deduped {
  /** By (occurredAt, id), each once. */
  readonly unrecorded: readonly Incoming[];
  readonly known: number;
  /** Older than retention. */
  readonly expired: number;
}

export interface DedupeOptions {
  /** Entries created before this are ignored. */
  readonly floor: number;
  readonly expiredBefore: number;
  readonly skip: ReadonlySet<string>;
}

/** Returns the entries not yet recorded, oldest first. Read-only. */
export function dedupe(
  store: Store,
  entries: readonly Incoming[],
  { floor, expiredBefore, skip }: DedupeOptions,
): Deduped {
  const wanted = new Map<string, Incoming>();
  let expired = 0;
  for (const entry of entries) {
    if (entry.createdAt < floor || skip.has(entry.id)) continue;
    if (entry.createdAt < expiredBefore) expired++;
    else wanted.set(storedId(entry.id), entry);
  }
  const known = store.all<{ id: string }>(
    'SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify([...wanted.keys()]),
  );
  for (const { id } of known) wanted.delete(id);
  const unrecorded = [...wanted.values()].sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  return { unrecorded, known: known.length, expired };
}

/** Whether an entry with this id is recorded or staged. */
export function isRecordedOrStaged(store: Store, id: string): boolean {
  const known = 'SELECT 1 FROM entries WHERE id = ? UNION ALL SELECT 1 FROM staging WHERE id = ? LIMIT 1';
  return store.all(known, storedId(id), storedId(id)).length > 0;
}

/** Stores entries under the next numbers, and their batch. One statement stores all entries. */
export function accept<M extends readonly Match[]>(
  store: Store,
  matched: readonly { readonly incoming: Incoming; readonly body: EntryBody; readonly matches: M }[],
  lastSeq: number,
  scanContext: { readonly began: number; readonly suppressBefore: number | null },
  rules: string,
): { readonly entry: Accepted; readonly matches: M }[] {
  const rows = matched.map(({ incoming: { text, ...named }, body, matches }, index) => ({
    entry: { ...named, seq: lastSeq + index + 1, body },
    stored: storedText(text, body),
    actor: storedActor(body),
    matches,
  }));
  store.run(
    `INSERT INTO entries (seq, id, created_at, occurred_at, body, actor, cut)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?)`,
    JSON.stringify(
      rows.map(({ entry, stored, actor }) => [
        entry.seq,
        storedId(entry.id),
        entry.createdAt,
        entry.occurredAt,
        stored.text,
        actor,
        stored.cut ? 1 : null,
      ]),
    ),
  );
  store.run(
    'INSERT INTO batches (first_seq, last_seq, began, suppress_before, rules) VALUES (?, ?, ?, ?, ?)',
    lastSeq + 1,
    lastSeq + rows.length,
    scanContext.began,
    scanContext.suppressBefore,
    rules,
  );
  return rows;
}

/** The id an entry is stored under: its own, or its SHA-256 where it is long or holds characters beyond printable ASCII. */
export function storedId(id: string): string {
  return /^(?!#)[\x20-\x7e]{1,128}$/.test(id) ? id : `#${sha256Hex(id)}`;
}

/** Longer than any legitimate actor id. */
const ACTOR_CHARS = 256;

/** `actor.id` as text, by which an actor's activity is found; null where it is missing. */
export function storedActor(body: EntryBody): string | null {
  const value = fieldValue(body, 'actor.id');
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : jsonText(value);
  return text === null ? null : text.slice(0, ACTOR_CHARS).toWellFormed().replaceAll('\0', '\ufffd');
}

/** A larger entry is stored with its long strings cut, in characters. */
const STORED_MAX = 64 * 1024;
/** The length they are cut to, at first. */
const STRING_MAX = 1_024;

/** The text that is stored of an entry, and whether it was cut. */
function storedText(text: string, body: EntryBody): { readonly text: string; readonly cut: boolean } {
  if (text.length <= STORED_MAX) return { text, cut: false };
  for (let limit = STRING_MAX; limit >= 16; limit /= 4) {
    const cut = withStringsCut(body, limit);
    if (cut !== null && cut.length <= STORED_MAX) return { text: cut, cut: true };
  }
  const { id, created_at } = body;
  const only = { id, created_at, cut: `an entry of ${text.length} characters` };
  return { text: withStringsCut(only, STRING_MAX) ?? '{}', cut: true };
}

/** Null where it is nested too deeply for JSON.stringify with a replacer. */
function withStringsCut(body: EntryBody, limit: number): string | null {
  try {
    return JSON.stringify(body, (_key, value: unknown) =>
      typeof value === 'string' && value.length > limit
        ? `${value.slice(0, limit)}… (${value.length} characters)`
        : value,
    );
  } catch {
    return null;
  }
}

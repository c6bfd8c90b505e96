/**
 * Finds the entries of a page that are not recorded yet, numbers them and stores them.
 *
 * Contract: an entry is known by its id and its content (content.ts). One whose id is recorded with other content, or that
 * stands in the page twice with other content, is a revision; an id has at most `REVISIONS_MAX`, so that an upstream whose
 * answers never stay the same can't fill the ledger. Comparing costs one row read per known entry, and none written.
 */

import type { EntryBody } from '../../audit-log/entry.ts';
import { readRecord } from '../../audit-log/page.ts';
import { fieldValue, type Match, networkOf } from '../../sigma/index.ts';
import { jsonText, parseJson } from '../../text/json.ts';
import { sha256Hex } from '../../text/sha256.ts';
import { type Accepted, REVISIONS_MAX, type ScanContext } from '../model.ts';
import type { Incoming } from '../rpc.ts';
import { withDerivedFields } from '../store/derived-fields.ts';
import { insertRows } from '../store/insert-rows.ts';
import type { Store } from '../store/store.ts';
import { storedText } from './stored-text.ts';
import { compareVersions, type Version } from './versions.ts';

/** An entry that is not recorded yet. */
export interface Unrecorded extends Incoming {
  /** 0: the first with its id. */
  readonly revision: number;
  /** Where they are known: its body, and the detections that match it. */
  readonly matched?: { readonly body: EntryBody; readonly matches: readonly Match[] };
}

/** A recorded entry that the upstream shows with other text, but with the same content. */
export interface Rewritten {
  readonly seq: number;
  readonly text: string;
  readonly cut: string | null;
}

export interface Deduped {
  /** By (occurredAt, id), the versions of an id in their order. */
  readonly unrecorded: readonly Unrecorded[];
  readonly known: number;
  /** Older than retention. */
  readonly expired: number;
  readonly rewritten: readonly Rewritten[];
  /** Revisions that are not recorded: their id has too many, or they are dated before what is recorded. */
  readonly refused: number;
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
  const unrecorded: Unrecorded[] = [];
  const rewritten = new Map<number, Rewritten>();
  const counts = { known: 0, expired: 0, refused: 0 };
  const wanted = entries.filter(({ id }) => !skip.has(id)).map((entry) => ({ entry, id: storedId(entry.id) }));
  wanted.sort(({ entry: a, id }, { entry: b, id: other }) => a.occurredAt - b.occurredAt || compareText(id, other));
  const versions = storedVersions(
    store,
    wanted.map(({ id }) => id),
  );
  for (const { entry, id } of wanted) {
    const known = versions.get(id) ?? [];
    const compared = compareVersions(entry, known);
    if (compared.kind !== 'changed') {
      const { seq } = compared.version;
      if (seq === null) continue;
      counts.known++;
      if (compared.kind === 'rewritten') rewritten.set(seq, { seq, text: compared.text, cut: compared.cut });
      continue;
    }
    const isExpired = entry.createdAt >= floor && entry.createdAt < expiredBefore;
    const isOutside = isExpired || entry.createdAt < floor;
    if (isExpired) counts.expired++;
    if (known.length > 0 && (isOutside || known.length > REVISIONS_MAX)) counts.refused++;
    else if (!isOutside) {
      const revision = (known.at(-1)?.revision ?? -1) + 1;
      unrecorded.push({ ...entry, revision });
      const { createdAt, text } = entry;
      versions.set(id, [...known, { seq: null, revision, createdAt, text, cut: null }]);
    }
  }
  return { unrecorded, rewritten: [...rewritten.values()], ...counts };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The recorded versions of these ids, each in their order. */
function storedVersions(store: Store, ids: readonly string[]): Map<string, readonly Version[]> {
  const versions = new Map<string, Version[]>();
  // A join reads a row less per id than `IN` (test/worker/revisions.test.ts).
  const rows = store.all<VersionRow>(
    `SELECT entries.id, seq, revision, created_at, body, cut FROM json_each(?) AS page
     JOIN entries ON entries.id = page.value`,
    JSON.stringify([...new Set(ids)]),
  );
  for (const { id, seq, revision, created_at: createdAt, body: text, cut } of rows) {
    const version = { seq, revision, createdAt, text, cut };
    const others = versions.get(id);
    if (others === undefined) versions.set(id, [version]);
    else others.push(version);
  }
  for (const each of versions.values()) each.sort((a, b) => a.revision - b.revision);
  return versions;
}

type VersionRow = {
  id: string;
  seq: number;
  revision: number;
  created_at: number;
  body: string;
  cut: string | null;
};

/**
 * Whether an entry with this id is recorded or staged. A revision of a recorded one is another entry; so is one whose text
 * was cut, and can't be compared.
 */
export function isRecordedOrStaged(store: Store, id: string, text: string): boolean {
  const stored = storedId(id);
  if (store.all('SELECT 1 FROM staging WHERE id = ? LIMIT 1', stored).length > 0) return true;
  const versions = storedVersions(store, [stored]).get(stored) ?? [];
  if (versions.length === 0) return false;
  const body = parseJson(text);
  if (body === undefined) return false;
  const read = readRecord(body);
  return 'problem' in read || compareVersions({ createdAt: read.createdAt, text }, versions).kind !== 'changed';
}

const ENTRY_COLUMNS = [
  ...['seq', 'id', 'revision', 'created_at', 'occurred_at'],
  ...['body', 'actor', 'cut', 'mark', 'network'],
] as const;

/** Stores entries under the next numbers, and their batch. */
export function accept<M extends readonly Match[]>(
  store: Store,
  matched: readonly { readonly incoming: Unrecorded; readonly body: EntryBody; readonly matches: M }[],
  lastSeq: number,
  { began, horizon, suppressBefore }: ScanContext,
  rules: string,
): { readonly entry: Accepted; readonly matches: M }[] {
  const rows = matched.map(({ incoming: { text, mark = null, matched: _, ...named }, body, matches }, index) => ({
    entry: { ...named, seq: lastSeq + index + 1, body: withDerivedFields(body, mark) },
    mark,
    stored: storedText(text, { createdAt: named.createdAt, body }),
    actor: storedActor(body),
    network: storedNetwork(body),
    matches,
  }));
  insertRows(
    store,
    'entries',
    ENTRY_COLUMNS,
    rows.map(({ entry, stored, actor, mark, network }) => [
      ...[entry.seq, storedId(entry.id), entry.revision, entry.createdAt, entry.occurredAt],
      ...[stored.text, actor, stored.cut, mark, network],
    ]),
  );
  store.run(
    'INSERT INTO batches (first_seq, last_seq, began, horizon, suppress_before, rules) VALUES (?, ?, ?, ?, ?, ?)',
    lastSeq + 1,
    lastSeq + rows.length,
    began,
    horizon,
    suppressBefore,
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

/** The network of `client_ip`, for the index; '' if that is not an address. */
export function storedNetwork(body: EntryBody): string {
  const value = fieldValue(body, 'client_ip');
  return (typeof value === 'string' ? networkOf(value) : null) ?? '';
}

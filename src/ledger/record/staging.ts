/**
 * Staging: the entries of a newest-first scan, stored whole until the scan ends and they are recorded in the order in which
 * they occurred. While any are staged, whatever scans read is staged too. They survive a rejected cursor. A text over the row
 * limit is stored in parts. One that is read again with other content (content.ts) is staged beside the first.
 */
import { type InvalidRecord, REVISIONS_MAX } from '../model.ts';
import type { Incoming } from '../rpc.ts';
import type { Store } from '../store/store.ts';
import { storedId } from './dedupe.ts';
import { compareVersions, type Version } from './versions.ts';

/** The most bytes of a row in a Durable Object (developers.cloudflare.com/durable-objects/platform/limits). */
const ROW_BYTES_MAX = 2_000_000;
const PART_CHARS = 256 * 1024;
// A UTF-16 code unit is at most three bytes of UTF-8.
if (!(3 * PART_CHARS < ROW_BYTES_MAX)) throw new Error('a part of a staged entry must fit into a row');
/** About how much text is recorded at once. */
const TAKEN_CHARS = 512 * 1024;

/**
 * Stages entries; those already staged stay as they are. `readBy`: by when the upstream had read its log for them. Returns how
 * many were added, and how many were refused because too many versions of them are staged.
 */
export function stage(
  store: Store,
  entries: readonly Incoming[],
  readBy: number,
): { readonly added: number; readonly refused: number } {
  let added = 0;
  let refused = 0;
  for (const entry of entries) {
    const id = storedId(entry.id);
    const { staged, lastAt } = stagedVersions(store, entry.createdAt, id);
    if (compareVersions(entry, staged).kind !== 'changed') continue;
    if (staged.length > REVISIONS_MAX) {
      refused++;
      continue;
    }
    added++;
    for (const [part, text] of inParts(entry.text).entries()) {
      store.run(
        'INSERT INTO staging (created_at, id, revision, part, occurred_at, read_by, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
        entry.createdAt,
        id,
        staged.length,
        part,
        // After the version before it, though our clock was set back.
        Math.max(entry.occurredAt, lastAt),
        readBy,
        text,
      );
    }
  }
  return { added, refused };
}

/**
 * The staged versions of an entry, in their order, and when the last of them occurred. One that claims the future occurred
 * when it was read.
 */
function stagedVersions(
  store: Store,
  createdAt: number,
  id: string,
): { readonly staged: Version[]; readonly lastAt: number } {
  const rows = store.all<StagedPart>(
    `SELECT revision, part, occurred_at, body FROM staging WHERE occurred_at = ? AND created_at = ? AND id = ?
     UNION ALL
     SELECT revision, part, occurred_at, body FROM staging WHERE id = ? AND created_at = ? AND occurred_at < created_at
     ORDER BY revision, part`,
    ...[createdAt, createdAt, id],
    ...[id, createdAt],
  );
  return { staged: versionsFrom(createdAt, rows), lastAt: rows.at(-1)?.occurred_at ?? Number.NEGATIVE_INFINITY };
}

type StagedPart = { revision: number; part: number; occurred_at: number; body: string };

function versionsFrom(createdAt: number, parts: readonly StagedPart[]): Version[] {
  const texts = new Map<number, string>();
  for (const { revision, body } of parts) texts.set(revision, `${texts.get(revision) ?? ''}${body}`);
  return [...texts].map(([revision, text]) => ({ seq: null, revision, createdAt, text, cut: null }));
}

/** A text in parts that end at whole characters: SQLite does not store lone surrogates. */
function inParts(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const end = from + PART_CHARS;
    const to = isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
    parts.push(text.slice(from, to));
    from = to;
  }
  return parts;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** The oldest staged entry, as a candidate for quarantine; null where nothing is staged. */
export function oldestStaged(store: Store): InvalidRecord | null {
  const [head] = readStaged(store, 1);
  if (head === undefined) return null;
  const { id, text, occurredAt: readAt } = head;
  return { id, problem: 'it crashed the ledger when it was flushed', text, readAt };
}

/** Whether the entry is staged with other content. Reads all that is staged. */
export function isStagedOtherwise(store: Store, entry: Incoming): boolean {
  const rows = store.all<StagedPart & { created_at: number }>(
    'SELECT created_at, revision, part, occurred_at, body FROM staging WHERE id = ? ORDER BY created_at, revision, part',
    storedId(entry.id),
  );
  const byTime = [...Map.groupBy(rows, (row) => row.created_at)];
  return byTime.some(([createdAt, parts]) =>
    versionsFrom(createdAt, parts).some((version) => compareVersions(entry, [version]).kind === 'changed'),
  );
}

/** When the oldest staged entry occurred, ms; `Infinity` where nothing is staged. */
export function oldestStagedAt(store: Store): number {
  const rows = store.all<{ occurred_at: number }>('SELECT occurred_at FROM staging ORDER BY occurred_at LIMIT 1');
  return rows[0]?.occurred_at ?? Number.POSITIVE_INFINITY;
}

/** Removes and returns the oldest staged entries: `most` of them, or fewer where they are long. */
export function takeStaged(store: Store, most: number): Incoming[] {
  const taken = readStaged(store, most);
  for (const { id, occurredAt, createdAt, revision } of taken) {
    store.run(
      'DELETE FROM staging WHERE occurred_at = ? AND created_at = ? AND id = ? AND revision = ?',
      occurredAt,
      createdAt,
      storedId(id),
      revision,
    );
  }
  return taken;
}

function readStaged(store: Store, most: number): (Incoming & { readonly revision: number })[] {
  const heads = store.all<{
    occurred_at: number;
    id: string;
    revision: number;
    created_at: number;
    read_by: number;
    size: number;
  }>(
    `SELECT occurred_at, created_at, id, revision, min(read_by) AS read_by, sum(length(body)) AS size FROM staging
     GROUP BY occurred_at, created_at, id, revision ORDER BY occurred_at, created_at, id, revision LIMIT ?`,
    most,
  );
  const taken: (Incoming & { readonly revision: number })[] = [];
  let chars = 0;
  for (const head of heads) {
    if (taken.length > 0 && chars + head.size > TAKEN_CHARS) break;
    chars += head.size;
    const parts = store.all<{ body: string }>(
      'SELECT body FROM staging WHERE occurred_at = ? AND created_at = ? AND id = ? AND revision = ? ORDER BY part',
      head.occurred_at,
      head.created_at,
      head.id,
      head.revision,
    );
    const text = parts.map((part) => part.body).join('');
    const { created_at: createdAt, occurred_at: occurredAt, read_by: readBy, revision } = head;
    taken.push({ id: originalId(text, head.id), createdAt, occurredAt, readBy, revision, text });
  }
  return taken;
}

/** Whether any entry is staged. */
export function hasStaged(store: Store): boolean {
  return store.all('SELECT 1 FROM staging LIMIT 1').length > 0;
}

/** The entry's own id: the stored id may be a hash of it. */
function originalId(text: string, stored: string): string {
  if (!stored.startsWith('#')) return stored;
  const body: unknown = JSON.parse(text);
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : stored;
  return typeof id === 'string' ? id : stored;
}

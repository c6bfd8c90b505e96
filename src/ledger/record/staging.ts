/**
 * The stage: entries of a walk that comes newest first, whole, until the walk ends and they are recorded oldest first.
 * They survive a rejected cursor. A text over the row limit lies in parts.
 */
import type { InvalidRecord } from '../model.ts';
import type { Incoming } from '../rpc.ts';
import type { Store } from '../store/store.ts';
import { storedId } from './dedupe.ts';

/** Durable Objects allow 2 MB a row (developers.cloudflare.com/durable-objects/platform/limits), in bytes. */
const PART_CHARS = 256 * 1024;
/** About so much text is recorded at once. */
const TAKE_CHARS = 512 * 1024;

/** Puts entries on the stage; those already there stay as they are. Returns how many are new. */
export function stage(store: Store, entries: readonly Incoming[]): number {
  let added = 0;
  for (const entry of entries) {
    const id = storedId(entry.id);
    const there = store.all('SELECT 1 FROM staging WHERE created_at = ? AND id = ? AND part = 0', entry.createdAt, id);
    if (there.length > 0) continue;
    added++;
    for (const [part, text] of inParts(entry.text).entries()) {
      store.run(
        'INSERT INTO staging (created_at, id, part, body) VALUES (?, ?, ?, ?)',
        entry.createdAt,
        id,
        part,
        text,
      );
    }
  }
  return added;
}

/** A text in parts, none of which ends inside a character: SQLite keeps no half ones. */
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

/** The oldest entry on the stage, when it is the one to blame; null where none is there. */
export function oldestStaged(store: Store): InvalidRecord | null {
  const [head] = readStaged(store, 1);
  if (head === undefined) return null;
  return { id: head.id, problem: 'it crashed the ledger when it was flushed', text: head.text };
}

/** Takes the oldest entries off the stage: `most` of them, or fewer where they are long. */
export function takeStaged(store: Store, most: number): Incoming[] {
  const taken = readStaged(store, most);
  for (const { id, createdAt } of taken) {
    store.run('DELETE FROM staging WHERE created_at = ? AND id = ?', createdAt, storedId(id));
  }
  return taken;
}

function readStaged(store: Store, most: number): Incoming[] {
  const heads = store.all<{ created_at: number; id: string; size: number }>(
    `SELECT created_at, id, sum(length(body)) AS size FROM staging
     GROUP BY created_at, id ORDER BY created_at, id LIMIT ?`,
    most,
  );
  const taken: Incoming[] = [];
  let chars = 0;
  for (const head of heads) {
    if (taken.length > 0 && chars + head.size > TAKE_CHARS) break;
    chars += head.size;
    const parts = store.all<{ body: string }>(
      'SELECT body FROM staging WHERE created_at = ? AND id = ? ORDER BY part',
      head.created_at,
      head.id,
    );
    const text = parts.map((part) => part.body).join('');
    taken.push({ id: originalId(text, head.id), createdAt: head.created_at, text });
  }
  return taken;
}

/** How many entries lie on the stage (0 or more is all that is asked; counting stops at 1). */
export function stagedCount(store: Store): number {
  return store.all('SELECT 1 FROM staging LIMIT 1').length;
}

/** A stored id may be a hash; the entry has its own. */
function originalId(text: string, stored: string): string {
  if (!stored.startsWith('#')) return stored;
  const body: unknown = JSON.parse(text);
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : stored;
  return typeof id === 'string' ? id : stored;
}

/**
 * The index of entries by actor and by network: who did what, and from where, without reading every entry.
 *
 * Contract: entries are indexed in blocks of `BLOCK_ENTRIES` by number, each in the transaction that fills it; what is newer
 * is read through (../read/activity.ts). A row has all values of a block's entries within `BUCKET_MS` of event time, so that
 * it costs the same few rows written whatever the values are, and what is around a time is one range of rows, in whatever
 * order entries were recorded. The row of a block in `entry_blocks` has the buckets of its rows in `entry_index`, by which
 * they are deleted once none of its entries is left. Call it in a transaction.
 */
import { networkOf } from '../../sigma/index.ts';
import { sha256Hex } from '../../text/sha256.ts';
import { canCatchUp, DAY_MS } from '../health/usage.ts';
import type { State } from '../store/state.ts';
import type { Row, Store } from '../store/store.ts';

/** A row per entry and value, as an ordinary index has, would be two rows more for each entry. */
export const BLOCK_ENTRIES = 1024;
/** Shorter: a block has more rows. Longer: more rows are read around a time. */
export const BUCKET_MS = 4 * 60 * 60_000;
/** Rows written for a block: at most one for each entry, where each is in a bucket of its own, and its own. */
const BLOCK_ROWS_MAX = BLOCK_ENTRIES + 1;
/** Longer values are found by their hash. In characters that JSON escapes they take 6 bytes each. */
const KEY_CHARS = 64;
/** https://developers.cloudflare.com/durable-objects/platform/limits/ ("Maximum string, BLOB or table row size") */
const ROW_BYTES_MAX = 2_000_000;

/** What entries are found by: columns of `entries`, and of `entry_index`. */
export const INDEXED_FIELDS = ['actor', 'network'] as const;
export type IndexedField = (typeof INDEXED_FIELDS)[number];
if (INDEXED_FIELDS.length * BLOCK_ENTRIES * (6 * KEY_CHARS + 10) > ROW_BYTES_MAX)
  throw new Error('a row must hold a block');

/** The block of an entry. */
export function blockOf(seq: number): number {
  return Math.floor(seq / BLOCK_ENTRIES);
}

/** How many blocks are full when this is the last entry. */
function fullBlocks(lastSeq: number): number {
  return blockOf(lastSeq + 1);
}

/** Indexes the block that the entries after `before`, up to `lastSeq`, have filled. */
export function indexFilled(store: Store, before: number, lastSeq: number): void {
  for (let block = fullBlocks(before); block < fullBlocks(lastSeq); block++) indexBlock(store, block);
}

/**
 * Indexes the newest block that is older than the index, where there is one: of entries from before there was an index. Not
 * where the day has no rows left for that. Takes and returns the rows that it wrote on a day; `now`: wall, ms.
 */
export function indexOlder(
  store: Store,
  lastSeq: number,
  before: State['olderIndexed'],
  now: number,
): State['olderIndexed'] {
  const [first] = store.all<{ block: number }>('SELECT block FROM entry_blocks ORDER BY block LIMIT 1');
  const [older] = store.all<{ seq: number }>(
    'SELECT seq FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT 1',
    (first?.block ?? fullBlocks(lastSeq)) * BLOCK_ENTRIES,
  );
  if (older === undefined) return before;
  const day = Math.floor(now / DAY_MS);
  const rows = before?.day === day ? before.rows : 0;
  const { meter } = store;
  if (meter && !canCatchUp(rows + BLOCK_ROWS_MAX, meter.saved(), meter.plan)) return before;
  return { day, rows: rows + indexBlock(store, blockOf(older.seq)) };
}

interface IndexedEntry {
  readonly seq: number;
  readonly at: number;
  readonly actor: string | null;
  readonly network: string | null;
  readonly address: string | null;
}

/** Of the entries of a block that are in a bucket. */
interface IndexRow {
  readonly bucket: number;
  /** Of each entry its number within the block, and its time within the bucket, ms. */
  readonly places: readonly number[];
  /** For each field, values with the entries that have them: their indexes in the list of places. */
  readonly values: { readonly [field in IndexedField]: ReadonlyMap<string, readonly number[]> };
}

/** The entries with a value are in a column where this text is, or in none of it. */
export function indexNeedle(value: string): string {
  return `${JSON.stringify(indexKey(value))},[`;
}

/** The entries with a value, from the text of a column: their indexes in the list of places. */
export function indexedWith(value: string, column: string): readonly number[] {
  const list = JSON.parse(column) as readonly (string | readonly number[])[];
  const at = list.indexOf(indexKey(value));
  return at < 0 ? [] : (list[at + 1] as readonly number[]);
}

/** No value that is short enough is the key of a long one. */
function indexKey(value: string): string {
  return value.length > KEY_CHARS ? `#${sha256Hex(value)}` : value;
}

/** Returns how many rows it wrote. */
function indexBlock(store: Store, block: number): number {
  const entries = store.all<IndexedEntry & Row>(
    // An entry from before there was an index has no network stored.
    `SELECT seq, occurred_at AS at, actor, network,
       iif(network IS NULL AND json_valid(body), body ->> '$.client_ip', NULL) AS address
     FROM entries WHERE seq >= ?1 AND seq < ?1 + ${BLOCK_ENTRIES} ORDER BY seq`,
    block * BLOCK_ENTRIES,
  );
  type Growing = {
    readonly places: number[];
    readonly values: { readonly [field in IndexedField]: Map<string, number[]> };
  };
  const rows = new Map<number, Growing>();
  for (const { seq, at, actor, network, address } of entries) {
    const bucket = Math.floor(at / BUCKET_MS);
    const row: Growing = rows.get(bucket) ?? { places: [], values: { actor: new Map(), network: new Map() } };
    rows.set(bucket, row);
    const values = { actor, network: (network ?? networkOf(String(address))) || null };
    for (const field of INDEXED_FIELDS) {
      const value = values[field];
      if (value === null) continue;
      const key = indexKey(value);
      const indexes: number[] = row.values[field].get(key) ?? [];
      if (indexes.push(row.places.length / 2) === 1) row.values[field].set(key, indexes);
    }
    row.places.push(seq - block * BLOCK_ENTRIES, at - bucket * BUCKET_MS);
  }
  writeBlock(
    store,
    block,
    [...rows].map(([bucket, row]) => ({ bucket, ...row })),
  );
  return rows.size + 1;
}

/** Writes the index of a block. */
export function writeBlock(store: Store, block: number, rows: readonly IndexRow[]): void {
  for (const { bucket, places, values } of rows) {
    store.run(
      'INSERT OR REPLACE INTO entry_index (bucket, block, places, actor, network) VALUES (?, ?, ?, ?, ?)',
      bucket,
      block,
      JSON.stringify(places),
      // A list in which each value comes before its entries: as keys of an object, some values are special.
      ...INDEXED_FIELDS.map((field) => JSON.stringify([...values[field]].flat())),
    );
  }
  store.run(
    'INSERT OR REPLACE INTO entry_blocks (block, buckets) VALUES (?, ?)',
    block,
    JSON.stringify(rows.map(({ bucket }) => bucket)),
  );
}

/** Deletes the index of those of these blocks of which no entry is left. */
export function evictIndex(store: Store, blocks: Iterable<number>): void {
  for (const block of blocks) {
    const first = block * BLOCK_ENTRIES;
    const sql = 'SELECT 1 FROM entries WHERE seq >= ? AND seq < ? LIMIT 1';
    if (store.all(sql, first, first + BLOCK_ENTRIES).length > 0) continue;
    store.run(
      `DELETE FROM entry_index WHERE block = ?1 AND bucket IN
         (SELECT bucket.value FROM entry_blocks, json_each(buckets) AS bucket WHERE block = ?1)`,
      block,
    );
    store.run('DELETE FROM entry_blocks WHERE block = ?', block);
  }
}

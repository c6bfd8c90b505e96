/**
 * The index of entries by actor and by network: who did what, and from where, without reading every entry.
 *
 * Contract: entries are indexed in blocks of `BLOCK_ENTRIES` by number, each in the transaction that fills it; what is newer
 * is read through (../read/activity.ts). A row has a value's entries of a block within `BUCKET_MS` of event time, so that the
 * rows of a value around a time are one range, in whatever order entries were recorded. The row of a block in `entry_blocks`
 * has the keys of its rows in `entry_index`, by which they are deleted once none of its entries is left. Call it in a
 * transaction.
 */
import { networkOf } from '../../sigma/index.ts';
import { canCatchUp, DAY_MS } from '../health/usage.ts';
import type { State } from '../store/state.ts';
import type { Row, Store } from '../store/store.ts';

/** A row per entry and value, as an ordinary index has, would be two rows more for each entry. */
export const BLOCK_ENTRIES = 1024;
/** Shorter: a frequent value has more rows of each block. Longer: more rows are read around a time. */
export const BUCKET_MS = 4 * 60 * 60_000;
/** Rows written for a block: at most one for each entry's actor and network, and its own. */
const BLOCK_ROWS_MAX = 2 * BLOCK_ENTRIES + 1;
/** So many rows in a statement: with the longest values, in characters that JSON escapes, they stay below the 2 MB of one. */
const ROWS_MAX = 512;

/** What entries are found by: columns of `entries`. */
export type IndexedField = 'actor' | 'network';

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

interface IndexRow {
  readonly field: IndexedField;
  readonly value: string;
  readonly bucket: number;
  /** Of each entry its number within the block, and its time within the bucket, ms. */
  readonly items: number[];
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
  const rows: IndexRow[] = [];
  // A block has few buckets: looked up one after another, without a text made for each entry.
  const known = new Map<string, IndexRow[]>();
  const add = (field: IndexedField, value: string | null, seq: number, at: number): void => {
    if (value === null) return;
    const bucket = Math.floor(at / BUCKET_MS);
    const ofValue = known.get(value) ?? [];
    if (ofValue.length === 0) known.set(value, ofValue);
    let row = ofValue.find((each) => each.field === field && each.bucket === bucket);
    if (row === undefined) {
      row = { field, value, bucket, items: [] };
      ofValue.push(row);
      rows.push(row);
    }
    row.items.push(seq - block * BLOCK_ENTRIES, at - bucket * BUCKET_MS);
  };
  for (const { seq, at, actor, network, address } of entries) {
    add('actor', actor, seq, at);
    add('network', (network ?? networkOf(String(address))) || null, seq, at);
  }
  writeBlock(store, block, rows);
  return rows.length + 1;
}

/** Writes the index of a block. */
export function writeBlock(store: Store, block: number, all: readonly IndexRow[]): void {
  for (let i = 0; i < all.length; i += ROWS_MAX) {
    store.run(
      `INSERT OR REPLACE INTO entry_index (field, value, bucket, block, items)
       SELECT value ->> 0, value ->> 1, value ->> 2, ?, value ->> 3 FROM json_each(?)`,
      block,
      JSON.stringify(
        all
          .slice(i, i + ROWS_MAX)
          .map(({ field, value, bucket, items }) => [field, value, bucket, JSON.stringify(items)]),
      ),
    );
  }
  store.run(
    'INSERT OR REPLACE INTO entry_blocks (block, keys) VALUES (?, ?)',
    block,
    JSON.stringify(all.map(({ field, value, bucket }) => [field, value, bucket])),
  );
}

/** Deletes the index of those of these blocks of which no entry is left. */
export function evictIndex(store: Store, blocks: Iterable<number>): void {
  for (const block of blocks) {
    const first = block * BLOCK_ENTRIES;
    const sql = 'SELECT 1 FROM entries WHERE seq >= ? AND seq < ? LIMIT 1';
    if (store.all(sql, first, first + BLOCK_ENTRIES).length > 0) continue;
    store.run(
      `DELETE FROM entry_index WHERE (field, value, bucket, block) IN
         (SELECT key.value ->> 0, key.value ->> 1, key.value ->> 2, block
          FROM entry_blocks, json_each(keys) AS key WHERE block = ?)`,
      block,
    );
    store.run('DELETE FROM entry_blocks WHERE block = ?', block);
  }
}

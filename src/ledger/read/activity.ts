/**
 * What came from the same actor or network around an entry.
 *
 * Contract: the nearest entries before and after, by (occurred_at, seq), within a day: from the index of full blocks
 * (../record/entry-index.ts), and from the entries since, which are read through. It reads at most a block of entries, and in
 * each direction `INDEX_ROWS_MAX` rows of the index and `NEAR_MAX` entries, those that are not there any more included. Where
 * that ends the search, it says that there are more, which is not always so. Of four hours with more blocks than are read it
 * reads those that were recorded with what occurred nearest: an entry that was recorded much later may be missing.
 */
import { BLOCK_ENTRIES, BUCKET_MS, blockOf, type IndexedField } from '../record/entry-index.ts';
import type { Activity, EntrySummary } from '../rpc.ts';
import { type EntryRow, entrySummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** How far it looks, before and after. */
export const ACTIVITY_MS = 24 * 60 * 60_000;
/** How many entries it shows, before and after. */
export const ACTIVITY_MAX: { readonly [field in IndexedField]: number } = { actor: 25, network: 10 };
/** Rows of the index that are read, before and after: at 350,000 entries a day four hours have as many blocks. */
const INDEX_ROWS_MAX = 60;
/** Of four hours of which not all rows are read so many blocks, and where the entry is in them, of the next four. */
const BLOCKS_MAX = 30;
/** Entries of any value by which the block of a time is found; a few may be late ones. */
const BESIDE = 15;
/** Entries that are looked for, before and after: of a block at the end of retention most may be evicted. */
const NEAR_MAX = ACTIVITY_MAX.actor + 35;

/** The entry in the middle, with what it is found by; null: it has none. */
export type CentreEntry = { readonly seq: number; readonly occurred_at: number } & {
  readonly [field in IndexedField]: string | null;
};

/** An entry by its place. */
interface Place {
  readonly seq: number;
  readonly at: number;
}

/** The activity of the entry's actor and, without a scope, of its network; empty where it has none. */
export function readActivities(
  store: Store,
  middle: CentreEntry,
  scope: readonly number[] | null,
): { readonly actorActivity: Activity; readonly networkActivity: Activity | null } {
  const recent = readRecent(store, middle);
  const activityOf = (field: IndexedField): Activity => {
    const value = middle[field];
    const found = value === null ? [] : recent.entries.filter((entry) => entry[field] === value);
    const [before, after] = ([-1, 1] as const).map((way) => {
      return value === null ? NOTHING : readNear(store, field, value, middle, way, found);
    }) as [Near, Near];
    const [earlier, later] = [before.rows.map(entrySummary).reverse(), after.rows.map(entrySummary)];
    const shown = [...earlier, ...later];
    const inScope = scope === null ? null : seqsOfAlerts(store, scope, shown);
    return {
      value,
      withinMs: ACTIVITY_MS,
      before: earlier,
      after: later,
      moreBefore: before.more,
      moreAfter: after.more,
      isIndexed: recent.isIndexed,
      open: shown.filter(({ seq }) => inScope?.has(seq) ?? true).map(({ id }) => id),
    };
  };
  return { actorActivity: activityOf('actor'), networkActivity: scope === null ? activityOf('network') : null };
}

/** Nearest first. */
interface Near {
  readonly rows: readonly EntryRow[];
  readonly more: boolean;
}
const NOTHING: Near = { rows: [], more: false };

/** The nearest entries with a value, before (-1) or after (1) the middle. `recent`: those that are newer than the index. */
function readNear(
  store: Store,
  field: IndexedField,
  value: string,
  { seq, occurred_at: at }: CentreEntry,
  way: -1 | 1,
  recent: readonly Place[],
): Near {
  const most = ACTIVITY_MAX[field];
  const bucket = Math.floor(at / BUCKET_MS);
  const last = Math.floor((at + way * ACTIVITY_MS) / BUCKET_MS);
  const [order, than] = way < 0 ? ['DESC', '<='] : ['ASC', '>='];
  const read = (where: string, most: number, ...binds: readonly number[]) =>
    store.all<{ bucket: number; block: number; items: string }>(
      `SELECT bucket, block, items FROM entry_index WHERE field = ?1 AND value = ?2 AND ${where}
       ORDER BY bucket ${order}, block ${order} LIMIT ${most}`,
      field,
      value,
      ...binds,
    );
  const rows = read('bucket BETWEEN ?3 AND ?4', INDEX_ROWS_MAX + 1, Math.min(bucket, last), Math.max(bucket, last));
  const isCut = rows.length > INDEX_ROWS_MAX;
  // Of the last bucket rows may be missing, so those that were recorded with what occurred nearest.
  const cut = isCut ? rows.at(-1)?.bucket : undefined;
  const near = rows.filter((row) => row.bucket !== cut);
  for (const each of cut === undefined ? [] : cut === bucket ? [cut, cut + way] : [cut]) {
    // Where the entry is, or where the bucket begins on its side.
    const from = each === bucket ? at : (way < 0 ? each + 1 : each) * BUCKET_MS;
    const beside = store
      .all<{ seq: number }>(
        `SELECT seq FROM entries WHERE occurred_at ${than} ? ORDER BY occurred_at ${order} LIMIT ${BESIDE}`,
        from,
      )
      .map((entry) => entry.seq)
      .sort((a, b) => a - b);
    const block = blockOf(beside[beside.length >> 1] ?? seq) - way;
    near.push(...read(`bucket = ?3 AND block ${than} ?4`, BLOCKS_MAX, each, block));
  }
  const isPast = (place: Place): boolean => (place.at - at || place.seq - seq) * way > 0;
  const places = [...near.flatMap(placesOf), ...recent]
    .filter((place) => isPast(place) && Math.abs(place.at - at) <= ACTIVITY_MS)
    .sort((a, b) => (a.at - b.at || a.seq - b.seq) * way);
  // In the order of the list, and no further than needed.
  const found = store.all<EntryRow>(
    `SELECT entries.seq, entries.id, revision, created_at, body FROM json_each(?) AS near
       CROSS JOIN entries ON entries.seq = near.value LIMIT ${most + 1}`,
    JSON.stringify(places.slice(0, NEAR_MAX).map((place) => place.seq)),
  );
  const more = found.length > most || places.length > NEAR_MAX || isCut;
  return { rows: found.slice(0, most), more };
}

function placesOf({ bucket, block, items }: { bucket: number; block: number; items: string }): readonly Place[] {
  const numbers = JSON.parse(items) as number[];
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    seq: block * BLOCK_ENTRIES + (numbers[2 * i] ?? 0),
    at: bucket * BUCKET_MS + (numbers[2 * i + 1] ?? 0),
  }));
}

/** What is newer than the index, of this actor or network; and whether all that is older is in the index. */
function readRecent(
  store: Store,
  { actor, network }: CentreEntry,
): { readonly entries: readonly (Place & Pick<CentreEntry, IndexedField>)[]; readonly isIndexed: boolean } {
  const { last, first, newest } = store.all<{ last: number | null; first: number | null; newest: number | null }>(
    `SELECT (SELECT max(seq) FROM entries) AS last, (SELECT min(block) FROM entry_blocks) AS first,
       (SELECT max(block) FROM entry_blocks) AS newest`,
  )[0] ?? { last: null, first: null, newest: null };
  // The newest entries may be evicted, where they are old ones that were read last.
  const from = Math.max(blockOf((last ?? 0) + 1), (newest ?? -1) + 1);
  const older = 'SELECT 1 FROM entries WHERE seq < ? LIMIT 1';
  return {
    entries: store.all<Place & Pick<CentreEntry, IndexedField> & Record<string, number | string | null>>(
      'SELECT seq, occurred_at AS at, actor, network FROM entries WHERE seq >= ? AND (actor = ? OR network = ?)',
      from * BLOCK_ENTRIES,
      actor,
      network,
    ),
    isIndexed: store.all(older, (first ?? from) * BLOCK_ENTRIES).length === 0,
  };
}

/** Which of these belong to one of the alerts. */
function seqsOfAlerts(store: Store, alerts: readonly number[], entries: readonly EntrySummary[]): ReadonlySet<number> {
  const found = store.all<{ seq: number }>(
    'SELECT seq FROM matches WHERE alert IN (SELECT value FROM json_each(?)) AND seq IN (SELECT value FROM json_each(?))',
    JSON.stringify(alerts),
    JSON.stringify(entries.map(({ seq }) => seq)),
  );
  return new Set(found.map((row) => row.seq));
}

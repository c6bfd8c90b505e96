/**
 * What came from the same actor or network around an entry.
 *
 * Contract: the nearest entries before and after, by (occurred_at, seq), within a day: from the index of full blocks
 * (../record/entry-index.ts), and from the entries since, which are read through. It reads at most a block of entries, and in
 * each direction `INDEX_ROWS_MAX` rows of the index and, of each value, `NEAR_MAX` entries, those that are not there any more
 * included. Where that ends the search, it says that there are more, which is not always so. Of four hours with more blocks
 * than are read it reads those that were recorded next: an entry that was recorded much later may be missing.
 */
import {
  BLOCK_ENTRIES,
  BUCKET_MS,
  blockOf,
  INDEXED_FIELDS,
  type IndexedField,
  indexedWith,
  indexNeedle,
} from '../record/entry-index.ts';
import type { Activity, EntrySummary } from '../rpc.ts';
import { type EntryRow, entrySummary } from '../store/rows.ts';
import type { Row, Store } from '../store/store.ts';

/** How far it looks, before and after. */
export const ACTIVITY_MS = 24 * 60 * 60_000;
/** How many entries it shows, before and after. */
export const ACTIVITY_MAX: { readonly [field in IndexedField]: number } = { actor: 25, network: 10 };
/** Rows of the index that are read, before and after: 120,000 entries, more than a day has where two days have 200,000. */
const INDEX_ROWS_MAX = 125;
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

const WAYS = [-1, 1] as const;
/** Before (-1), or after (1). */
type Way = (typeof WAYS)[number];

/** The activity of the entry's actor and, without a scope, of its network; empty where it has none. */
export function readActivities(
  store: Store,
  middle: CentreEntry,
  scope: readonly number[] | null,
): { readonly actorActivity: Activity; readonly networkActivity: Activity | null } {
  const recent = readRecent(store, middle);
  const { places, isCut } = readIndex(
    store,
    { ...middle, network: scope === null ? middle.network : null },
    recent.entries,
  );
  const activityOf = (field: IndexedField): Activity => {
    const [before, after] = WAYS.map((way) => {
      return readNear(store, placesOn(places[field], middle, way), ACTIVITY_MAX[field], isCut(field, way));
    }) as [Near, Near];
    const [earlier, later] = [before.rows.map(entrySummary).reverse(), after.rows.map(entrySummary)];
    const shown = [...earlier, ...later];
    const inScope = scope === null ? null : seqsOfAlerts(store, scope, shown);
    return {
      value: middle[field],
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

/** Of the entries at these places, nearest first, those that are still there. `isCut`: not all places were looked for. */
function readNear(store: Store, places: readonly Place[], most: number, isCut: boolean): Near {
  if (places.length === 0) return { rows: [], more: isCut };
  // In the order of the list, and no further than needed.
  const found = store.all<EntryRow>(
    `SELECT entries.seq, entries.id, revision, created_at, body FROM json_each(?) AS near
       CROSS JOIN entries ON entries.seq = near.value LIMIT ${most + 1}`,
    JSON.stringify(places.slice(0, NEAR_MAX).map((place) => place.seq)),
  );
  return { rows: found.slice(0, most), more: found.length > most || places.length > NEAR_MAX || isCut };
}

/** Those before or after the middle and within `ACTIVITY_MS` of it, nearest first. */
function placesOn(places: readonly Place[], { seq, occurred_at: at }: CentreEntry, way: Way): readonly Place[] {
  return places
    .filter((place) => (place.at - at || place.seq - seq) * way > 0 && Math.abs(place.at - at) <= ACTIVITY_MS)
    .sort((a, b) => (a.at - b.at || a.seq - b.seq) * way);
}

/**
 * The places of the entries with each of the middle's values, from the bucket of the middle outward, until there are enough;
 * those of `recent` included. A row of the index serves all fields.
 */
function readIndex(store: Store, middle: CentreEntry, recent: readonly RecentEntry[]) {
  const places: { readonly [field in IndexedField]: Place[] } = { actor: [], network: [] };
  const fields = INDEXED_FIELDS.filter((field) => middle[field] !== null);
  for (const field of fields) places[field].push(...recent.filter((entry) => entry[field] === middle[field]));
  const bucket = Math.floor(middle.occurred_at / BUCKET_MS);
  const left = { '-1': INDEX_ROWS_MAX, 1: INDEX_ROWS_MAX };
  const read = (distance: number, way: Way): void => {
    const [order, than] = way < 0 ? ['DESC', '<='] : ['ASC', '>'];
    const furthest = way < 0 ? Number.MAX_SAFE_INTEGER : -1;
    const rows = store.all<{ block: number; places: string } & { readonly [field in IndexedField]: string | null }>(
      `SELECT block, places, iif(instr(actor, ?1), actor, NULL) AS actor, iif(instr(network, ?2), network, NULL) AS network
       FROM entry_index WHERE bucket = ?3 AND block ${than} ?4 ORDER BY block ${order} LIMIT ?5`,
      ...INDEXED_FIELDS.map((field) => (middle[field] === null ? null : indexNeedle(middle[field]))),
      bucket + way * distance,
      // Of its own bucket those that were recorded before it are read one way, and those after it the other.
      distance === 0 ? blockOf(middle.seq) : furthest,
      left[way],
    );
    left[way] -= rows.length;
    for (const row of rows) {
      for (const field of fields) {
        const column = row[field];
        if (column === null) continue;
        const numbers = JSON.parse(row.places) as readonly number[];
        for (const index of indexedWith(middle[field] as string, column)) {
          places[field].push({
            seq: row.block * BLOCK_ENTRIES + (numbers[2 * index] ?? 0),
            at: (bucket + way * distance) * BUCKET_MS + (numbers[2 * index + 1] ?? 0),
          });
        }
      }
    }
  };
  /** Whether all that is nearer than a distance is enough. */
  const isEnough = (distance: number, way: Way): boolean =>
    fields.every((field) => {
      const nearer = places[field].filter(({ at }) => Math.abs(Math.floor(at / BUCKET_MS) - bucket) < distance);
      return placesOn(nearer, middle, way).length > NEAR_MAX;
    });
  let isCutAtHome = false;
  for (let distance = 0; distance <= ACTIVITY_MS / BUCKET_MS; distance++) {
    // Of its own bucket each way has what the other may need.
    const ways = WAYS.filter((way) => left[way] > 0 && !isEnough(distance, way));
    for (const way of ways) read(distance, way);
    // What was not read of it may lie on either side.
    isCutAtHome ||= distance === 0 && WAYS.some((way) => left[way] === 0);
  }
  const isCut = (field: IndexedField, way: Way): boolean => middle[field] !== null && (isCutAtHome || left[way] === 0);
  return { places, isCut };
}

type RecentEntry = Place & Pick<CentreEntry, IndexedField>;

/** What is newer than the index, of this actor or network; and whether all that is older is in the index. */
function readRecent(
  store: Store,
  { actor, network }: CentreEntry,
): { readonly entries: readonly RecentEntry[]; readonly isIndexed: boolean } {
  const { last, first, newest } = store.all<{ last: number | null; first: number | null; newest: number | null }>(
    `SELECT (SELECT max(seq) FROM entries) AS last, (SELECT min(block) FROM entry_blocks) AS first,
       (SELECT max(block) FROM entry_blocks) AS newest`,
  )[0] ?? { last: null, first: null, newest: null };
  // The newest entries may be evicted, where they are old ones that were read last.
  const from = Math.max(blockOf((last ?? 0) + 1), (newest ?? -1) + 1);
  const older = 'SELECT 1 FROM entries WHERE seq < ? LIMIT 1';
  return {
    entries: store.all<RecentEntry & Row>(
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

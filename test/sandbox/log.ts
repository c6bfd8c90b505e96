/**
 * The sandbox's log: records in memory, visible from their `appearsAt` on, in pages.
 *
 * No HTTP and no clock: `now` is a parameter, and what has become visible stays so. Every requested order is kept as a
 * sorted index, so that a page is a binary search and a slice in a log of any length.
 *
 * A cursor is a place, not a number: the sort values and the id of the last record of its page. So a scan that has passed a
 * place never sees records that are added before it. A cursor is valid for its own filters and sort.
 */

import { decodeCursor, encodeCursor, type Place } from './cursor.ts';
import { type Query, type SortKey, sortValue } from './query.ts';
import type { LogRecord } from './record.ts';

export interface LogPage {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
  readonly totalCount: number;
  /** A cursor to this page; another nonce gives another text for it (for faults). */
  selfCursor(nonce?: number): string;
  /** A cursor to the query's first page (for faults). */
  startCursor(): string;
}

export interface Log {
  append(records: Iterable<LogRecord>): void;
  /** A page of what is visible at `now`; null if the cursor is not this query's. */
  page(query: Query, now: number): LogPage | null;
  /** The entry with this id, if it is visible at `now`. */
  get(id: string, now: number): unknown;
  /** Everything visible at `now`, by created_at, id and arrival. */
  visible(now: number): readonly LogRecord[];
  /** All records, visible or not. */
  readonly size: number;
}

/** A record in an index. `seq` distinguishes records with the same id, or without one. */
interface Row extends Place {
  readonly record: LogRecord;
}

type Compare = (a: Place, b: Place) => number;

interface Index {
  readonly compare: Compare;
  readonly rows: Row[];
}

const BY_TIME: readonly SortKey[] = [{ field: 'created_at', descending: false }];

export function createLog(): Log {
  /** Not visible yet; sorted by appearsAt when next needed. */
  let waiting: LogRecord[] = [];
  let waitingSorted = true;
  let size = 0;
  let shown = 0;
  const byId = new Map<string, LogRecord>();
  const indexes = new Map<string, Index>();
  indexes.set(nameOf(BY_TIME), { compare: comparing(BY_TIME), rows: [] });

  function show(now: number): void {
    if (!waitingSorted) waiting.sort((a, b) => a.appearsAt - b.appearsAt);
    waitingSorted = true;
    if (waiting.length === 0 || (waiting[0] as LogRecord).appearsAt > now) return;
    const due = lowest(waiting.length, (i) => (waiting[i] as LogRecord).appearsAt > now);
    const records = waiting.slice(0, due);
    waiting = waiting.slice(due);
    const fresh = records.map((record) => ({ id: idOf(record.body), seq: shown++, record }));
    for (const { id, record } of fresh) if (id !== '') byId.set(id, record);
    for (const [name, index] of indexes)
      insert(
        index,
        fresh.map((row) => ({ ...row, values: valuesOf(row.record, keysOf(name)) })),
      );
  }

  function indexFor(sort: readonly SortKey[]): Index {
    const name = nameOf(sort);
    const known = indexes.get(name);
    if (known !== undefined) return known;
    const rows = (indexes.get(nameOf(BY_TIME)) as Index).rows.map((row) => ({
      ...row,
      values: valuesOf(row.record, sort),
    }));
    const index = { compare: comparing(sort), rows: rows.sort(comparing(sort)) };
    indexes.set(name, index);
    return index;
  }

  return {
    append(records) {
      for (const record of records) {
        if (waitingSorted && record.appearsAt < (waiting.at(-1)?.appearsAt ?? -Infinity)) waitingSorted = false;
        waiting.push(record);
        size++;
      }
    },

    page(query, now) {
      show(now);
      const cursor = query.cursor === null ? null : decodeCursor(query.cursor, query.binding);
      if (cursor === undefined) return null;
      const reversed = query.sort[0]?.descending === true;
      const index = indexFor(reversed ? flipped(query.sort) : query.sort);
      return cutPage(index, reversed, query, cursor);
    },

    get(id, now) {
      show(now);
      return byId.get(id)?.body;
    },

    visible(now) {
      show(now);
      return (indexes.get(nameOf(BY_TIME)) as Index).rows.map((row) => row.record);
    },

    get size() {
      return size;
    },
  };
}

/** A page of an index; a descending order reads it from its end. */
function cutPage(
  index: Index,
  reversed: boolean,
  query: Query,
  cursor: ReturnType<typeof decodeCursor> | null,
): LogPage {
  const { rows, compare } = index;
  const { limit, binding } = query;
  // Where created_at comes first, its range is a slice of the index; otherwise it is one filter more.
  const timeFirst = query.sort[0]?.field === 'created_at';
  const low = timeFirst ? lowest(rows.length, (i) => (rows[i] as Row).record.createdAt >= query.createdAtMin) : 0;
  const high = timeFirst
    ? lowest(rows.length, (i) => (rows[i] as Row).record.createdAt > query.createdAtMax)
    : rows.length;
  const passes = passing(query, timeFirst);

  // Positions run in the order of the answer: 0 is its first record, `count` is one past its last.
  const count = Math.max(0, high - low);
  const at = (position: number): Row => rows[reversed ? high - 1 - position : low + position] as Row;
  const follows = (position: number, place: Place): boolean => {
    const order = compare(at(position), place);
    return reversed ? order < 0 : order > 0;
  };

  const forward = cursor?.kind !== 'before';
  let from = 0;
  if (cursor?.kind === 'after') from = lowest(count, (i) => follows(i, cursor.place));
  if (cursor?.kind === 'before') {
    from = lowest(count, (i) => follows(i, cursor.place) || compare(at(i), cursor.place) === 0);
  }
  const found: Row[] = [];
  const step = forward ? 1 : -1;
  let more = false;
  for (let i = forward ? from : from - 1; i >= 0 && i < count; i += step) {
    const row = at(i);
    if (passes !== null && !passes(row.record)) continue;
    if (found.length === limit) {
      more = true;
      break;
    }
    found.push(row);
  }
  if (!forward) found.reverse();
  const first = found[0];
  const last = found.at(-1);
  const hasBefore = forward ? hasAny(0, from, at, passes) : more;
  const hasAfter = forward ? more : hasAny(from, count, at, passes);
  return {
    items: found.map((row) => row.record.body),
    nextCursor: last !== undefined && hasAfter ? encodeCursor({ kind: 'after', place: last }, binding) : null,
    previousCursor: first !== undefined && hasBefore ? encodeCursor({ kind: 'before', place: first }, binding) : null,
    totalCount: passes === null ? count : rows.slice(low, high).filter((row) => passes(row.record)).length,
    selfCursor: (nonce) => encodeCursor(cursor ?? { kind: 'start' }, binding, nonce),
    startCursor: () => encodeCursor({ kind: 'start' }, binding),
  };
}

function passing(query: Query, timeFirst: boolean): ((record: LogRecord) => boolean) | null {
  const { filter, createdAtMin, createdAtMax } = query;
  const unbounded = timeFirst || (createdAtMin === -Infinity && createdAtMax === Infinity);
  if (unbounded) return filter === null ? null : (record) => filter(record.body);
  return ({ createdAt, body }) =>
    createdAt >= createdAtMin && createdAt <= createdAtMax && (filter === null || filter(body));
}

function hasAny(
  from: number,
  to: number,
  at: (i: number) => Row,
  passes: ((record: LogRecord) => boolean) | null,
): boolean {
  if (passes === null) return to > from;
  for (let i = from; i < to; i++) if (passes(at(i).record)) return true;
  return false;
}

/** Inserts new rows: at the end if they belong there, else one by one, or many with a sort. */
function insert(index: Index, fresh: Row[]): void {
  const { rows, compare } = index;
  fresh.sort(compare);
  const first = fresh[0];
  const last = rows.at(-1);
  if (first === undefined) return;
  if (last === undefined || compare(last, first) < 0) for (const row of fresh) rows.push(row);
  else if (fresh.length > 100) {
    for (const row of fresh) rows.push(row);
    rows.sort(compare);
  } else {
    for (const row of fresh)
      rows.splice(
        lowest(rows.length, (i) => compare(rows[i] as Row, row) > 0),
        0,
        row,
      );
  }
}

function comparing(sort: readonly SortKey[]): Compare {
  const signs = sort.map((key) => (key.descending ? -1 : 1));
  return (a, b) => {
    for (let i = 0; i < signs.length; i++) {
      const order = (a.values[i] as number) - (b.values[i] as number);
      if (order !== 0) return order * (signs[i] as number);
    }
    if (a.id !== b.id) return a.id < b.id ? -1 : 1;
    return a.seq - b.seq;
  };
}

/** The smallest i in [0, count] from which on `holds` holds. */
function lowest(count: number, holds: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function valuesOf(record: LogRecord, sort: readonly SortKey[]): number[] {
  return sort.map((key) => sortValue(record, key.field));
}

function flipped(sort: readonly SortKey[]): SortKey[] {
  return sort.map(({ field, descending }) => ({ field, descending: !descending }));
}

function nameOf(sort: readonly SortKey[]): string {
  return sort.map(({ field, descending }) => `${field}${descending ? '-' : '+'}`).join();
}

function keysOf(name: string): SortKey[] {
  return name.split(',').map((key) => ({ field: key.slice(0, -1) as SortKey['field'], descending: key.endsWith('-') }));
}

function idOf(body: unknown): string {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  return typeof id === 'string' ? id : '';
}

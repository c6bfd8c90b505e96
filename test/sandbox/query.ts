/**
 * Parses the query string of a page, and filters records by it. Pure.
 *
 * From API.md: `limit` 10 to 100; the filters and `sort` of the Go SDK 1.94. It does not define the default limit (here
 * 20), the order without `sort` (here newest first) and a sort field without a direction (here ascending).
 */

import { type LogRecord, readPrecisely } from './record.ts';

/** `newest-first` and `oldest-first` follow older documents: cursor and limit only, everything else is ignored. */
export type Dialect = 'sorted' | 'newest-first' | 'oldest-first';
export const DIALECTS: readonly Dialect[] = ['sorted', 'newest-first', 'oldest-first'];

export const DEFAULT_LIMIT = 20;
export const SMALLEST_LIMIT = 10;
export const LARGEST_LIMIT = 100;

export type SortField = 'created_at' | 'status_code';
export interface SortKey {
  readonly field: SortField;
  readonly descending: boolean;
}

export interface Query {
  readonly limit: number;
  readonly cursor: string | null;
  readonly sort: readonly SortKey[];
  readonly createdAtMin: number;
  readonly createdAtMax: number;
  /** Null if only the time range filters. */
  readonly filter: ((body: unknown) => boolean) | null;
  /** The filters and the sort as one canonical text, which cursors are bound to. */
  readonly binding: string;
}

export type ReadQuery = { readonly ok: true; readonly query: Query } | { readonly ok: false; readonly message: string };

type Fields = { readonly [field: string]: unknown };

/** Filters by parameter: the value of an entry that each compares. */
const TEXT_FILTERS: { readonly [name: string]: { value(body: Fields): unknown; substring?: true } } = {
  action: { value: (body) => body.action },
  actor_id: { value: (body) => inside(body.actor, 'id') },
  actor_type: { value: (body) => inside(body.actor, 'type') },
  client_ip: { value: (body) => body.client_ip },
  method: { value: (body) => body.method },
  path: { value: (body) => body.path, substring: true },
  target_id: { value: (body) => inside(body.target, 'id') },
  target_type: { value: (body) => inside(body.target, 'type') },
};

/** Reads a query string in a dialect. */
export function readQuery(params: URLSearchParams, dialect: Dialect): ReadQuery {
  const limitText = params.get('limit');
  const limit = limitText === null ? DEFAULT_LIMIT : /^\d+$/.test(limitText) ? Number(limitText) : Number.NaN;
  if (!(limit >= SMALLEST_LIMIT && limit <= LARGEST_LIMIT)) {
    return { ok: false, message: `limit must be between ${SMALLEST_LIMIT} and ${LARGEST_LIMIT}` };
  }
  const cursor = params.get('cursor') || null;
  if (dialect !== 'sorted') {
    const sort: SortKey[] = [{ field: 'created_at', descending: dialect === 'newest-first' }];
    const query = { limit, cursor, sort, createdAtMin: -Infinity, createdAtMax: Infinity, filter: null };
    return { ok: true, query: { ...query, binding: dialect } };
  }
  return readSortedQuery(params, limit, cursor);
}

function readSortedQuery(params: URLSearchParams, limit: number, cursor: string | null): ReadQuery {
  const sort: SortKey[] = [];
  for (const part of (params.get('sort') || 'created_at:desc').split(',')) {
    const match = /^(created_at|status_code)(?::(asc|desc))?$/.exec(part.trim());
    if (match === null)
      return { ok: false, message: `sort: ${part} is not created_at or status_code with :asc or :desc` };
    sort.push({ field: match[1] as SortField, descending: match[2] === 'desc' });
  }
  const bound: string[] = [`sort=${sort.map(({ field, descending }) => `${field}:${descending ? 'desc' : 'asc'}`)}`];
  const numbers: { [name: string]: number } = {};
  const ranges: readonly [string, (text: string) => number | null, string][] = [
    ['created_at_min', readPrecisely, 'an RFC 3339 date-time'],
    ['created_at_max', readPrecisely, 'an RFC 3339 date-time'],
    ['status_code_min', readWhole, 'a number'],
    ['status_code_max', readWhole, 'a number'],
  ];
  for (const [name, read, what] of ranges) {
    const text = params.get(name);
    if (text === null) continue;
    const number = read(text);
    if (number === null) return { ok: false, message: `${name} must be ${what}` };
    numbers[name] = number;
    bound.push(`${name}=${number}`);
  }
  const tests: ((body: Fields) => boolean)[] = [];
  for (const [name, { value, substring }] of Object.entries(TEXT_FILTERS)) {
    const wanted = params.get(name);
    if (wanted === null) continue;
    bound.push(`${name}=${JSON.stringify(wanted)}`);
    const small = wanted.toLowerCase();
    tests.push((body) => {
      const found = value(body);
      return substring === true ? typeof found === 'string' && found.toLowerCase().includes(small) : found === wanted;
    });
  }
  const { status_code_min: least, status_code_max: most } = numbers;
  if (least !== undefined) tests.push((body) => typeof body.status_code === 'number' && body.status_code >= least);
  if (most !== undefined) tests.push((body) => typeof body.status_code === 'number' && body.status_code <= most);
  return {
    ok: true,
    query: {
      limit,
      cursor,
      sort,
      createdAtMin: numbers.created_at_min ?? -Infinity,
      createdAtMax: numbers.created_at_max ?? Infinity,
      filter: tests.length === 0 ? null : (body) => isFields(body) && tests.every((test) => test(body)),
      binding: bound.join('&'),
    },
  };
}

/** The value that a record is sorted by. */
export function sortValue(record: LogRecord, field: SortField): number {
  if (field === 'created_at') return record.createdAt;
  const status = isFields(record.body) ? record.body.status_code : 0;
  return typeof status === 'number' ? status : 0;
}

function readWhole(text: string): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}

function inside(value: unknown, field: string): unknown {
  return isFields(value) ? value[field] : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

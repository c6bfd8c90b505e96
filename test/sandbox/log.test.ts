import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, type Log } from './log.ts';
import { entryAt, late, malformedAt, sharedInstant } from './odd.ts';
import { generate } from './organization.ts';
import { DIALECTS, type Dialect, type Query, readQuery } from './query.ts';
import type { LogRecord } from './record.ts';

const T = Date.parse('2026-03-04T10:00:00Z');

function query(text: string, dialect: Dialect = 'sorted'): Query {
  const read = readQuery(new URLSearchParams(text), dialect);
  if (!read.ok) throw new Error(read.message);
  return read.query;
}

/** Every item from the first page to the last, and how many pages that were. */
function scan(log: Log, text: string, dialect: Dialect = 'sorted', now = Number.POSITIVE_INFINITY) {
  const items: unknown[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const page = log.page({ ...query(text, dialect), cursor }, now);
    if (page === null) throw new Error('the cursor was rejected');
    items.push(...page.items);
    cursor = page.nextCursor;
    pages++;
  } while (cursor !== null);
  return { items, pages };
}

function logOf(records: readonly LogRecord[]): Log {
  const log = createLog();
  log.append(records);
  return log;
}

const idOf = (item: unknown): unknown => (item as { id?: unknown } | null)?.id;
const idsOf = (items: readonly unknown[]): unknown[] => items.map(idOf);

/** Records in a few instants, some late, some with the same id. */
const records = fc
  .array(fc.record({ at: fc.nat(8), lateBy: fc.nat(3), status: fc.constantFrom(200, 404, 500), id: fc.nat(60) }), {
    maxLength: 70,
  })
  .map((rows) =>
    rows.map(({ at, lateBy, status, id }) => late(entryAt(T + at, `id-${id}`, { status_code: status }), lateBy)),
  );

describe('following the cursors', () => {
  const sorts = ['created_at:asc', 'created_at:desc', 'status_code:desc,created_at:asc', 'status_code,created_at:desc'];
  const ways: readonly (readonly [Dialect, string])[] = [
    ...DIALECTS.map((dialect) => [dialect, 'limit=10'] as const),
    ...sorts.map((sort) => ['sorted', `limit=10&sort=${sort}`] as const),
  ];
  it.each(ways)('gives every visible record exactly once: %s, %s', (dialect, text) => {
    fc.assert(
      fc.property(records, fc.nat(12), (all, after) => {
        const now = T + after;
        const visible = all.filter(({ appearsAt }) => appearsAt <= now).map(({ body }) => body);
        const { items } = scan(logOf(all), text, dialect, now);
        expect(items).toHaveLength(visible.length);
        expect(new Set(items)).toEqual(new Set(visible));
      }),
    );
  });

  it.each(ways)('leads back by previous_cursor: %s, %s', (dialect, text) => {
    fc.assert(
      fc.property(records, (all) => {
        const log = logOf(all);
        const asked = query(text, dialect);
        const now = T + 100;
        let page = log.page(asked, now);
        const there: unknown[][] = [];
        while (page !== null) {
          there.push([...page.items]);
          expect(page.previousCursor === null).toBe(there.length === 1);
          if (page.nextCursor === null) break;
          page = log.page({ ...asked, cursor: page.nextCursor }, now);
        }
        for (let i = there.length - 2; i >= 0; i--) {
          page = log.page({ ...asked, cursor: page?.previousCursor ?? null }, now);
          expect(page?.items).toEqual(there[i]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('sorts as requested', () => {
    fc.assert(
      fc.property(records, (all) => {
        const log = logOf(all);
        const times = (text: string, dialect: Dialect = 'sorted') =>
          scan(log, text, dialect).items.map((item) => (item as { created_at: string }).created_at);
        const ascending = times('limit=10&sort=created_at:asc');
        expect(ascending).toEqual([...ascending].sort());
        expect(times('limit=10')).toEqual([...ascending].reverse());
        expect(times('limit=10', 'newest-first')).toEqual([...ascending].reverse());
        expect(times('limit=10', 'oldest-first')).toEqual(ascending);
        const both = scan(log, 'limit=10&sort=status_code:desc,created_at:asc').items.map((item) => {
          const { status_code: status, created_at: at } = item as { status_code: number; created_at: string };
          return `${900 - status} ${at}`;
        });
        expect(both).toEqual([...both].sort());
      }),
    );
  });

  it('passes a page boundary inside one created_at', () => {
    const log = logOf([entryAt(T - 1, 'before'), ...sharedInstant(T, 25, 'same-'), entryAt(T + 1, 'after')]);
    const { items, pages } = scan(log, 'limit=10&sort=created_at:asc');
    expect(idsOf(items)).toEqual(['before', ...idsOf(sharedInstant(T, 25, 'same-').map(({ body }) => body)), 'after']);
    expect(pages).toBe(3);
  });

  it('includes malformed records', () => {
    const log = logOf([...malformedAt(T), ...malformedAt(T)]);
    expect(scan(log, 'limit=10&sort=created_at:asc').items).toHaveLength(malformedAt(T).length * 2);
  });
});

describe('records that appear later', () => {
  it('are not seen behind the cursor, but ahead of it', () => {
    const log = logOf(Array.from({ length: 30 }, (_, i) => entryAt(T + i * 10, `id-${i}`)));
    const text = 'limit=10&sort=created_at:asc';
    const first = log.page(query(text), T + 1000);
    log.append([entryAt(T + 5, 'behind'), entryAt(T + 155, 'ahead')]);
    const rest = log.page({ ...query(text), limit: 50, cursor: first?.nextCursor ?? null }, T + 1000);
    expect(idsOf(rest?.items ?? [])).toContain('ahead');
    expect(idsOf(rest?.items ?? [])).not.toContain('behind');
    expect(idsOf(scan(log, text).items)).toContain('behind');
  });

  it('are visible from their appearsAt on, and found by id', () => {
    const log = logOf([late(entryAt(T, 'late'), 5000)]);
    expect(log.page(query('limit=10'), T + 4999)?.items).toEqual([]);
    expect(log.get('late', T + 4999)).toBeUndefined();
    expect(idsOf(log.page(query('limit=10'), T + 5000)?.items ?? [])).toEqual(['late']);
    expect(idOf(log.get('late', T + 5000))).toBe('late');
  });

  it('are inserted into an existing order', () => {
    const log = createLog();
    const all = Array.from({ length: 300 }, (_, i) => entryAt(T + ((i * 7919) % 300), `id-${i}`));
    for (const record of all) {
      log.append([{ ...record, appearsAt: T }]);
      log.page(query('limit=10&sort=created_at:desc'), T);
    }
    const times = scan(log, 'limit=100&sort=created_at:asc', 'sorted', T).items.map((item) => idOf(item));
    const expected = [...all].sort((a, b) => a.createdAt - b.createdAt).map(({ body }) => idOf(body));
    expect(times).toEqual(expected);
  });
});

describe('filters', () => {
  const log = logOf([
    entryAt(T, 'a', { action: 'vm.created', method: 'POST', status_code: 201, target: { id: 'v1', type: 'vm' } }),
    entryAt(T + 1000, 'b', { path: '/V1/Api_Keys', actor: { id: 'k', name: null, type: 'api_key' } }),
    entryAt(T + 2000, 'c', { client_ip: '203.0.113.10', status_code: 404 }),
    entryAt(T + 3000.5, 'd', { actor: null, status_code: 500, target: 'odd' }),
  ]);
  const rows: readonly [string, readonly string[]][] = [
    ['action=vm.created', ['a']],
    ['action=vm', []],
    ['actor_id=k', ['b']],
    ['actor_type=api_key', ['b']],
    ['actor_type=user', ['a', 'c']],
    ['client_ip=203.0.113.1', ['a', 'b', 'd']],
    ['method=POST', ['a']],
    ['path=api_keys', ['b']],
    ['path=/V1/', ['a', 'b', 'c', 'd']],
    ['status_code_min=404', ['c', 'd']],
    ['status_code_max=201', ['a', 'b']],
    ['status_code_min=201&status_code_max=404', ['a', 'c']],
    ['target_id=v1', ['a']],
    ['target_type=vm', ['a']],
    ['created_at_min=2026-03-04T10:00:01Z', ['b', 'c', 'd']],
    ['created_at_max=2026-03-04T10:00:01Z', ['a', 'b']],
    ['created_at_min=2026-03-04T11:00:01%2B01:00&created_at_max=2026-03-04T10:00:02.000Z', ['b', 'c']],
    ['created_at_min=2026-03-04T10:00:03.000501Z', []],
    ['created_at_max=2026-03-04T10:00:03.000500Z&status_code_min=500', ['d']],
    ['created_at_min=2026-03-04T10:00:01Z&sort=status_code:desc', ['d', 'c', 'b']],
    ['action=vm.created&method=GET', []],
  ];
  it.each(rows)('%s', (text, ids) => {
    const sort = text.includes('sort=') ? '' : '&sort=created_at:asc';
    const page = log.page(query(`limit=10&${text}${sort}`), T + 9999);
    expect(idsOf(page?.items ?? [])).toEqual(ids);
    expect(page?.totalCount).toBe(ids.length);
  });

  it.each(['newest-first', 'oldest-first'] as const)('are ignored, as the sort is, by %s', (dialect) => {
    const ids = idsOf(scan(log, 'limit=10&action=vm.created&sort=status_code&created_at_min=odd', dialect).items);
    expect(ids).toEqual(dialect === 'oldest-first' ? ['a', 'b', 'c', 'd'] : ['d', 'c', 'b', 'a']);
  });
});

describe('a cursor', () => {
  const log = logOf(Array.from({ length: 50 }, (_, i) => entryAt(T + i, `id-${i}`)));
  const cursor = log.page(query('limit=10&sort=created_at:asc&method=GET'), T + 100)?.nextCursor ?? '';

  it('is opaque and safe in a URL', () => {
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    ['another limit is still its query', 'limit=20&sort=created_at:asc&method=GET', true],
    ['another sort is not', 'limit=10&sort=created_at:desc&method=GET', false],
    ['one filter less is not', 'limit=10&sort=created_at:asc', false],
    ['one filter more is not', 'limit=10&sort=created_at:asc&method=GET&created_at_min=2020-01-01T00:00:00Z', false],
    ['another value is not', 'limit=10&sort=created_at:asc&method=get', false],
  ])('%s', (_, text, valid) => {
    expect(log.page({ ...query(text), cursor }, T + 100) !== null).toBe(valid);
  });

  it.each(['x', '!!!', btoa('{}'), btoa('[]'), cursor.slice(0, -3), `A${cursor.slice(1)}`])(
    '%s is not a cursor',
    (text) => {
      expect(log.page({ ...query('limit=10&sort=created_at:asc&method=GET'), cursor: text }, T + 100)).toBeNull();
    },
  );

  it('of one dialect is invalid in another', () => {
    const older = log.page(query('limit=10', 'newest-first'), T + 100)?.nextCursor ?? '';
    expect(log.page({ ...query('limit=10', 'oldest-first'), cursor: older }, T + 100)).toBeNull();
    expect(log.page({ ...query('limit=10', 'newest-first'), cursor: older }, T + 100)).not.toBeNull();
  });
});

describe('a query', () => {
  it.each(['limit=9', 'limit=101', 'limit=0', 'limit=-10', 'limit=abc', 'limit=', 'limit=10.5'])(
    '%s is refused',
    (text) => {
      for (const dialect of DIALECTS) expect(readQuery(new URLSearchParams(text), dialect).ok).toBe(false);
    },
  );

  it.each([
    'sort=name:asc',
    'sort=created_at:up',
    'sort=created_at:asc,',
    'created_at_min=yesterday',
    'created_at_max=2025-13-01T00:00:00Z',
    'status_code_min=ok',
  ])('%s is refused', (text) => {
    expect(readQuery(new URLSearchParams(text), 'sorted').ok).toBe(false);
  });
});

it('pages through 50,000 records in every dialect', () => {
  const all = generate({ seed: 7, from: T, to: T + 86_400_000, entriesPerDay: 52_000 }).slice(0, 50_000);
  const log = logOf(all);
  expect(log.size).toBe(50_000);
  for (const dialect of DIALECTS) {
    const { items, pages } = scan(log, 'limit=100&sort=created_at:asc', dialect);
    expect(new Set(idsOf(items)).size).toBe(50_000);
    expect(pages).toBe(500);
  }
});

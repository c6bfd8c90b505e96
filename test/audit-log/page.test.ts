import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { parsePage } from '../../src/audit-log/page.ts';
import { answeredAt } from '../support/answer-times.ts';

const SERVED_AT = 1_735_689_600_000;
const TIMES = answeredAt(SERVED_AT);
const entry = { id: 'a', action: 'vm.created', created_at: '2025-01-01T00:00:00Z' };

describe('parsePage', () => {
  const malformed: readonly [string, unknown, string][] = [
    ['a string', 'entry', 'not an object'],
    ['a number', 7, 'not an object'],
    ['null', null, 'not an object'],
    ['an array', [entry], 'not an object'],
    ['an empty object', {}, 'no id'],
    ['no id', { created_at: entry.created_at }, 'no id'],
    ['an empty id', { ...entry, id: '' }, 'no id'],
    ['an id that is a number', { ...entry, id: 42 }, 'no id'],
    ['an id that is null', { ...entry, id: null }, 'no id'],
    ['no created_at', { id: 'a' }, 'no created_at'],
    ['a created_at that is null', { ...entry, created_at: null }, 'no created_at'],
    ['a created_at that is a number', { ...entry, created_at: 1_735_689_600 }, 'unreadable created_at'],
    ['a created_at that is empty', { ...entry, created_at: '' }, 'unreadable created_at'],
    ['a created_at in a thirteenth month', { ...entry, created_at: '2025-13-01T00:00:00Z' }, 'unreadable created_at'],
  ];
  it.each(malformed)('%s is malformed and does not stop the page', (_, item, problem) => {
    const page = parsePage({ items: [entry, item, { ...entry, id: 'b' }] }, TIMES);
    expect(page.entries.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(page.malformed).toEqual([{ problem, body: item }]);
  });

  const odd: readonly [string, { [field: string]: unknown }][] = [
    ['no actor', { actor: null }],
    ['an actor that is a string', { actor: 'Alice' }],
    ['unknown fields', { severity: { score: 9.5 }, 'dotted.key': [null] }],
    ['values of other types', { status_code: '418', target: 'vm', method: null }],
    ['a user agent of 3 MB', { user_agent: 'A'.repeat(3_000_000) }],
    ['names that objects have', { constructor: 1, toString: 2, hasOwnProperty: 3 }],
  ];
  it.each(odd)('%s is kept as it is', (_, fields) => {
    const body = { ...entry, ...fields };
    const page = parsePage({ items: [body], pagination: null }, TIMES);
    expect(page.entries).toEqual([{ id: 'a', createdAt: SERVED_AT, body }]);
    expect(page.malformed).toEqual([]);
  });

  const cursors: readonly [string, unknown, string | null][] = [
    ['no pagination', undefined, null],
    ['pagination null', null, null],
    ['no next_cursor', {}, null],
    ['next_cursor null', { next_cursor: null, previous_cursor: 'p', total_count: 1 }, null],
    ['an empty next_cursor', { next_cursor: '' }, null],
    ['a next_cursor', { next_cursor: 'Rhwni' }, 'Rhwni'],
  ];
  it.each(cursors)('%s', (_, pagination, nextCursor) => {
    expect(parsePage({ items: [], pagination }, TIMES)).toEqual({
      entries: [],
      malformed: [],
      nextCursor,
      times: TIMES,
    });
  });

  const noPages: readonly [string, unknown][] = [
    ['null', null],
    ['an array', [entry]],
    ['a string', 'items'],
    ['no items', { data: [] }],
    ['items an object', { items: { 0: entry } }],
    ['pagination a string', { items: [], pagination: 'next' }],
    ['pagination an array', { items: [], pagination: [] }],
    ['a next_cursor that is a number', { items: [], pagination: { next_cursor: 7 } }],
    ['a next_cursor that is an object', { items: [], pagination: { next_cursor: {} } }],
  ];
  it.each(noPages)('%s is not a page', (_, json) => {
    expect(() => parsePage(json, TIMES)).toThrow(expect.objectContaining({ kind: 'wrong-shape' }));
  });

  it('items null is an empty page', () => {
    const page = parsePage({ items: null, pagination: { next_cursor: 'on' } }, TIMES);
    expect(page).toEqual({ entries: [], malformed: [], nextCursor: 'on', times: TIMES });
  });

  it('loses no record, keeps their order, and throws only wrong-shape', () => {
    const item = fc.oneof(
      fc.jsonValue(),
      fc.record(
        { id: fc.jsonValue(), created_at: fc.oneof(fc.jsonValue(), fc.constant(entry.created_at)) },
        { requiredKeys: [] },
      ),
      fc.record({ id: fc.string({ minLength: 1 }), created_at: fc.constant(entry.created_at) }),
    );
    const page = fc.record({ items: fc.array(item), pagination: fc.constantFrom(undefined, null, {}) });
    fc.assert(
      fc.property(fc.oneof(page, fc.jsonValue()), (json) => {
        try {
          const { entries, malformed: bad } = parsePage(json, TIMES);
          const items = (json as { items: unknown[] | null }).items ?? [];
          expect(entries.length + bad.length).toBe(items.length);
          const good = new Set(entries.map(({ body }) => body as unknown));
          expect(items.filter((one) => good.has(one))).toEqual(entries.map(({ body }) => body));
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
          expect(error.kind).toBe('wrong-shape');
        }
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { parsePage, readInstant } from '../../src/audit-log/page.ts';

const SERVED_AT = 1_735_689_600_000;
const entry = { id: 'a', action: 'vm.created', created_at: '2025-01-01T00:00:00Z' };

describe('readInstant', () => {
  const readable: readonly [string, string, number][] = [
    ['whole seconds', '2025-01-01T00:00:00Z', 1_735_689_600_000],
    ['one digit of a fraction is tenths', '2025-01-01T00:00:00.1Z', 1_735_689_600_100],
    ['microseconds are cut off', '2025-01-01T00:00:00.123999Z', 1_735_689_600_123],
    ['nanoseconds are cut off', '2025-01-01T00:00:00.999999999Z', 1_735_689_600_999],
    ['a fraction may be as long as it likes', `2025-01-01T00:00:00.5${'0'.repeat(400)}Z`, 1_735_689_600_500],
    ['an offset east', '2025-01-01T05:30:00+05:30', 1_735_689_600_000],
    ['an offset west', '2024-12-31T16:00:00.25-08:00', 1_735_689_600_250],
    ['the unknown offset', '2025-01-01T00:00:00-00:00', 1_735_689_600_000],
    ['small t and z', '2025-01-01t00:00:00z', 1_735_689_600_000],
    ['a space for the T', '2025-01-01 00:00:00Z', 1_735_689_600_000],
    ['a leap second reads as the second after it', '2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['a leap second elsewhere on earth', '2017-01-01T00:59:60+01:00', Date.UTC(2017, 0, 1)],
    ['a leap day', '2024-02-29T12:00:00Z', Date.UTC(2024, 1, 29, 12)],
    ['the leap day of a fourth century', '2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['before the epoch', '1969-12-31T23:59:59.5Z', -500],
    ['the zero time of Go', '0001-01-01T00:00:00Z', -62_135_596_800_000],
    ['the far future', '9999-12-31T23:59:59Z', 253_402_300_799_000],
  ];
  it.each(readable)('%s: %s', (_, text, ms) => {
    expect(readInstant(text)).toBe(ms);
  });

  const unreadable: readonly [string, string][] = [
    ['a thirteenth month', '2025-13-01T00:00:00Z'],
    ['a month zero', '2025-00-01T00:00:00Z'],
    ['a thirtieth of February', '2025-02-30T00:00:00Z'],
    ['no leap day in a common year', '2025-02-29T00:00:00Z'],
    ['no leap day in a common century', '1900-02-29T00:00:00Z'],
    ['a thirty-first of April', '2025-04-31T00:00:00Z'],
    ['a day zero', '2025-01-00T00:00:00Z'],
    ['hour 24', '2025-01-01T24:00:00Z'],
    ['minute 60', '2025-01-01T00:60:00Z'],
    ['second 60 in the middle of an hour', '2025-01-01T00:30:60Z'],
    ['second 61', '2025-01-01T00:59:61Z'],
    ['no offset', '2025-01-01T00:00:00'],
    ['an offset without its colon', '2025-01-01T00:00:00+0100'],
    ['an offset of a day', '2025-01-01T00:00:00+24:00'],
    ['a point without a fraction', '2025-01-01T00:00:00.Z'],
    ['a comma for the point', '2025-01-01T00:00:00,5Z'],
    ['a date alone', '2025-01-01'],
    ['a year of five digits', '12025-01-01T00:00:00Z'],
    ['a signed year', '-025-01-01T00:00:00Z'],
    ['something after it', '2025-01-01T00:00:00Z '],
    ['something before it', ' 2025-01-01T00:00:00Z'],
    ['a line end', '2025-01-01T00:00:00Z\n'],
    ['digits of another script', '２０２５-01-01T00:00:00Z'],
    ['a word', 'yesterday'],
    ['a number', '1735689600'],
    ['nothing', ''],
    ['an HTTP date', 'Wed, 01 Jan 2025 00:00:00 GMT'],
  ];
  it.each(unreadable)('not %s: %s', (_, text) => {
    expect(readInstant(text)).toBeNull();
  });

  it('reads every date that is written, at every offset', () => {
    const date = fc.date({ noInvalidDate: true, min: new Date('0002-01-01'), max: new Date('9998-12-31') });
    fc.assert(
      fc.property(date, fc.integer({ min: -1439, max: 1439 }), (at, minutes) => {
        const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const two = (n: number): string => String(n).padStart(2, '0');
        const east = Math.abs(minutes);
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(east / 60))}:${two(east % 60)}`;
        expect(readInstant(`${local}${offset}`)).toBe(at.getTime());
      }),
    );
  });

  it('never throws, and never gives a number that is none', () => {
    const nearly = fc.stringMatching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d*)?([Zz]|[+-]\d\d:\d\d)?$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (text) => {
        const at = readInstant(text);
        expect(at === null || Number.isSafeInteger(at)).toBe(true);
      }),
    );
  });
});

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
    const page = parsePage({ items: [entry, item, { ...entry, id: 'b' }] }, SERVED_AT);
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
    const page = parsePage({ items: [body], pagination: null }, SERVED_AT);
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
    expect(parsePage({ items: [], pagination }, SERVED_AT)).toEqual({
      entries: [],
      malformed: [],
      nextCursor,
      servedAt: SERVED_AT,
    });
  });

  const noPages: readonly [string, unknown][] = [
    ['null', null],
    ['an array', [entry]],
    ['a string', 'items'],
    ['no items', { data: [] }],
    ['items null', { items: null }],
    ['items an object', { items: { 0: entry } }],
    ['pagination a string', { items: [], pagination: 'next' }],
    ['pagination an array', { items: [], pagination: [] }],
    ['a next_cursor that is a number', { items: [], pagination: { next_cursor: 7 } }],
    ['a next_cursor that is an object', { items: [], pagination: { next_cursor: {} } }],
  ];
  it.each(noPages)('%s is no page', (_, json) => {
    expect(() => parsePage(json, SERVED_AT)).toThrow(expect.objectContaining({ kind: 'wrong-shape' }));
  });

  it('loses no record, keeps their order and says only wrong-shape, whatever it is given', () => {
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
          const { entries, malformed: bad } = parsePage(json, SERVED_AT);
          const items = (json as { items: unknown[] }).items;
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

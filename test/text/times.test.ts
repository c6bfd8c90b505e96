import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readInstant, utcText } from '../../src/text/times.ts';

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

  it('reads every date at every offset', () => {
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

  it('never throws, and returns an integer or null', () => {
    const nearly = fc.stringMatching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d*)?([Zz]|[+-]\d\d:\d\d)?$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (text) => {
        const at = readInstant(text);
        expect(at === null || Number.isSafeInteger(at)).toBe(true);
      }),
    );
  });
});

describe('utcText', () => {
  it.each([
    ['the epoch', 0, '1970-01-01 00:00:00 UTC'],
    ['milliseconds are cut off', Date.UTC(2026, 0, 31, 9, 30, 0, 999), '2026-01-31 09:30:00 UTC'],
    ['the last instant with a four-digit year', Date.UTC(10_000, 0, 1) - 1, '9999-12-31 23:59:59 UTC'],
    ['after it', Date.UTC(10_000, 0, 1), null],
    ['before the epoch', -1, null],
    ['NaN', Number.NaN, null],
  ])('%s', (_, ms, text) => expect(utcText(ms)).toBe(text));

  it('leaves out the seconds on request', () => {
    expect(utcText(Date.UTC(2026, 0, 31, 9, 30, 59), 'minutes')).toBe('2026-01-31 09:30 UTC');
  });
});

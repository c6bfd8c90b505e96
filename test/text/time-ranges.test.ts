import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isActive, localTimeText, nextActiveAt, nextDailyAt, type TimeRange } from '../../src/text/time-ranges.ts';
import { ACTIVE_ROWS, BERLIN, DAILY_ROWS, LORD_HOWE, NEW_YORK } from './time-rows.ts';

const MINUTE = 60_000;
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const parse = (text: string): number => Date.parse(text);

test.each(ACTIVE_ROWS)('%s', (_, times, at, next) => {
  expect(isActive(times, parse(at))).toBe(at === next);
  expect(iso(nextActiveAt(times, parse(at)))).toBe(iso(parse(next)));
  expect(isActive(times, parse(next))).toBe(true);
});

test.each(DAILY_ROWS)('daily: %s', (_, daily, after, next) => {
  expect(iso(nextDailyAt(daily, parse(after)))).toBe(iso(parse(next)));
});

test('no range is never active', () => {
  expect(isActive([], 0)).toBe(false);
  expect(nextActiveAt([], 0)).toBeNull();
});

test('dates that are over never come', () => {
  const range: TimeRange = {
    weekdays: [0, 1, 2, 3, 4, 5, 6],
    dates: ['2020-01-01'],
    from: 0,
    to: 60,
    timeZone: BERLIN,
  };
  expect(isActive([range], parse('2026-01-05T00:00:00Z'))).toBe(false);
  expect(nextActiveAt([range], parse('2026-01-05T00:00:00Z'))).toBeNull();
});

test.each([
  [BERLIN, '2026-01-05T21:00:00Z', 'Mon 2026-01-05 22:00 Europe/Berlin'],
  [BERLIN, '2026-07-05T22:30:59Z', 'Mon 2026-07-06 00:30 Europe/Berlin'],
  [NEW_YORK, '2026-01-06T04:59:00Z', 'Mon 2026-01-05 23:59 America/New_York'],
  ['UTC', '2026-01-05T12:00:00Z', 'Mon 2026-01-05 12:00 UTC'],
  // Before there were time zones, clocks had minutes and seconds of their own.
  [BERLIN, '1850-01-01T00:00:00Z', 'Tue 1850-01-01 00:53 Europe/Berlin'],
  [NEW_YORK, '1850-01-01T12:00:00Z', 'Tue 1850-01-01 07:03 America/New_York'],
])('what clocks show: in %s at %s', (timeZone, at, text) => {
  expect(localTimeText(timeZone, parse(at))).toBe(text);
});

test('a range holds before 1970, too', () => {
  const night: TimeRange = { weekdays: [3], from: 22 * 60, to: 6 * 60, timeZone: 'UTC' };
  expect(isActive([night], parse('1969-12-31T23:00:00Z'))).toBe(true);
  expect(isActive([night], parse('1969-12-31T21:00:00Z'))).toBe(false);
});

const CLOCKS = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall shows, asked of the platform in another way. */
function wall(timeZone: string, at: number): { readonly day: number; readonly minute: number } {
  const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  const clock = CLOCKS.get(timeZone) ?? new Intl.DateTimeFormat('en-US', options);
  CLOCKS.set(timeZone, clock);
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'].indexOf(parts.get('weekday') ?? '');
  return { day, minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) };
}

function holds({ weekdays, from, to, timeZone }: TimeRange, at: number): boolean {
  const { day, minute } = wall(timeZone, at);
  const began = minute < to && to <= from ? (day + 6) % 7 : day;
  return weekdays.includes(began) && (from < to ? from <= minute && minute < to : minute >= from || minute < to);
}

test('around every change of the clocks, the next active minute is the first one that a search finds', () => {
  const change = fc.constantFrom(
    [BERLIN, '2026-03-29T01:00:00Z'] as const,
    [BERLIN, '2026-10-25T01:00:00Z'] as const,
    [NEW_YORK, '2026-03-08T07:00:00Z'] as const,
    [NEW_YORK, '2026-11-01T06:00:00Z'] as const,
    [LORD_HOWE, '2026-04-04T15:00:00Z'] as const,
    [LORD_HOWE, '2026-10-03T15:30:00Z'] as const,
    // Clocks change at midnight: the day begins at 01:00.
    ['Africa/Cairo', '2026-04-23T22:00:00Z'] as const,
  );
  const times = fc.tuple(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 1, max: 96 })).filter(([a, b]) => a !== b);
  const weekdays = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 5 });
  fc.assert(
    fc.property(change, times, weekdays, fc.integer({ min: -240, max: 240 }), ([timeZone, at], [a, b], days, shift) => {
      const range: TimeRange = { weekdays: days, from: a * 15, to: b * 15, timeZone };
      const start = parse(at) + shift * MINUTE;
      let next = start;
      while (!holds(range, next)) next += MINUTE;
      expect(isActive([range], start)).toBe(next === start);
      expect(iso(nextActiveAt([range], start))).toBe(iso(next));
    }),
    { numRuns: 100 },
  );
});

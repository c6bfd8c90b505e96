/** Parts of dates. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timePart } from '../../../src/sigma/evaluate/time.ts';
import { TIME_PARTS, type TimePart } from '../../../src/sigma/rule.ts';

describe('a part of a date', () => {
  test.each<[string | number | boolean, TimePart, number]>([
    ['2025-03-01T09:30:15Z', 'minute', 30],
    ['2025-03-01T09:30:15.123456789+05:45', 'hour', 9],
    ['2025-03-01T23:30:15-08:00', 'day', 1],
    ['2025-03-01t00:00z', 'hour', 0],
    ['2025-03-01 09:30:15,5 UTC', 'month', 3],
    ['2025/3/1 9:30', 'year', 2025],
    ['2025/3/1 9:30', 'hour', 9],
    ['2025-03-01', 'day', 1],
    ['2025-03-01', 'hour', Number.NaN],
    ['2025-03-01', 'minute', Number.NaN],
    ['2025-02-29', 'day', Number.NaN],
    ['2024-02-29', 'day', 29],
    ['2025-13-01', 'year', Number.NaN],
    ['2025-03-01T24:00Z', 'day', Number.NaN],
    ['2025-03-01T09:60Z', 'hour', Number.NaN],
    ['0099-03-01', 'year', 99],
    ['03/01/2025', 'year', Number.NaN],
    ['2025-03/01', 'year', Number.NaN],
    ['yesterday', 'day', Number.NaN],
    ['', 'day', Number.NaN],
    [true, 'day', Number.NaN],
    [0, 'year', 1970],
    [99_999_999_999, 'year', 5138],
    [100_000_000_000, 'year', 1973],
    [1_740_821_415, 'hour', 9],
    ['1740821415123', 'hour', 9],
    ['1740821415.5', 'minute', 30],
    [-1, 'year', 1969],
    [9e99, 'year', Number.NaN],
    ['2024-12-29', 'week', 52],
    ['2024-12-30', 'week', 1],
    ['2020-12-31', 'week', 53],
    ['2021-01-03', 'week', 53],
    ['2021-01-04', 'week', 1],
    ['2023-01-01', 'week', 52],
  ])('of %s: %s %d', (value, part, wanted) => {
    expect(timePart(value, part)).toBe(wanted);
  });

  test('is the same of a date and of its milliseconds', () => {
    const date = fc.date({ min: new Date(1e11), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.constantFrom(...TIME_PARTS), (date, part) => {
        expect(timePart(date.toISOString(), part)).toBe(timePart(date.getTime(), part));
      }),
    );
  });

  test('weeks begin on Mondays, and the fourth of January lies in the first', () => {
    const day = fc.date({ min: new Date('1980-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const week = timePart(date.getTime(), 'week');
        const before = timePart(date.getTime() - 86_400_000, 'week');
        expect(week !== before).toBe(date.getUTCDay() === 1);
        if (date.getUTCMonth() === 0 && date.getUTCDate() === 4) expect(week).toBe(1);
      }),
    );
    expect(timePart('1999-01-04', 'week')).toBe(1);
  });

  test('a hostile text is rejected in time', () => {
    const began = performance.now();
    for (const text of [' '.repeat(1_000_000), '9'.repeat(1_000_000), `2025-01-01T10:00:00.${'1'.repeat(1_000_000)}`]) {
      expect(timePart(text, 'year')).toBe(Number.NaN);
    }
    expect(performance.now() - began).toBeLessThan(50);
  });
});

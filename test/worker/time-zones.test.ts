/** workerd has the time zones that routing needs, and their changes of the clocks. */
import { expect, test } from 'vitest';
import { nextActiveAt, nextDailyAt } from '../../src/text/time-ranges.ts';
import { ACTIVE_ROWS, DAILY_ROWS } from '../text/time-rows.ts';

test.each(ACTIVE_ROWS)('%s', (_, times, at, next) => {
  expect(nextActiveAt(times, Date.parse(at))).toBe(Date.parse(next));
});

test.each(DAILY_ROWS)('daily: %s', (_, daily, after, next) => {
  expect(nextDailyAt(daily, Date.parse(after))).toBe(Date.parse(next));
});

/** What a correlation's number is, in words. */

import { describe, expect, test } from 'vitest';
import { type Numbered, numberWords, ordinal } from '../../src/alert/number-wording.ts';

const OF: Numbered = {
  type: 'event_count',
  value: 25,
  atLeast: false,
  timespanMs: 300_000,
  fields: [],
  percentile: null,
  rules: [],
};
const BYTES = { fields: ['bytes'] };

describe('the number of a window', () => {
  test.each<[Partial<Numbered>, string]>([
    [{}, '25 entries in 5 minutes'],
    [{ value: 1 }, '1 entry in 5 minutes'],
    [{ atLeast: true }, 'at least 25 entries in 5 minutes'],
    [{ type: 'value_count', value: 12, fields: ['client_ip'] }, '12 different values of client_ip in 5 minutes'],
    [{ type: 'value_count', value: 1, fields: ['a', 'b'] }, '1 different value of a and b in 5 minutes'],
    [{ type: 'temporal', value: 2, rules: ['A', 'B', 'C'] }, '2 of 3 rules matched in 5 minutes'],
    [{ type: 'temporal', value: 70, rules: Array(64).fill('A') }, '70 rules matched in 5 minutes'],
    [{ type: 'temporal_ordered', value: 3, rules: ['A', 'B', 'C'] }, '3 of 3 steps completed in 5 minutes'],
    [{ type: 'value_sum', value: 1_200_000, ...BYTES }, 'the sum of bytes is 1,200,000 in 5 minutes'],
    [{ type: 'value_avg', value: 0.1 + 0.2, ...BYTES }, 'the average of bytes is 0.3 in 5 minutes'],
    [{ type: 'value_median', value: -2.5, ...BYTES }, 'the median of bytes is -2.5 in 5 minutes'],
    [
      { type: 'first_seen', value: 8 * 86_400_000 + 5_000, timespanMs: 30 * 86_400_000, fields: ['client_ip'] },
      'a value of client_ip not seen in 8 days',
    ],
    [{ type: 'first_seen', value: 90 * 86_400_000, timespanMs: 30 * 86_400_000 }, 'a value not seen in 30 days'],
    [
      { type: 'absence', value: Date.UTC(2026, 0, 5, 12), timespanMs: 25 * 3_600_000 },
      'no entry in 1 day 1 hour; the last was at 2026-01-05 12:00:00 UTC',
    ],
    [
      { type: 'value_percentile', percentile: 95, value: 7, ...BYTES },
      'the 95th percentile of bytes is 7 in 5 minutes',
    ],
    [
      { type: 'value_percentile', value: 2.5, fields: ['action'] },
      'the last value of action is 2.5 percent of all in 5 minutes',
    ],
    [{ type: 'value_sum', value: 1, fields: ['a\u202eb\n c'] }, 'the sum of a\ufffdb c is 1 in 5 minutes'],
  ])('%j: %s', (more, words) => expect(numberWords({ ...OF, ...more })).toBe(words));

  test.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [11, '11th'],
    [12, '12th'],
    [50, '50th'],
    [93, '93rd'],
    [99.9, '99.9th'],
    [100, '100th'],
  ])('%d is %s', (value, text) => expect(ordinal(value)).toBe(text));
});

import { describe, expect, test } from 'vitest';
import { durationInWords, formatDuration, parseDuration } from '../../src/text/duration.ts';

describe('durations', () => {
  test.each([
    ['90s', 90_000, '1m30s', '1 minute 30 seconds'],
    ['5m', 300_000, '5m', '5 minutes'],
    ['60m', 3_600_000, '1h', '1 hour'],
    ['7d', 604_800_000, '7d', '7 days'],
    ['1d1h1m1s', 90_061_000, '1d1h1m1s', '1 day 1 hour 1 minute 1 second'],
    ['0s', 0, '0s', 'less than a second'],
  ])('%s', (text, ms, written, words) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(written);
    expect(durationInWords(ms)).toBe(words);
  });

  test.each(['', '5', 'm', '-5m', '5 m', '5M', '1.5h', '5m1h', '1h1h', 'P1D', '1w', '9999999999s'])(
    '%j is not a duration',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('%d reads as 0s', (ms) => {
    expect(formatDuration(ms)).toBe('0s');
  });
});

import { describe, expect, it } from 'vitest';
import { readHttpDate, readRetryAfter } from '../../src/http/headers.ts';

describe('readHttpDate', () => {
  it.each([
    ['the preferred form', 'Wed, 01 Jan 2025 00:00:00 GMT', 1_735_689_600_000],
    ['no month of that name', 'Wed, 01 Foo 2025 00:00:00 GMT', null],
    ['RFC 3339', '2025-01-01T00:00:00Z', null],
    ['a word', 'yesterday', null],
    ['nothing', '', null],
    ['no header', null, null],
  ])('%s', (_, text, at) => {
    expect(readHttpDate(text)).toBe(at);
  });
});

describe('readRetryAfter', () => {
  const now = Date.parse('2026-01-31T09:30:00Z');
  const rows: readonly (readonly [what: string, value: string, now: number | null, ms: number | null])[] = [
    ['seconds', '30', now, 30_000],
    ['a fraction of a second', ' 0.5 ', now, 500],
    ['a date', 'Sat, 31 Jan 2026 09:30:20 GMT', now, 20_000],
    ['a date that has passed', 'Sat, 31 Jan 2026 09:29:00 GMT', now, -60_000],
    ['a date without a clock to compare with', 'Sat, 31 Jan 2026 09:30:20 GMT', null, null],
    ['a negative number', '-5', now, null],
    ['a word', 'soon', now, null],
    ['an empty value', '', now, null],
  ];
  it.each(rows)('%s: %s', (_, value, clock, ms) => {
    expect(readRetryAfter(new Headers({ 'retry-after': value }), clock)).toBe(ms);
  });
});

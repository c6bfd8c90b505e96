import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRetry, type RetryDecision, readUpstreamRetryAfter } from '../../src/audit-log/retry.ts';

const NOW = Date.parse('2026-03-04T10:00:00Z');
const backing = (waitMs: number): RetryDecision => ({ retry: true, waitMs, reason: 'backoff' });
const asked = (waitMs: number): RetryDecision => ({ retry: true, waitMs, reason: 'asked to wait' });

interface Row {
  readonly is: string;
  readonly status: number | null;
  readonly headers?: { readonly [name: string]: string };
  readonly attempt?: number;
  readonly retries?: number;
  readonly random?: number;
  readonly want: RetryDecision;
}

const rows: readonly Row[] = [
  { is: 'the first wait is half a second', status: 500, want: backing(500) },
  { is: 'the second is twice as long', status: 500, attempt: 1, want: backing(1000) },
  { is: 'no wait is longer than 8 s', status: 500, attempt: 9, retries: 10, want: backing(8000) },
  { is: 'jitter takes up to a quarter away', status: 500, random: 0.999_999_999, want: backing(375) },
  { is: 'half the jitter', status: 500, random: 0.5, want: backing(437.5) },
  { is: 'a lost connection is retried', status: null, want: backing(500) },
  { is: '408 is', status: 408, want: backing(500) },
  { is: '409 is', status: 409, want: backing(500) },
  { is: '429 is', status: 429, want: backing(500) },
  { is: '599 is', status: 599, want: backing(500) },
  { is: '400 is not', status: 400, want: { retry: false, reason: 'not retryable' } },
  { is: '401 is not', status: 401, want: { retry: false, reason: 'not retryable' } },
  { is: '404 is not', status: 404, want: { retry: false, reason: 'not retryable' } },
  { is: 'a redirect is not', status: 302, want: { retry: false, reason: 'not retryable' } },
  { is: 'two retries are enough', status: 500, attempt: 2, want: { retry: false, reason: 'no retries left' } },
  {
    is: 'two retries are enough for lost connections too',
    status: null,
    attempt: 2,
    want: { retry: false, reason: 'no retries left' },
  },
  {
    is: 'x-should-retry: false overrides the status',
    status: 500,
    headers: { 'x-should-retry': 'false' },
    want: { retry: false, reason: 'x-should-retry' },
  },
  {
    is: 'x-should-retry: true overrides the status',
    status: 400,
    headers: { 'x-should-retry': 'true' },
    want: backing(500),
  },
  {
    is: 'x-should-retry: true does not override the number of retries',
    status: 400,
    attempt: 2,
    headers: { 'x-should-retry': 'true' },
    want: { retry: false, reason: 'no retries left' },
  },
  {
    is: 'another x-should-retry is ignored',
    status: 500,
    headers: { 'x-should-retry': 'maybe' },
    want: backing(500),
  },
  { is: 'Retry-After in seconds', status: 429, headers: { 'retry-after': '3' }, want: asked(3000) },
  { is: 'Retry-After of zero', status: 429, headers: { 'retry-after': '0' }, want: asked(0) },
  {
    is: 'Retry-After as a date',
    status: 429,
    headers: { 'retry-after': 'Wed, 04 Mar 2026 10:00:20 GMT' },
    want: asked(20_000),
  },
  {
    is: 'Retry-After as a date that has passed',
    status: 429,
    headers: { 'retry-after': 'Wed, 04 Mar 2026 09:00:00 GMT' },
    want: asked(0),
  },
  {
    is: 'retry-after-ms comes before Retry-After',
    status: 503,
    headers: { 'retry-after-ms': '250.5', 'retry-after': '3' },
    want: asked(250.5),
  },
  { is: 'an unreadable Retry-After is ignored', status: 429, headers: { 'retry-after': 'soon' }, want: backing(500) },
  { is: 'a negative Retry-After is ignored', status: 429, headers: { 'retry-after': '-5' }, want: backing(500) },
  { is: 'a minute is waited for', status: 429, headers: { 'retry-after': '60' }, want: asked(60_000) },
  {
    is: 'a longer wait is left to the caller',
    status: 429,
    headers: { 'retry-after': '61' },
    want: { retry: false, reason: 'wait too long', retryAfterMs: 61_000 },
  },
  {
    is: 'the wait is returned even if no retries are left',
    status: 429,
    attempt: 2,
    headers: { 'retry-after': '5' },
    want: { retry: false, reason: 'no retries left', retryAfterMs: 5000 },
  },
];

describe('decideRetry', () => {
  it.each(rows)('$is', ({ status, headers = {}, attempt = 0, retries = 2, random = 0, want }) => {
    const answer = status === null ? null : { status, headers: new Headers(headers) };
    const decision = decideRetry({ number: attempt, retries, answer, now: NOW, random });
    expect(decision).toEqual('waitMs' in want ? { ...want, waitMs: expect.closeTo(want.waitMs, 4) } : want);
  });

  it('waits between 0 and 60 seconds, and stops after the last retry', () => {
    const headers = fc.dictionary(
      fc.constantFrom('retry-after', 'retry-after-ms', 'x-should-retry'),
      fc.stringMatching(/^[!-~]*$/),
    );
    fc.assert(
      fc.property(
        headers,
        fc.nat(5),
        fc.integer({ min: 100, max: 599 }),
        fc.nat(999),
        (given, attempt, status, dice) => {
          const answer = { status, headers: new Headers(given) };
          const decision = decideRetry({ number: attempt, retries: 5, answer, now: NOW, random: dice / 1000 });
          if (decision.retry) {
            expect(decision.waitMs).toBeGreaterThanOrEqual(0);
            expect(decision.waitMs).toBeLessThanOrEqual(60_000);
            expect(attempt).toBeLessThan(5);
          }
          const wait = readUpstreamRetryAfter(answer.headers, NOW);
          expect(wait === undefined || wait >= 0).toBe(true);
        },
      ),
    );
  });
});

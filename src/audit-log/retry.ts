/** Whether and when a failed request is retried, like the published SDKs. Pure: clock and randomness are parameters. */
import { readDecimal, readRetryAfter } from '../http/headers.ts';

/** A longer wait is left to the next tick. */
const WAIT_MAX_MS = 60_000;
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 8_000;
const JITTER = 0.25;
if (!(BACKOFF_FIRST_MS <= BACKOFF_MAX_MS && BACKOFF_MAX_MS <= WAIT_MAX_MS)) throw new Error('backoff exceeds the wait');

export interface FailedAttempt {
  /** 0 for the first. */
  readonly number: number;
  readonly retries: number;
  /** Null if there was no complete answer: connection errors and timeouts are retried. */
  readonly answer: { readonly status: number; readonly headers: Headers } | null;
  /** Wall time, ms since the epoch. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

export type RetryDecision =
  | { readonly retry: true; readonly waitMs: number; readonly reason: 'asked to wait' | 'backoff' }
  | {
      readonly retry: false;
      readonly reason: 'not retryable' | 'x-should-retry' | 'no retries left' | 'wait too long';
      readonly retryAfterMs?: number;
    };

/**
 * Decides like the SDKs: retries 408, 409, 429, 5xx and lost connections, unless `x-should-retry` says otherwise; waits as
 * `retry-after-ms` or else `Retry-After` asks, else 0.5 s, doubled each time up to 8 s, minus up to 25 %. Unlike
 * them, we leave a wait over 60 s to the caller.
 */
export function decideRetry({ number, retries, answer, now, random }: FailedAttempt): RetryDecision {
  const askedMs = answer === null ? undefined : readUpstreamRetryAfter(answer.headers, now);
  const left = askedMs === undefined ? {} : { retryAfterMs: askedMs };
  if (answer !== null) {
    const should = answer.headers.get('x-should-retry');
    if (should === 'false') return { retry: false, reason: 'x-should-retry', ...left };
    if (should !== 'true' && !isRetryable(answer.status)) return { retry: false, reason: 'not retryable', ...left };
  }
  if (askedMs !== undefined && askedMs > WAIT_MAX_MS) return { retry: false, reason: 'wait too long', ...left };
  if (number >= retries) return { retry: false, reason: 'no retries left', ...left };
  if (askedMs !== undefined) return { retry: true, waitMs: askedMs, reason: 'asked to wait' };
  const waitMs = Math.min(BACKOFF_FIRST_MS * 2 ** number, BACKOFF_MAX_MS) * (1 - JITTER * random);
  return { retry: true, waitMs, reason: 'backoff' };
}

function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The wait the upstream asks for, in ms: `retry-after-ms`, else `Retry-After`; undefined if neither is readable. */
export function readUpstreamRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = readDecimal(headers.get('retry-after-ms')) ?? readRetryAfter(headers, now);
  return ms === null ? undefined : Math.max(0, ms);
}

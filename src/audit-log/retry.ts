/**
 * Whether a failed request is made again, and when: as the published SDKs do it.
 *
 * Pure: the clock and the dice are parameters.
 */
import { readDecimal, readRetryAfter } from '../http/headers.ts';

/** Longer than this is not slept: the next tick does it. */
const LONGEST_WAIT_MS = 60_000;
const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 8_000;
const JITTER = 0.25;

/** What is known of a failed try when it is decided whether there is another. */
export interface FailedTry {
  /** 0 for the first. */
  readonly attempt: number;
  readonly retries: number;
  /** Null when there was no whole answer: connection errors and timeouts are tried again. */
  readonly answer: { readonly status: number; readonly headers: Headers } | null;
  /** Wall time, ms since the epoch. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

export type RetryDecision =
  | { readonly retry: true; readonly waitMs: number; readonly reason: 'asked to wait' | 'backing off' }
  | {
      readonly retry: false;
      readonly reason: 'not worth it' | 'told not to' | 'tried enough' | 'asked to wait too long';
      readonly retryAfterMs?: number;
    };

/**
 * Whether to try again, and when, as the SDKs do it: 408, 409, 429, 5xx and lost connections; `x-should-retry` has
 * the last word; `retry-after-ms` before `Retry-After` (seconds or an HTTP date), else 0.5 s doubled to at most 8 s,
 * less up to 25 %. Unlike the SDKs, which ignore a wait over 60 s and come back early, we then leave it to the caller.
 */
export function decideRetry({ attempt, retries, answer, now, random }: FailedTry): RetryDecision {
  const asked = answer === null ? undefined : readUpstreamRetryAfter(answer.headers, now);
  const left = asked === undefined ? {} : { retryAfterMs: asked };
  if (answer !== null) {
    const should = answer.headers.get('x-should-retry');
    if (should === 'false') return { retry: false, reason: 'told not to', ...left };
    if (should !== 'true' && !isRetryable(answer.status)) return { retry: false, reason: 'not worth it', ...left };
  }
  if (asked !== undefined && asked > LONGEST_WAIT_MS)
    return { retry: false, reason: 'asked to wait too long', ...left };
  if (attempt >= retries) return { retry: false, reason: 'tried enough', ...left };
  if (asked !== undefined) return { retry: true, waitMs: asked, reason: 'asked to wait' };
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** attempt, LAST_WAIT_MS) * (1 - JITTER * random);
  return { retry: true, waitMs, reason: 'backing off' };
}

function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** The wait the upstream asks for, in ms: `retry-after-ms`, else `Retry-After`; undefined if neither is readable. */
export function readUpstreamRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = readDecimal(headers.get('retry-after-ms')) ?? readRetryAfter(headers, now);
  return ms === null ? undefined : Math.max(0, ms);
}

/** Whether the ledger failed because a daily limit of Cloudflare's plan is reached. Pure. */
import { newDay, resetsAt } from '../ledger/health/usage.ts';
import { oneLine } from '../text/untrusted.ts';

/**
 * Cloudflare documents that operations fail (developers.cloudflare.com/durable-objects/platform/pricing), and not in which
 * words. Seen: "Exceeded allowed rows written in Durable Objects free tier.", and so for "rows read", "volume of requests" and
 * "duration". The second is for what may be written instead.
 */
const KNOWN = /exceeded allowed ([a-z ]{1,40}?) in [a-z ]{1,40}free tier/i;
const SIMILAR = /\bexceed(?:ed|s|ing)?\b.*\bfree[ -](?:tier|plan)\b/i;
const MESSAGE_MAX = 300;
/** The day ends when Cloudflare says so, perhaps a little later than by our clock. */
const LATE_MS = 5 * 60_000;

/** Which limit, in words such as `limit of rows written`; null: the failure is another. */
export function limitIn(message: string): string | null {
  const text = oneLine(message, MESSAGE_MAX);
  const what = KNOWN.exec(text)?.[1];
  if (what !== undefined) return `limit of ${what.toLowerCase()}`;
  return SIMILAR.test(text) ? 'daily limit' : null;
}

/** When the limits are reset, with time to spare; wall, ms. */
export function limitsResetAt(now: number): number {
  return resetsAt(newDay(now)) + LATE_MS;
}

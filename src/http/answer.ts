/**
 * An answer over HTTP, as far as any receiver can read it: what was said, and when to ask again.
 *
 * Pure. No clock: `Retry-After` as a date is read against the answer's own `Date`. What an answer says is somebody
 * else's text, and may echo the address it was asked at, which is a secret, in any form.
 */
import { oneLine } from '../text/untrusted.ts';

const MAX_VENDOR_TEXT = 200;
/** Whatever the vendor says, it is asked again within the hour: a bell that waits a day is no bell. */
const MAX_RETRY_AFTER_MS = 60 * 60 * 1000;

/** What came back. */
export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly afterMs: number | null }
  | { readonly kind: 'failed'; readonly reason: string };

/** ` (what the vendor said)`, short, on one line, without any part of the address it was sent to; '' for nothing. */
export function vendorText(body: string, secretUrl: string): string {
  // Made one line first: what is invisible in it must not hide a part of the secret.
  const said = oneLine(redact(oneLine(body, body.length), secretUrl), MAX_VENDOR_TEXT);
  return said === '' ? '' : ` (${said})`;
}

/** From this length on a part of an address is told from a part of a word, and taken out wherever it stands. */
const TELLING = 8;
/** In every address of Slack's, and a word of its answers (`no_service`). */
const NO_SECRET = 'services';

/** `text` without addresses, and without any part of `secretUrl`: its host as well, and as it is when decoded. */
function redact(text: string, secretUrl: string): string {
  return partsOf(secretUrl).reduce(
    (left, part) => left.replaceAll(wherever(part), '[redacted]'),
    text.replace(/\b[a-z][a-z0-9+.-]{0,20}:(?:\\?\/){2}\S*/gi, '[redacted]'),
  );
}

/** Host, port, and all between the separators, raw and decoded, longest first. */
function partsOf(secretUrl: string): string[] {
  const raw = secretUrl.replace(/^[a-z]+:\/\//i, '').split(SEPARATORS);
  const whole = raw.map(decoded);
  const parts = new Set([...raw, ...whole, ...whole.flatMap((part) => part.split(SEPARATORS))]);
  return [...parts].filter((part) => part !== '' && part !== NO_SECRET).sort((a, b) => b.length - a.length);
}

const SEPARATORS = /[/?&=#:@]/;

function decoded(part: string): string {
  const spaced = part.replaceAll('+', ' ');
  try {
    return oneLine(decodeURIComponent(spaced), part.length);
  } catch {
    return spaced;
  }
}

/** A short part only where it stands by itself, or it would take letters out of words. */
function wherever(part: string): RegExp {
  const text = escapeRegExp(part);
  return new RegExp(part.length >= TELLING ? text : `(?<![a-z0-9])${text}(?![a-z0-9])`, 'gi');
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** When the vendor wants to be asked again: seconds, or a date against the answer's own `Date`; at most an hour. */
export function retryAfterMs(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,12}(?:\.\d{1,6})?$/.test(value)) return Math.min(Math.ceil(Number(value) * 1000), MAX_RETRY_AFTER_MS);
  const wait = Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(wait) && wait >= 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : null;
}

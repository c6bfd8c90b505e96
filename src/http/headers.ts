/** Reads values of HTTP headers. Pure: no clock. */

const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** An HTTP date (RFC 9110, 5.6.7, the preferred form) in ms since the epoch; null if it is not one. */
export function readHttpDate(text: string | null): number | null {
  const trimmed = text?.trim() ?? '';
  const at = HTTP_DATE.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/**
 * The wait that `Retry-After` asks for, in ms: a number of seconds, or a date minus `now` (negative once it has passed).
 * Null if the header is absent or unreadable, or if a date has no `now` to compare with.
 */
export function readRetryAfter(headers: Headers, now: number | null): number | null {
  const seconds = readDecimal(headers.get('retry-after'));
  if (seconds !== null) return seconds * 1000;
  const at = readHttpDate(headers.get('retry-after'));
  return at === null || now === null ? null : at - now;
}

/** A decimal number without a sign or an exponent; null if it is not one. */
export function readDecimal(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

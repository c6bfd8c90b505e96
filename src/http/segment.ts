/**
 * Texts of others as one segment of a path, and back. Pure.
 *
 * Contract: `readSegment` of the decoded segment gives the text, and no text leads to another path: browsers and proxies
 * resolve `.` and `..` away, percent-encoded or not (https://url.spec.whatwg.org/#double-dot-path-segment), so these get a
 * prefix, and so does what begins with the prefix. A lone surrogate, which no URL can hold, becomes U+FFFD.
 */

const PREFIX = '~';
const PREFIXED = /^(?:~|\.\.?$)/;

/** The segment for a text. */
export function toSegment(text: string): string {
  const encoded = encodeURIComponent(text.toWellFormed());
  return PREFIXED.test(text) ? `${PREFIX}${encoded}` : encoded;
}

/** The text of a decoded segment. */
export function readSegment(segment: string): string {
  return segment.startsWith(PREFIX) ? segment.slice(1) : segment;
}

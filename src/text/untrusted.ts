/**
 * Text that others wrote (a name, a path, a user agent, a vendor's answer), made safe to show: one line of bounded length,
 * without characters that are invisible or that reorder or hide others.
 *
 * It does not escape: a receiver does that for its own markup. Pure.
 */

/** Replaces a removed character whose absence should be visible. */
const REPLACEMENT = '\uFFFD';

/** White space and line breaks of every kind, and the Braille blank, which looks like a space. */
const SPACE = /[\s\p{Z}\u0085\u2800]+/gu;
/** Control characters, direction marks, private-use characters, non-characters, annotations. */
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\p{Co}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]+/gu;
/** Characters that render as nothing: joiners, variation selectors, tags, soft hyphens, fillers. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
/** More marks on one letter than any language uses: they cover the lines above and below. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/**
 * `text` as one line of at most `max` UTF-16 units, ending in "…" if it was cut. Surrogate pairs stay whole; lone
 * surrogates become U+FFFD. May be empty.
 *
 * @example oneLine('a\nb\u202Ec', 10) // 'a b\uFFFDc'
 */
export function oneLine(text: string, max: number): string {
  // Bounds the work: ten megabytes cost no more than ten lines.
  const considered = 4 * max + 256;
  const cut = text.length > considered;
  const line = (cut ? text.slice(0, considered) : text)
    .toWellFormed()
    .replace(SPACE, ' ')
    .replace(HOSTILE, REPLACEMENT)
    .replace(INVISIBLE, '')
    .replace(STACKED, '$1')
    .trim();
  return cut ? shorten(`${line}…`, max, true) : shorten(line, max, false);
}

/** `text` cut to `max` UTF-16 units, with "…" at its end if it was cut here or before (`marked`). */
function shorten(text: string, max: number, marked = false): string {
  if (text.length <= max) return text;
  const body = marked ? text.slice(0, -1) : text;
  return `${safeSlice(body, max - 1)}…`;
}

/** The first `max` UTF-16 units, or one fewer rather than half a surrogate pair. */
export function safeSlice(text: string, max: number): string {
  const end = Math.max(0, max);
  if (text.length <= end) return text;
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

/** What follows the scheme of an address. */
const SCHEME = /:\/\//g;
/** A dot in what could be a host name, in any of the characters that clients read as one. */
const HOST_DOT = /(?<=[\p{L}\p{N}_-])[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu;
/**
 * `vm.created`, `api_key.deleted`: the audit log's own action names keep their dot. Their first part is one of the
 * upstream's resource types or has an underscore, which no registrable host name has.
 */
const ACTION = /^(?:vm|vpc|volume|project|organization|usage|[a-z]+(?:_[a-z]+)+)\.[a-z_]+$/;

/**
 * `text` with every address defanged, so that no client turns it into a link: `https[:]//evil[.]com`. Numbers keep their
 * dots: clients don't link IP addresses and versions.
 */
export function defanged(text: string): string {
  return ACTION.test(text) ? text : text.replace(SCHEME, '[:]//').replace(HOST_DOT, '[.]');
}

/** Text that others wrote, as one defanged line of at most `max`; `–` if it is missing, `(blank)` if nothing of it is visible. */
export function untrustedLine(text: string | null, max: number): string {
  if (text === null || text === '') return '–';
  return defanged(oneLine(text, max)) || '(blank)';
}

/** The operator's or our own text as one line of at most `max`; addresses in it are kept. */
export function trustedLine(text: string, max: number): string {
  return oneLine(text, max) || '(blank)';
}

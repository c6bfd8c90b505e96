/**
 * Text that somebody else wrote (a name, a path, a user agent, a vendor's answer), made fit to stand in a message:
 * one line, no character that is invisible, moves others about or hides them, and not longer than it may be.
 *
 * What it does not do is escape: that is the business of the receiver, who knows its markup. Pure.
 */

/** Stands for a character that was taken out and whose absence should be seen. */
const REPLACEMENT = '\uFFFD';

/** Every kind of white space and line break, and the Braille blank, which looks like one. */
const SPACE = /[\s\p{Z}\u0085\u2800]+/gu;
/** Controls, marks that turn the direction of writing, private-use and impossible characters, annotations. */
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\p{Co}\p{Noncharacter_Code_Point}\uFFF9-\uFFFB]+/gu;
/** Zero-width and other characters that show nothing: joiners, variation selectors, tags, soft hyphens, fillers. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]+/gu;
/** More marks on one letter than any language has: they climb over the lines above and below. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/**
 * `text` as one line of at most `max` UTF-16 units, ending in "…" where it was cut. Surrogate pairs stay whole; lone
 * surrogates become U+FFFD. May be empty.
 *
 * @example oneLine('a\nb\u202Ec', 10) // 'a b\uFFFDc'
 */
export function oneLine(text: string, max: number): string {
  // No more is looked at than can matter, so that ten megabytes cost no more than ten lines.
  const looked = 4 * max + 256;
  const cut = text.length > looked;
  const line = (cut ? text.slice(0, looked) : text)
    .toWellFormed()
    .replace(SPACE, ' ')
    .replace(HOSTILE, REPLACEMENT)
    .replace(INVISIBLE, '')
    .replace(STACKED, '$1')
    .trim();
  return cut ? shorten(`${line}…`, max, true) : shorten(line, max, false);
}

/** `text` cut to `max` UTF-16 units with "…" at its end where something is missing; never inside a surrogate pair. */
function shorten(text: string, max: number, marked = false): string {
  if (text.length <= max) return text;
  const body = marked ? text.slice(0, -1) : text;
  return `${safeSlice(body, max - 1)}…`;
}

/** The first `max` UTF-16 units, or one fewer where a surrogate pair would be split. */
export function safeSlice(text: string, max: number): string {
  const end = Math.max(0, max);
  if (text.length <= end) return text;
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end);
}

/** Between a scheme and its address, whatever the scheme. */
const SCHEME = /:\/\//g;
/** A dot inside what could be a host name, in any of the characters that clients take for one. */
const HOST_DOT = /(?<=[\p{L}\p{N}_-])[.\u3002\uFF0E\uFF61](?=\p{L}{2})/gu;
/**
 * `vm.created`, `api_key.deleted`: the audit log's own names have a dot, and may keep it. Their first part is a resource
 * type of the upstream's, or has an underscore, which no host name has where it could be registered.
 */
const ACTION = /^(?:vm|vpc|volume|project|organization|usage|[a-z]+(?:_[a-z]+)+)\.[a-z_]+$/;

/**
 * `text` with every address in it written as security people write them, so that no client makes a link of it:
 * `https[:]//evil[.]com`. Numbers keep their dots: addresses and versions are not taken for links.
 */
export function defanged(text: string): string {
  return ACTION.test(text) ? text : text.replace(SCHEME, '[:]//').replace(HOST_DOT, '[.]');
}

/** Somebody else's text as one line of at most `max`, with no address left to click; says so where there is none. */
export function untrustedLine(text: string | null, max: number): string {
  if (text === null || text === '') return '(none)';
  return defanged(oneLine(text, max)) || '(blank)';
}

/** The operator's or our own text as one line of at most `max`: addresses in it stay as they are. */
export function trustedLine(text: string, max: number): string {
  return oneLine(text, max) || '(blank)';
}

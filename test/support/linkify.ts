/**
 * A strict linkifier: what any client could make a link of in plain text. It takes every word with letters for a top-level
 * domain and every word before a colon for a scheme, and reads dots, colons and the like of every kind, so it finds more than any client.
 *
 * Written from what clients document and do, not from text/untrusted.ts. Pure.
 */

/** A host: labels of letters, digits, symbols (emoji), marks, `-` and `_`; the last begins with a letter. */
const HOST = /(?:[\p{L}\p{N}\p{M}\p{S}_-]+\.)+\p{L}[\p{L}\p{N}\p{M}-]+/gu;
/** `www.` needs no known domain, and may follow `_` (GitHub Flavored Markdown, "Autolinks"). */
const WWW = /(?<![a-z\d])www\.[^\s.]/giu;
/** `https://x`, `slack://x`, whatever the scheme. */
const ABSOLUTE = /[\p{L}\p{N}+.-]+:\/\/[\p{L}\p{N}\p{S}_%[-]/gu;
/** `tel:1`, `javascript:x`, `msteams:x`: RFC 3986, 3.1, a scheme of letters at its end, and something after it. */
const OPAQUE = /[a-z][a-z0-9+.-]*[a-z]:[\p{L}\p{N}+/?#%&=~_(-]/giu;
/** RFC 5322 without quotes; the host may be one without a dot. */
const MAIL =
  /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@(?:(?:[\p{L}\p{N}_-]+\.)+\p{L}[\p{L}\p{N}-]+|[\p{L}\p{N}_-]+(?![\p{L}\p{N}_[…-]|\.[\p{L}\p{N}_-]))/gu;
/**
 * An address with a port or a path, or a `//` or `@` before it. Alone it is not linked by default, nor is a version; with a `?`,
 * which the shortest form of a message has for what is not ASCII, or as a network, it is no more than alone.
 */
const IP = /@\d{1,3}(?:\.\d{1,3}){3}|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d|\/(?!\d\d?(?!\S*[\p{L}\p{N}/]))|#\S)/gu;
/** A host after `//` needs no known domain either. */
const RELATIVE = /\/\/[\p{L}\p{N}_-]+\.[^\s.]/gu;
/** A scheme that ends in a digit (`h323:evil.1`), before what has a letter and a dot (autolinker). */
const NUMBERED = /[a-z][a-z0-9+.-]*\d:(?:[^\s.:/[]*\p{L}[^\s.:/[]*\.|[^\s.:/[]*\.[^\s:/[]*\p{L})/giu;
/** Without a dot it is a host nevertheless (linkifyjs). */
const LOCAL = /localhost/gi;
/**
 * A phone number with a plus, or as North America writes it, with what libphonenumber, which Android has, allows between digits.
 * Bare digits are not taken for one: an id has as many.
 */
const PHONE = new RegExp(
  '(?<!\\p{Nd})\\+B{0,4}\\p{Nd}(?:B{0,4}\\p{Nd}){6,}|\\p{Nd}{3}B{1,4}\\p{Nd}{3}B{1,4}\\p{Nd}{4}'.replaceAll(
    'B',
    '[\\p{Pd}−()（）［］[\\]./／~∼ ]',
  ),
  'giu',
);

/** IPv6 and MAC addresses have letters before colons; nobody links them. */
function isColons(word: string): boolean {
  // Slack's top text has a look-alike for some of them, and its shortest form a question mark.
  const core = word
    .replace(/\u2236|(?<=:)\?/g, ':')
    // A colon of ours may follow.
    .replace(/(?<!:):$/, '')
    .replace(/^[^\p{L}\p{N}:]+|[^\p{L}\p{N}:]+$/gu, '')
    .replace(/\]:\d+$|\/\d+$/, '')
    .replace(/%\w+$|(?<=::ffff:(?:\d+\.){3}\d+):\d+$/i, '');
  return /^[\da-f:]*:[\da-f]*[\d.]*$/i.test(core) && (core.includes('::') || core.split(':').length >= 6);
}

/** All characters but `.`, `:`, `@` and `+` that NFKC makes one of these, or an ideographic full stop. */
const ALIKE = /[\u2024\u3002\uFE12\uFE13\uFE52\uFE55\uFE62\uFE6B\uFF0B\uFF0E\uFF1A\uFF20\uFF61]/g;

/** Browsers write `rv:109.0`; no client knows a scheme of that name. */
const RV = /^\W*rv:\d+\.\d+(?:\.\d+)?\W*$/;

/** Those that can match it: a long word without a dot, a colon and an at sign would take the others long. */
function patternsFor(word: string): RegExp[] {
  return [
    ...(word.includes('.') ? [HOST, WWW, IP, RELATIVE] : []),
    ...(word.includes(':') ? [ABSOLUTE, OPAQUE, NUMBERED] : []),
    ...(word.includes('@') ? [MAIL] : []),
    LOCAL,
  ];
}

/** Every piece of `text` that a client could make a link of. */
export function linkify(text: string): string[] {
  const alike = text.replace(ALIKE, (character) => character.normalize('NFKC').replace('\u3002', '.'));
  const words = alike.split(/\s+/).filter((word) => !(word.includes(':') && (isColons(word) || RV.test(word))));
  return [
    ...(alike.match(PHONE) ?? []),
    ...words.flatMap((word) => patternsFor(word).flatMap((pattern) => word.match(pattern) ?? [])),
  ];
}

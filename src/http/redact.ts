/**
 * Takes a secret out of text that an upstream or a vendor wrote and that may echo it. Pure.
 */
import { oneLine } from '../text/untrusted.ts';

/** Takes a secret out of a text. */
export type Redact = (text: string) => string;

const REDACTED = '[redacted]';
/** Shorter pieces of base64 occur in innocent text. */
const BASE64_PIECE_MIN = 6;
/** A part of an address from this length on is redacted inside words too. */
const DISTINCTIVE_PART_MIN = 8;
/** Part of every Slack webhook address, and a word in Slack's answers (`no_service`): not secret. */
const PUBLIC_PART = 'services';
const SEPARATORS = /[/?&=#:@]/;
const ADDRESS = /\b[a-z][a-z0-9+.-]{0,20}:(?:\\?\/){2}\S*/gi;

/**
 * A redactor for a key of printable ASCII: verbatim, and in base64 or base64url, also where only a part of what was encoded is
 * the key (`Bearer <key>`), at any offset. Each of these also where any of its characters is escaped, see `unescaped`.
 * Everything else stays as it is, numbers and escapes too. What holds the key in UTF-16 is redacted whole.
 */
export function createRedact(secret: string): Redact {
  const forms = formsOf(secret);
  const pattern = new RegExp(forms.map(literally).join('|'), 'g');
  const isIn = (text: string): boolean => forms.some((form) => text.includes(form));
  // Where it begins and ends in `text`, once that is unescaped `depth` times.
  const placesAt = (text: string, depth: number): readonly number[] =>
    depth > 0
      ? placesBefore(text, placesAt(unescapedOnce(text), depth - 1))
      : Array.from(text.matchAll(pattern), ({ index, 0: { length } }) => [index, index + length]).flat();
  const redact = (text: string): string => {
    let clean = text;
    let plain = text;
    for (let depth = 0; depth <= DEPTH_MAX; depth++) {
      // Almost no answer has the key: only then places are searched for.
      if (isIn(plain)) {
        clean = withoutPlaces(clean, placesAt(clean, depth));
        plain = plain.replace(pattern, REDACTED);
      }
      const before = plain;
      plain = unescapedOnce(before);
      if (plain === before) break;
    }
    return clean;
  };
  return (text) => {
    const clean = redact(text);
    // JSON has no NUL, and is never UTF-16 (RFC 8259, 8.1).
    const bare = clean.replaceAll('\0', '');
    return bare !== clean && redact(bare) !== bare ? REDACTED : clean;
  };
}

/** Percent-encoding or HTML within another, within JSON; deeper nobody reads it. */
const DEPTH_MAX = 5;
/** The semicolon of a number, escaped itself or missing. */
const END = String.raw`(?:;|(?:\\{1,99}u00|%)3b|&#59;|&#x3b;)?`;
/**
 * A character of printable ASCII as an upstream may write it: `\u006e`, `\/` and `\"` (RFC 8259, 7), `%6e`
 * (RFC 3986, 2.1), `&#110;`, `&#x6e;`, `&amp;` (HTML, 13.5). JSON inside JSON doubles its backslashes: all but the last of a
 * run stand for nothing. Repetition is bounded: time is linear in the text's length.
 */
const ESCAPE = new RegExp(
  [
    String.raw`\\{1,999}(?=\\)`,
    String.raw`\\(["/])`,
    String.raw`(?:\\u00|%)([2-7][\da-f])`,
    String.raw`&#x0{0,999}([2-7][\da-f])(?![\da-f])${END}`,
    String.raw`&#0{0,999}(\d{2,3})(?!\d)${END}`,
    '&([a-z]{2,6});',
  ].join('|'),
  'gi',
);
/** Those of the characters that keys and escapes have; https://html.spec.whatwg.org/multipage/named-characters.html. */
const NAMED: { readonly [name: string]: string } = {
  ...{ amp: '&', quot: '"', apos: "'", lt: '<', gt: '>', sol: '/', bsol: '\\', num: '#', percnt: '%', semi: ';' },
  ...{ plus: '+', equals: '=', lowbar: '_', period: '.', colon: ':', comma: ',', dollar: '$', excl: '!', commat: '@' },
};

function unescapedOnce(text: string, each?: (at: number, written: string, character: string) => void): string {
  return text.replace(
    ESCAPE,
    (written: string, same?: string, hex?: string, hex2?: string, decimal?: string, name?: string, at = 0) => {
      const code = decimal === undefined ? Number.parseInt(hex ?? hex2 ?? '', 16) : Number(decimal);
      let character = same;
      if (name !== undefined) character = NAMED[name.toLowerCase()];
      else if (code >= 32 && code <= 126) character = String.fromCharCode(code);
      else if (written.endsWith('\\')) character = '';
      if (character === undefined) return written;
      each?.(at, written, character);
      return character;
    },
  );
}

/** `text` with each escaped character of printable ASCII as itself, also where its escape is escaped, a few times over. */
export function unescaped(text: string): string {
  let plain = text;
  for (let depth = 0; depth < DEPTH_MAX; depth++) plain = unescapedOnce(plain);
  return plain;
}

/** Ascending places in `unescapedOnce(text)`, as places in `text`: each where the character before it ends. */
function placesBefore(text: string, places: readonly number[]): readonly number[] {
  const found: number[] = [];
  let [from, plainFrom] = [0, 0];
  const upTo = (at: number): void => {
    for (let place = places[found.length]; place !== undefined; place = places[found.length]) {
      if (from + place - plainFrom > at) return;
      found.push(from + place - plainFrom);
    }
  };
  unescapedOnce(text, (at, written, character) => {
    upTo(at);
    plainFrom += at - from + character.length;
    from = at + written.length;
  });
  upTo(text.length);
  return found;
}

/** `text` without what is between each two places. */
function withoutPlaces(text: string, places: readonly number[]): string {
  const kept = places.map((place, i) => (i % 2 === 0 ? text.slice(places[i - 1] ?? 0, place) : REDACTED));
  return kept.join('') + text.slice(places.at(-1) ?? 0);
}

function formsOf(secret: string): string[] {
  if (secret === '') return [];
  // Unescaped too: a key may look like an escape.
  const forms = new Set([secret, unescaped(secret)]);
  for (const offset of [0, 1, 2]) {
    const piece = base64Piece(secret, offset);
    if (piece.length < BASE64_PIECE_MIN) continue;
    forms.add(piece);
    forms.add(piece.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return longestFirst(forms);
}

/** The characters in the base64 of (`offset` bytes, the secret, anything) that depend on the secret alone. */
function base64Piece(secret: string, offset: number): string {
  const bytes = [...new Array<number>(offset).fill(0), ...new TextEncoder().encode(secret)];
  const whole = btoa(String.fromCharCode(...bytes)).replaceAll('=', '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((bytes.length * 8) / 6);
  return whole.slice(first, last);
}

/** `text` without any address, and without any part of `secretUrl`, its host included, raw or decoded. */
export function redactUrl(text: string, secretUrl: string): string {
  return urlParts(secretUrl).reduce(
    (left, part) => left.replaceAll(partPattern(part), REDACTED),
    text.replace(ADDRESS, REDACTED),
  );
}

/** Host, port and everything between separators, raw and decoded. */
function urlParts(secretUrl: string): string[] {
  const raw = secretUrl.replace(/^[a-z]+:\/\//i, '').split(SEPARATORS);
  const whole = raw.map(decoded);
  const parts = new Set([...raw, ...whole, ...whole.flatMap((part) => part.split(SEPARATORS))]);
  return longestFirst(parts).filter((part) => part !== '' && part !== PUBLIC_PART);
}

function decoded(part: string): string {
  const spaced = part.replaceAll('+', ' ');
  try {
    return oneLine(decodeURIComponent(spaced), part.length);
  } catch {
    return spaced;
  }
}

/** A short part matches only as a whole word: inside words it would take out innocent letters. */
function partPattern(part: string): RegExp {
  const text = literally(part);
  return new RegExp(part.length >= DISTINCTIVE_PART_MIN ? text : `(?<![a-z0-9])${text}(?![a-z0-9])`, 'gi');
}

/** A regular expression for exactly this text. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function longestFirst(texts: Iterable<string>): string[] {
  return [...texts].sort((a, b) => b.length - a.length);
}

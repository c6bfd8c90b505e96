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
 * A redactor for a key of printable ASCII: verbatim, JSON-escaped, percent-encoded, and in base64 or base64url, also where only
 * a part of what was encoded is the key (`Bearer <key>`), at any offset. Each of these also where any of its characters is
 * escaped as JSON allows. Everything else stays as it is, numbers and escapes too. What holds the key in UTF-16 is redacted
 * whole.
 */
export function createRedact(secret: string): Redact {
  const forms = formsOf(secret);
  const formsIn = (text: string): string[] => forms.filter((form) => text.includes(form));
  return (text) => {
    let clean = text;
    for (const form of formsIn(text)) clean = clean.replaceAll(form, REDACTED);
    // Almost no answer has an escaped form: only then it is searched for in every way to write it.
    for (const form of formsIn(unescaped(clean))) clean = clean.replace(escapedPattern(form), REDACTED);
    // JSON has no NUL, and is never UTF-16 (RFC 8259, 8.1).
    const isHidden = clean.includes('\0') && formsIn(unescaped(clean.replaceAll('\0', ''))).length > 0;
    return isHidden ? REDACTED : clean;
  };
}

/** An escape of JSON for a character that needs none; RFC 8259, 7: any may be written so. */
const ESCAPE = /(?:u00([2-7][\da-fA-F])|\/)/y;
/** JSON inside JSON doubles its backslashes; deeper than three times nobody reads it. */
const BACKSLASHES_MAX = 8;

/**
 * `text` with each `\u0041` and `\/` as the character that it stands for, also in JSON inside JSON. By hand, since 16 MB of
 * backslashes must not take longer than other text.
 */
export function unescaped(text: string): string {
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', ESCAPE.lastIndex)) {
    let end = at + 1;
    while (text[end] === '\\') end++;
    ESCAPE.lastIndex = end;
    const found = ESCAPE.exec(text);
    if (found === null) {
      ESCAPE.lastIndex = end;
      continue;
    }
    plain += text.slice(from, Math.max(at, end - BACKSLASHES_MAX));
    plain += found[1] === undefined ? '/' : String.fromCharCode(Number.parseInt(found[1], 16));
    from = ESCAPE.lastIndex;
  }
  return from === 0 ? text : plain + text.slice(from);
}

function escapedPattern(form: string): RegExp {
  const characters = Array.from(form, (character) => {
    const hex = character.charCodeAt(0).toString(16);
    const literal = character === '/' ? `\\\\{0,${BACKSLASHES_MAX}}/` : literally(character);
    return `(?:\\\\{1,${BACKSLASHES_MAX}}u00${hex.replace(/[a-f]/, (digit) => `[${digit}${digit.toUpperCase()}]`)}|${literal})`;
  });
  return new RegExp(characters.join(''), 'g');
}

function formsOf(secret: string): string[] {
  if (secret === '') return [];
  const encoded = encodeURIComponent(secret.toWellFormed());
  const everyByte = Array.from(new TextEncoder().encode(secret), percentEncoded).join('');
  const forms = new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
    everyByte,
    everyByte.toLowerCase(),
  ]);
  for (const offset of [0, 1, 2]) {
    const piece = base64Piece(secret, offset);
    if (piece.length < BASE64_PIECE_MIN) continue;
    forms.add(piece);
    forms.add(piece.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return longestFirst(forms);
}

function percentEncoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
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

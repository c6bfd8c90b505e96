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
 * A redactor for a key: verbatim, JSON-escaped, percent-encoded, and in base64 or base64url, also where only a part of
 * what was encoded is the key (`Bearer <key>`), at any offset.
 */
export function createRedact(secret: string): Redact {
  const forms = formsOf(secret);
  return (text) => {
    let clean = text;
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, REDACTED);
    return clean;
  };
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
  const text = part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return new RegExp(part.length >= DISTINCTIVE_PART_MIN ? text : `(?<![a-z0-9])${text}(?![a-z0-9])`, 'gi');
}

function longestFirst(texts: Iterable<string>): string[] {
  return [...texts].sort((a, b) => b.length - a.length);
}

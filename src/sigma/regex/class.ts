/**
 * Reads classes of characters and escapes.
 *
 * Contract: RE2's syntax. Each function reads what is at the cursor. Throws a Refusal. Pure except for the cursor.
 */
import { LAST, type Ranges } from './charset.ts';
import type { Cursor } from './cursor.ts';
import { Refusal, refusedEscape } from './refusal.ts';
import { createSet, rangesOfProperty } from './unicode.ts';

const POSIX = {
  alnum: '09AZaz',
  alpha: 'AZaz',
  ascii: '\0\x7f',
  blank: '\t\t  ',
  cntrl: '\0\x1f\x7f\x7f',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '\t\r  ',
  upper: 'AZ',
  word: '09AZ__az',
  xdigit: '09AFaf',
};
const PERL: { readonly [letter: string]: string } = { d: POSIX.digit, w: POSIX.word, s: '\t\n\f\r  ' };
const CONTROLS: { readonly [letter: string]: number } = { a: 7, t: 9, n: 10, v: 11, f: 12, r: 13 };

const POSIX_CLASS = /\[:(\^?)(.*?):\]/sy;
const PERL_CLASS = /\\([dwsDWS])/y;
const PROPERTY = /\\([pP])(?:\{(\^?)(\w+)\}|([A-Za-z]))?/y;
const CONTROL = /\\([atnvfr])/y;
const PUNCTUATION = /\\(?=[\0-\x7f])([^A-Za-z\d])/y;
const OCTAL = /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y;
const HEX = /\\x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]+)\})?/y;

/** Reads the class that begins with `[`. */
export function readClass(cursor: Cursor, fold: boolean): Ranges {
  const start = cursor.at;
  const negated = cursor.take(/\[\^?/y)?.[0] === '[^';
  const ranges: number[] = [];
  do ranges.push(...(readPosixClass(cursor, fold) ?? readNamedClass(cursor, fold) ?? readRange(cursor, start)));
  while (cursor.take(/\]/y) === null);
  return createSet(ranges, fold, negated);
}

function readRange(cursor: Cursor, start: number): Ranges {
  const { at, source } = cursor;
  const first = readOne(cursor, start);
  const last = cursor.take(/-(?=[^\]])/y) === null ? first : readOne(cursor, start);
  if (last < first) throw new Refusal(source.slice(at, cursor.at), at, 'the range is in the wrong order');
  return [first, last];
}

function readOne(cursor: Cursor, start: number): number {
  const { at, source } = cursor;
  const point = source[at] === '\\' ? readEscape(cursor, true) : cursor.takePoint();
  if (point === undefined) throw new Refusal(source.slice(start, start + 8), start, 'unclosed class');
  return point;
}

/** Reads `[:alpha:]` in a class; null if there is none here. */
function readPosixClass(cursor: Cursor, fold: boolean): Ranges | null {
  const found = cursor.take(POSIX_CLASS);
  if (found === null) return null;
  const [written, caret, name = ''] = found;
  if (!Object.hasOwn(POSIX, name)) throw new Refusal(written.slice(0, 40), found.index, 'unknown class');
  return createSet(spelled(POSIX[name as keyof typeof POSIX]), fold, caret === '^');
}

/** Reads `\d`, `\pL`, `\p{Greek}` and the like; null if there is none here. */
export function readNamedClass(cursor: Cursor, fold: boolean): Ranges | null {
  const [, letter = ''] = cursor.take(PERL_CLASS) ?? [];
  const lower = letter.toLowerCase();
  if (letter !== '') return createSet(spelled(PERL[lower] as string), fold, letter !== lower);
  const found = cursor.take(PROPERTY);
  if (found === null) return null;
  const [written, sign, caret, name = found[4]] = found;
  const ranges = name === undefined ? null : rangesOfProperty(name);
  if (ranges === null) throw new Refusal(written.slice(0, 40), found.index, 'unknown Unicode property');
  return createSet(ranges, fold, (sign === 'P') !== (caret === '^'));
}

/** The ranges of named classes are ASCII. */
function spelled(ranges: string): Ranges {
  return Array.from(ranges, (char) => char.charCodeAt(0));
}

/** Reads an escape that stands for one character. */
export function readEscape(cursor: Cursor, inClass: boolean): number {
  const { at, source } = cursor;
  const control = cursor.take(CONTROL)?.[1];
  if (control !== undefined) return CONTROLS[control] as number;
  const punctuation = cursor.take(PUNCTUATION)?.[1];
  if (punctuation !== undefined) return punctuation.charCodeAt(0);
  const octal = cursor.take(OCTAL)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const hex = cursor.take(HEX);
  if (hex !== null) {
    const point = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (point <= LAST) return point;
    throw new Refusal(hex[0].slice(0, 40), at, String.raw`not a character, write \x41 or \x{41}`);
  }
  const code = source.codePointAt(at + 1);
  if (code === undefined) throw new Refusal('\\', at, 'a backslash at the end');
  throw refusedEscape(String.fromCodePoint(code), at, inClass);
}

/**
 * Parses classes of characters and escapes.
 *
 * Contract: RE2's syntax. Each function reads what is at `at` and returns its end. Throws a Refusal. Pure.
 */
import { type CharSet, complement, createSet, type Property, type Ranges, united } from './charset.ts';
import { Refusal, refusedEscape } from './refusal.ts';
import { createProperty, folded } from './unicode.ts';

interface Part {
  readonly ranges: Ranges;
  readonly others: readonly Property[];
  readonly end: number;
}

const PERL: { readonly [letter: string]: string } = { d: '09', w: '09AZ__az', s: '\t\n\f\r  ' };

const POSIX: { readonly [name: string]: string } = {
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

const ESCAPES: { readonly [letter: string]: number } = { a: 7, t: 9, n: 10, v: 11, f: 12, r: 13 };

const PROPERTY = /\\([pP])(?:\{(\^?)(\w+)\}|([A-Za-z]))/y;
const OCTAL = /\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/y;
const HEX = /\\x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]+)\})/y;

/** Parses the class that begins with `[` at `start`. */
export function parseClass(
  source: string,
  start: number,
  fold: boolean,
): { readonly set: CharSet; readonly end: number } {
  let at = start + 1;
  const negated = source[at] === '^';
  if (negated) at++;
  const ranges: number[] = [];
  const others: Property[] = [];
  for (let first = true; first || source[at] !== ']'; first = false) {
    const part =
      parsePosixClass(source, at, fold) ??
      parseProperty(source, at, fold) ??
      parsePerlClass(source, at, fold) ??
      readRange(source, at, start, fold);
    for (const point of part.ranges) ranges.push(point);
    others.push(...part.others);
    at = part.end;
  }
  return { set: createSet(ranges, others, negated), end: at + 1 };
}

function readRange(source: string, at: number, start: number, fold: boolean): Part {
  const first = readOne(source, at, start);
  const ranged = source[first.end] === '-' && first.end + 1 < source.length && source[first.end + 1] !== ']';
  const last = ranged ? readOne(source, first.end + 1, start) : first;
  if (last.point < first.point) throw new Refusal(source.slice(at, last.end), at, 'the range is in the wrong order');
  const ranges = fold ? folded(first.point, last.point) : [first.point, last.point];
  return { ranges, others: [], end: last.end };
}

function readOne(source: string, at: number, start: number): { readonly point: number; readonly end: number } {
  const point = source.codePointAt(at);
  if (point === undefined) throw new Refusal(source.slice(start, start + 8), start, 'unclosed class');
  return source[at] === '\\' ? readEscape(source, at, true) : { point, end: at + (point > 0xffff ? 2 : 1) };
}

/** Parses `[:alpha:]` in a class; null if there is none here. */
function parsePosixClass(source: string, at: number, fold: boolean): Part | null {
  const end = source.startsWith('[:', at) ? source.indexOf(':]', at + 2) : -1;
  if (end === -1) return null;
  const negated = source[at + 2] === '^';
  const name = source.slice(at + (negated ? 3 : 2), end);
  const spelled = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
  if (spelled === undefined) throw new Refusal(source.slice(at, end + 2).slice(0, 40), at, 'unknown class');
  return namedClass(spelled, negated, fold, end + 2);
}

/** Parses `\d` and the like; null if there is none here. */
export function parsePerlClass(source: string, at: number, fold: boolean): Part | null {
  const letter = source[at] === '\\' ? (source[at + 1] ?? '') : '';
  const lower = letter.toLowerCase();
  const spelled = /^[dws]$/.test(lower) ? PERL[lower] : undefined;
  return spelled === undefined ? null : namedClass(spelled, letter !== lower, fold, at + 2);
}

/** The named classes are ASCII, so ranges suffice for case folding, which comes before negation. */
function namedClass(spelled: string, negated: boolean, fold: boolean, end: number): Part {
  const ranges: number[] = [];
  for (let i = 0; i < spelled.length; i += 2) {
    const first = spelled.charCodeAt(i);
    const last = spelled.charCodeAt(i + 1);
    ranges.push(...(fold ? folded(first, last) : [first, last]));
  }
  return { ranges: negated ? complement(united(ranges)) : ranges, others: [], end };
}

/** Parses `\pL`, `\p{Greek}`, `\P{Greek}`, `\p{^Greek}`; null if there is none here. */
export function parseProperty(source: string, at: number, fold: boolean): Part | null {
  if (source[at] !== '\\' || !/[pP]/.test(source[at + 1] ?? '')) return null;
  PROPERTY.lastIndex = at;
  const found = PROPERTY.exec(source);
  const name = found?.[3] ?? found?.[4] ?? '';
  const negated = (found?.[1] === 'P') !== (found?.[2] === '^');
  const other = name === '' ? null : createProperty(name, fold, negated);
  if (found === null || other === null) {
    throw new Refusal(found?.[0].slice(0, 40) ?? source.slice(at, at + 2), at, 'unknown Unicode property');
  }
  return { ranges: [], others: [other], end: at + found[0].length };
}

/** Parses an escape that stands for one character. */
export function readEscape(
  source: string,
  at: number,
  inClass: boolean,
): { readonly point: number; readonly end: number } {
  const code = source.codePointAt(at + 1);
  if (code === undefined) throw new Refusal('\\', at, 'a backslash at the end');
  const letter = String.fromCodePoint(code);
  const simple = /^[atnvfr]$/.test(letter) ? ESCAPES[letter] : undefined;
  if (simple !== undefined) return { point: simple, end: at + 2 };
  if (/^[\0-\x7f]$/.test(letter) && !/[A-Za-z\d]/.test(letter)) return { point: code, end: at + 2 };
  OCTAL.lastIndex = at;
  const octal = OCTAL.exec(source);
  if (octal !== null) return { point: Number.parseInt(octal[1] ?? '', 8), end: at + octal[0].length };
  if (letter === 'x') {
    HEX.lastIndex = at;
    const hex = HEX.exec(source);
    const point = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16);
    if (hex !== null && point <= 0x10ffff) return { point, end: at + hex[0].length };
    throw new Refusal(hex?.[0].slice(0, 40) ?? '\\x', at, String.raw`not a character, write \x41 or \x{41}`);
  }
  throw refusedEscape(letter, at, inClass);
}

/**
 * The plain meaning of a search as it is written: what the engine must equal, however it gets there.
 *
 * No caches, nothing shared, nothing prepared, a few lines for each comparison; regular expressions are the one thing
 * taken from the engine's house. Slow, and only for tests.
 */
import type { ParsedCondition, ParsedLeaf, ParsedTest } from '../../../src/sigma/parse/parsed-condition.ts';
import type { EntryBody, PatternPart } from '../../../src/sigma/rule.ts';
import { createRegex } from '../regex/made.ts';

type Scalar = string | number | boolean;

/** Whether an entry satisfies a search. */
export function satisfies(expression: ParsedCondition, body: EntryBody): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.of.every((child) => satisfies(child, body));
    case 'or':
      return expression.of.some((child) => satisfies(child, body));
    case 'not':
      return !satisfies(expression.of, body);
    case 'leaf':
      return leafHolds(expression, body);
  }
}

function leafHolds({ field, test }: ParsedLeaf, body: EntryBody): boolean {
  const value = field === null ? everything(body) : read(body, field);
  if (test.op === 'null') return value === undefined || value === null || hasNull(value);
  if (test.op === 'exists') return (value !== undefined) === test.present;
  return scalars(value).some((scalar) => scalarHolds(scalar, test, body));
}

function scalarHolds(scalar: Scalar, test: Exclude<ParsedTest, { op: 'null' | 'exists' }>, body: EntryBody): boolean {
  switch (test.op) {
    case 'equals':
      return inCase(String(scalar), test.cased) === inCase(String(test.value), test.cased);
    case 'pattern':
      return asRegExp(test.parts, test.cased).test(inCase(String(scalar), test.cased));
    case 're': {
      const regex = createRegex(test.regex.source, test.regex.flags);
      return regex.ok && regex.test(String(scalar));
    }
    case 'cidr':
      return inRange(String(scalar), test.range);
    case 'time':
      return compare(partOfDate(scalar, test.part), test.compare, test.value);
    case 'fieldref':
      return scalars(read(body, test.field)).some((other) => {
        const [own, wanted] = [inCase(String(scalar), test.cased), inCase(String(other), test.cased)];
        if (test.compare === 'equals') return own === wanted;
        if (test.compare === 'contains') return own.includes(wanted);
        return test.compare === 'startswith' ? own.startsWith(wanted) : own.endsWith(wanted);
      });
    case 'number':
      return scalar === test.value;
    case 'during':
      throw new Error('times are not of a field');
    default: {
      const written = typeof scalar === 'string' ? fractionOf(scalar) : null;
      if (written === null) return typeof scalar === 'number' && compare(scalar, test.op, test.value);
      const [a, b] = written;
      const [c, d] = fractionOf(test.exact ?? String(test.value)) ?? [0n, 0n];
      return compare(Number(a * d > b * c) - Number(a * d < b * c), test.op, 0);
    }
  }
}

/** The flat key, then each way to cut the path in two. */
function read(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const found = value.filter((one) => !Array.isArray(one)).map((one) => read(one, path));
    const there = found.filter((one) => one !== undefined);
    return there.length === 0 ? undefined : there;
  }
  const own = new Map<string, unknown>(Object.entries(value));
  if (own.has(path)) return own.get(path);
  const names = path.split('.');
  for (let i = 1; i < names.length; i++) {
    const found = read(own.get(names.slice(0, i).join('.')), names.slice(i).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
}

function everything(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Object.values(value).map(everything) : value;
}

function scalars(value: unknown): Scalar[] {
  if (Array.isArray(value)) return value.flatMap(scalars);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [value] : [];
}

function hasNull(value: unknown): boolean {
  return Array.isArray(value) ? value.some(hasNull) : value === null;
}

/** Letter by letter; the dotted capital I, which would become two, stays itself. */
function inCase(text: string, cased: boolean): string {
  if (cased) return text;
  const letters = [...text].map((letter) => (letter === 'İ' ? letter : letter.toLowerCase()));
  return letters.join('').replaceAll('ς', 'σ');
}

function asRegExp(parts: readonly PatternPart[], cased: boolean): RegExp {
  const escaped = (text: string) => inCase(text, cased).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const source = parts.map((part) => {
    if ('text' in part) return escaped(part.text);
    if ('oneOf' in part) return `[${escaped(part.oneOf).replaceAll('-', '\\-')}]`;
    return part.wildcard === '*' ? '.*' : '.';
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

function compare(number: number, how: string, value: number): boolean {
  if (how === 'eq') return number === value;
  if (how === 'lt') return number < value;
  if (how === 'lte') return number <= value;
  return how === 'gt' ? number > value : number >= value;
}

/** A text that is a number as numerator and denominator. */
function fractionOf(text: string): readonly [bigint, bigint] | null {
  if (text.length > 40 || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return null;
  const [head = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = head.split('.');
  // Rules have no numbers that are nearly as large or small.
  const shift = BigInt(Math.max(-1_000, Math.min(1_000, Number(exponent)))) - BigInt(fraction.length);
  const number = BigInt((whole + fraction).replace(/^[+-]/, ''));
  const signed = head.startsWith('-') ? -number : number;
  return shift < 0n ? [signed, 10n ** -shift] : [signed * 10n ** shift, 1n];
}

/** Of the two ways a date is written in the tests: RFC 3339, and milliseconds or seconds. */
function partOfDate(scalar: Scalar, part: string): number {
  const written = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(
    String(scalar).trim(),
  );
  const number =
    typeof scalar === 'number' ? scalar : /^[+-]?\d+(\.\d+)?$/.test(String(scalar)) ? Number(scalar) : null;
  if (typeof scalar === 'boolean' || (written === null && number === null)) return Number.NaN;
  if (written !== null && written[4] === undefined && (part === 'hour' || part === 'minute')) return Number.NaN;
  const text = written === null ? '' : `${written.slice(1, 4).join('-')}T${written[4] ?? '00'}:${written[5] ?? '00'}Z`;
  const date = new Date(number === null ? text : Math.abs(number) < 1e11 ? number * 1_000 : number);
  if (number === null && !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) !== text.slice(0, 10))
    return Number.NaN;
  if (part === 'minute') return date.getUTCMinutes();
  if (part === 'hour') return date.getUTCHours();
  if (part === 'day') return date.getUTCDate();
  if (part === 'month') return date.getUTCMonth() + 1;
  if (part === 'year') return date.getUTCFullYear();
  if (Number.isNaN(date.getTime())) return Number.NaN;
  // The week is that of the Thursday in it, counted from the year's first day.
  const thursday = new Date(date);
  while (thursday.getUTCDay() !== 4)
    thursday.setUTCDate(thursday.getUTCDate() + (date.getUTCDay() % 7 === 0 || date.getUTCDay() > 4 ? -1 : 1));
  return Math.ceil((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1) + 1) / (7 * 86_400_000));
}

/** By whole numbers; IPv4 in the ways the tests write it, IPv6 by its groups. */
export function inRange(text: string, range: string): boolean {
  const [head = '', bits] = range.split('/');
  const [own, base] = [asAddress(text), asAddress(head)];
  if (own === null || base === null || own.size !== base.size) return false;
  const rest = BigInt(own.size - Number(bits ?? own.size));
  return own.number >> rest === base.number >> rest;
}

function asAddress(text: string): { readonly size: number; readonly number: bigint } | null {
  const four = /(?<=^|:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  const parts = (four ?? []).slice(1).map(Number);
  if (parts.some((part) => part > 255)) return null;
  const last = parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  if (four?.index === 0) return { size: 32, number: last };
  // The last two groups of IPv6 may be written as IPv4.
  const groupsOnly =
    four === null ? text : `${text.slice(0, four.index)}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const number = asNumberOfV6(groupsOnly);
  if (number === null) return null;
  return number >> 32n === 0xffffn ? { size: 32, number: number & 0xffff_ffffn } : { size: 128, number };
}

function asNumberOfV6(text: string): bigint | null {
  if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(':') || /:::|::.*::/.test(text)) return null;
  if (/^:[^:]|[^:]:$/.test(text)) return null;
  const [left = [], right] = text.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups =
    right === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  if (groups.length !== 8 || groups.some((group) => group.length > 4)) return null;
  if (right !== undefined && left.length + right.length > 7) return null;
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/**
 * Reads one page of the audit log: cheaply, by hand, once, at the edge.
 *
 * Only what Tocsin stands on is asked for (see entry.ts); unknown fields and values are kept. A record without an `id`
 * or a readable `created_at` goes to `malformed` and never stops the page. Only an answer that is no page at all is an
 * error.
 *
 * Pure: no clock, no I/O.
 */

import type { Entry, EntryBody, Malformed, Page } from './entry.ts';
import { UpstreamError } from './errors.ts';

/**
 * The page in a parsed JSON answer.
 *
 * @param servedAt the upstream's clock when it answered, ms since the epoch
 * @throws UpstreamError `wrong-shape` when there is no `items` array, or the pagination is not what it should be
 */
export function parsePage(json: unknown, servedAt: number): Page {
  if (!isObject(json) || !Array.isArray(json.items)) throw wrongShape('it has no items array');
  const entries: Entry[] = [];
  const malformed: Malformed[] = [];
  for (const item of json.items as unknown[]) {
    const read = readRecord(item);
    if ('problem' in read) malformed.push(read);
    else entries.push(read);
  }
  return { entries, malformed, nextCursor: readNextCursor(json.pagination), servedAt };
}

/** The entry in one record, or why there is none. */
export function readRecord(item: unknown): Entry | Malformed {
  if (!isObject(item)) return { problem: 'not an object', body: item };
  const { id, created_at: created } = item;
  if (typeof id !== 'string' || id === '') return { problem: 'no id', body: item };
  if (created === undefined || created === null) return { problem: 'no created_at', body: item };
  const createdAt = typeof created === 'string' ? readInstant(created) : null;
  if (createdAt === null) return { problem: 'unreadable created_at', body: item };
  return { id, createdAt, body: item };
}

function readNextCursor(pagination: unknown): string | null {
  if (pagination === undefined || pagination === null) return null;
  if (!isObject(pagination)) throw wrongShape('its pagination is not an object');
  const cursor = pagination.next_cursor;
  if (cursor === undefined || cursor === null || cursor === '') return null;
  if (typeof cursor !== 'string') throw wrongShape('its next_cursor is not a string');
  return cursor;
}

function isObject(value: unknown): value is EntryBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrongShape(what: string): UpstreamError {
  return new UpstreamError(
    'wrong-shape',
    `the upstream's answer is not a page of the audit log (${what}): check NIRVANA_LABS_BASE_URL`,
  );
}

/** `2025-01-01T00:00:00` is 19 characters; what follows is a fraction and an offset. */
const SECONDS_END = 19;
const REST = /^(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * An RFC 3339 date-time in ms since the epoch, digits finer than a millisecond cut off; null when it is not one.
 *
 * Fractions may have any length. The day must exist in its month, and the offset must be given. `T` and `Z` may be
 * small and `T` may be a space (RFC 3339, 5.6). A leap second (`:60`, only as the last of an hour's seconds) is
 * tolerated, for it is legal, and reads as the second after it, as POSIX time has no other place for it.
 *
 * @example readInstant('2025-01-01T01:00:00.123456+01:00') // 1735689600123
 */
export function readInstant(text: string): number | null {
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null;
  const t = text[10];
  if (t !== 'T' && t !== 't' && t !== ' ') return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, SECONDS_END);
  // Negated, so that the NaN of what is no digit is refused as well.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return null;
  if (!(hour <= 23 && minute <= 59 && (second <= 59 || (second === 60 && minute === 59)))) return null;
  const rest = REST.exec(text.slice(SECONDS_END));
  if (rest === null) return null;
  const millisecond = rest[1] === undefined ? 0 : Number(rest[1].slice(0, 3).padEnd(3, '0'));
  let offset = 0;
  if (rest[2] !== undefined) {
    const hours = Number(rest[3]);
    const minutes = Number(rest[4]);
    if (hours > 23 || minutes > 59) return null;
    offset = (rest[2] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
  }
  // Date.UTC takes the years 0 to 99 for 1900 to 1999: 400 years are a whole number of days, always the same.
  const utc =
    year >= 100
      ? Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
      : Date.UTC(year + 400, month - 1, day, hour, minute, second, millisecond) - FOUR_CENTURIES_MS;
  return utc - offset;
}

const FOUR_CENTURIES_MS = 146_097 * 86_400_000;

/** The number in text[from, to), NaN when that is not all digits. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    number = number * 10 + digit;
  }
  return number;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

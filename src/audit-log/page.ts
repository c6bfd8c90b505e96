/**
 * Parses a page of the audit log, by hand for speed. Pure.
 *
 * Only what Tocsin needs is checked (see entry.ts); unknown fields and values are kept. A record without an `id` or a
 * readable `created_at` goes to `malformed` and never stops the page. Only an answer that is not a page is an error.
 */
import { isObject } from '../text/json.ts';
import { readInstant } from '../text/times.ts';
import type { AnswerTimes } from './clocks.ts';
import type { Entry, Malformed, Page } from './entry.ts';
import { UpstreamError } from './errors.ts';

/**
 * The page in a parsed JSON answer.
 *
 * @param times when the answer came
 * @throws UpstreamError `wrong-shape` if there is no `items` array, or the pagination is wrong
 */
export function parsePage(json: unknown, times: AnswerTimes): Page {
  if (!isObject(json)) throw wrongShape('it has no items array');
  // A server written in Go writes an empty list as null where it is careless.
  const items: unknown = json.items === null ? [] : json.items;
  if (!Array.isArray(items)) throw wrongShape('it has no items array');
  const entries: Entry[] = [];
  const malformed: Malformed[] = [];
  for (const item of items as unknown[]) {
    const read = readRecord(item);
    if ('problem' in read) malformed.push(read);
    else entries.push(read);
  }
  return { entries, malformed, nextCursor: readNextCursor(json.pagination), times };
}

/** The entry in a record, or what is wrong with the record. */
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

function wrongShape(what: string): UpstreamError {
  return new UpstreamError(
    'wrong-shape',
    `the upstream's answer is not a page of the audit log (${what}): check NIRVANA_LABS_BASE_URL`,
  );
}

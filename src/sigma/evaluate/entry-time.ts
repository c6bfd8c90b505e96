/** Reads the time of an entry from the entry itself. Pure. */

import type { EntryBody } from '../rule.ts';
import { epochMs } from './time.ts';

/** Fields with the time; the first that is present counts. */
export const TIME_FIELDS = ['created_at', 'timestamp', '@timestamp', 'time'] as const;

/** The latest date of JavaScript. */
const LAST_MS = 8.64e15;

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * The time of an entry in milliseconds; null if it has none or it is not valid. A date without a zone is in UTC.
 *
 * @example entryTime({ created_at: '2026-01-05T12:00:00Z' }) // 1767614400000
 */
export function entryTime(body: EntryBody): number | null {
  const field = TIME_FIELDS.find((name) => Object.hasOwn(body, name));
  return field === undefined ? null : timeFrom(body[field]);
}

function timeFrom(value: unknown): number | null {
  if (typeof value === 'number') {
    const ms = Math.floor(epochMs(value));
    return Math.abs(ms) <= LAST_MS ? ms : null;
  }
  const found = typeof value === 'string' ? ISO.exec(value) : null;
  if (found === null) return null;
  const [, date, clock = '00:00', seconds = ':00', fraction = '0', zone = 'Z'] = found;
  const ms = Date.parse(`${date}T${clock}${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${zoneOf(zone)}`);
  return Number.isNaN(ms) ? null : ms;
}

function zoneOf(zone: string): string {
  return zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
}

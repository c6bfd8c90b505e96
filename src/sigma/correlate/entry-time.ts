/** When an entry happened, as it says itself. Pure. */
import { epochMs } from '../evaluate/time.ts';
import type { EntryBody } from '../rule.ts';

/** Where entries say it: the first that one has counts. */
export const TIME_FIELDS = ['created_at', 'timestamp', '@timestamp', 'time'] as const;

/** JavaScript knows no later dates. */
const LAST_MS = 8.64e15;

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Event time in milliseconds; null where the entry has none that can be read. A date without a zone is in UTC.
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

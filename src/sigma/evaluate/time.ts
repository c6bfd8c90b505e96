/**
 * Reads the parts of dates.
 *
 * Contract: a date is read as written; its zone is ignored and nothing is converted. A number, or text of digits, is
 * seconds since the epoch if it is below 1e11, else milliseconds, in UTC. What is not a date, or lacks the part, has none.
 * Pure.
 */
import type { TimePart } from '../rule.ts';

/** `2025-03-01`, `2025-03-01T09:30`, `2025/03/01 09:30:15.123+02:00` … */
const WRITTEN =
  /^\s*(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::\d{2}(?:[.,]\d+)?)?(?:\s?(?:[A-Za-z]{1,5}|[+-]\d{2}(?::?\d{2})?))?)?\s*$/;
const EPOCH = /^[+-]?\d+(?:\.\d+)?$/;
/** The longest date. */
const TEXT_MAX = 64;
/** Smaller numbers are seconds since 1970, others milliseconds. */
const MILLISECONDS_FROM = 1e11;
const DAY_MS = 86_400_000;

/**
 * A part of a date; NaN if the value has none.
 *
 * @example timePart('2025-03-01T09:30:00+02:00', 'hour') // 9
 */
export function timePart(value: string | number | boolean, part: TimePart): number {
  if (typeof value === 'boolean') return Number.NaN;
  if (typeof value === 'string' && value.length > TEXT_MAX) return Number.NaN;
  if (typeof value === 'number' || EPOCH.test(value)) return PARTS[part](new Date(epochMs(Number(value))));
  const found = WRITTEN.exec(value);
  if (found === null) return Number.NaN;
  const [, year, , month, day, hour, minute] = found.map(Number);
  if ((part === 'hour' || part === 'minute') && found[5] === undefined) return Number.NaN;
  return PARTS[part](written(year ?? 0, month ?? 0, day ?? 0, hour || 0, minute || 0));
}

/** Milliseconds since 1970 from a number of seconds or milliseconds. */
export function epochMs(value: number): number {
  return Math.abs(value) < MILLISECONDS_FROM ? value * 1_000 : value;
}

/** The date in UTC; invalid if the day or time does not exist. */
function written(year: number, month: number, day: number, hour: number, minute: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isReal = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  date.setUTCHours(isReal ? hour : Number.NaN, minute);
  return date;
}

const PARTS: { readonly [part in TimePart]: (date: Date) => number } = {
  minute: (date) => date.getUTCMinutes(),
  hour: (date) => date.getUTCHours(),
  day: (date) => date.getUTCDate(),
  week: isoWeek,
  month: (date) => date.getUTCMonth() + 1,
  year: (date) => date.getUTCFullYear(),
};

/** The ISO 8601 week: weeks begin on Monday, and belong to the year of their Thursday. */
function isoWeek(date: Date): number {
  const sinceMonday = (date.getUTCDay() + 6) % 7;
  const thursday = new Date(date.getTime() + (3 - sinceMonday) * DAY_MS);
  const newYear = new Date(thursday);
  newYear.setUTCMonth(0, 1);
  return 1 + Math.floor((thursday.getTime() - newYear.getTime()) / (7 * DAY_MS));
}

/**
 * Times of the day and the week in time zones, such as office hours, and times that come once a day.
 *
 * Contract: plain, serializable data; pure. Whether a time is active is what a clock on the wall shows: an hour that clocks
 * skip is not there, and one that they repeat counts twice. A daily time that is skipped comes at the moment of the change.
 * Instants are ms since the epoch; the time zones are those of the runtime (IANA).
 */
const MINUTE = 60_000;
/** Clocks differ from UTC by a multiple of this, and change at one: no time zone has had another offset since 1972. */
const QUARTER = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;
export const DAY_MINUTES = 1_440;
/** A range on one day a week that the clocks skip comes a week later. */
const AHEAD = 15 * DAY;
/** A range on some dates comes within a year, or is over. */
const DATES_AHEAD = 366 * DAY + AHEAD;

/** A part of some days. */
export interface TimeRange {
  /** The days on which it begins: 0 is Sunday, 6 Saturday. */
  readonly weekdays: readonly number[];
  /** The only dates on which it begins: `2026-12-25`, or `12-25` for every year. By default any. */
  readonly dates?: readonly string[];
  /** Dates on which it does not begin. */
  readonly holidays?: readonly string[];
  /** Minutes since midnight, the first that is part of it: 0 to 1,439. */
  readonly from: number;
  /** The first that is not: 1 to 1,440. Below `from`: on the next day. */
  readonly to: number;
  readonly timeZone: string;
}

/** A time that comes once a day. */
export interface DailyTime {
  /** Minutes since midnight. */
  readonly minute: number;
  readonly timeZone: string;
}

/** Whether one of the ranges holds the instant. */
export function isActive(times: readonly TimeRange[], at: number): boolean {
  return times.some((range) => isIn(range, localOf(range.timeZone, at)));
}

/** The first instant from `at` on that one of the ranges holds; null: none does. */
export function nextActiveAt(times: readonly TimeRange[], at: number): number | null {
  const next = times.map((range) => {
    const { timeZone, from, dates, holidays } = range;
    const ahead = dates === undefined && holidays === undefined ? AHEAD : DATES_AHEAD;
    return search(timeZone, at, ahead, (local) => {
      if (isIn(range, local)) return 0;
      return beginsOn(range, local) ? from * MINUTE - minuteOf(local) * MINUTE : -1;
    });
  });
  const first = Math.min(...next);
  return first < Number.POSITIVE_INFINITY ? first : null;
}

/** The next time after `at` that a daily time comes. Where clocks repeat it, it comes once after the time before. */
export function nextDailyAt({ minute, timeZone }: DailyTime, at: number): number {
  const since = (local: number): number => local - minute * MINUTE;
  const next = (Math.floor(since(localOf(timeZone, at)) / DAY) + 1) * DAY;
  return search(timeZone, at, AHEAD, (local) => Math.max(0, next - since(local)));
}

/**
 * The first instant from `from` on that `waitOf` finds; Infinity if it finds none within `ahead`. `waitOf` says how long after
 * a local time that is if clocks don't change until then, below 0 if it is not on that day.
 */
function search(timeZone: string, from: number, ahead: number, waitOf: (local: number) => number): number {
  for (let at = from; at < from + ahead; ) {
    const local = localOf(timeZone, at);
    // To the next midnight where clocks don't change within a day, which is nearly always.
    const isSteady = localOf(timeZone, at + DAY) - local === DAY;
    const next = isSteady ? at + DAY - minuteOf(local) * MINUTE : (Math.floor(at / QUARTER) + 1) * QUARTER;
    const found = at + waitOf(local);
    if (found >= at && found < next) return found;
    at = next;
  }
  return Number.POSITIVE_INFINITY;
}

function isIn(range: TimeRange, local: number): boolean {
  const { from, to } = range;
  const minute = minuteOf(local);
  if (from < to) return from <= minute && minute < to && beginsOn(range, local);
  return (from <= minute && beginsOn(range, local)) || (minute < to && beginsOn(range, local - DAY));
}

/** Whether the range begins on the day of a local time. */
function beginsOn({ weekdays, dates, holidays }: TimeRange, local: number): boolean {
  const day = new Date(local);
  if (!weekdays.includes(day.getUTCDay())) return false;
  if (dates === undefined && holidays === undefined) return true;
  const date = day.toISOString().slice(0, 10);
  const isOneOf = (list: readonly string[]): boolean => list.includes(date) || list.includes(date.slice(5));
  return (dates === undefined || isOneOf(dates)) && !(holidays !== undefined && isOneOf(holidays));
}

/** Minutes since midnight. */
function minuteOf(local: number): number {
  return (local - Math.floor(local / DAY) * DAY) / MINUTE;
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** What a clock and a calendar show: `Mon 2026-01-05 22:00 Europe/Berlin`. */
export function localTimeText(timeZone: string, at: number): string {
  const local = new Date(localOf(timeZone, at));
  const [date, clock] = local.toISOString().split('T');
  return `${WEEKDAYS[local.getUTCDay()]} ${date} ${clock?.slice(0, 5)} ${timeZone}`;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** The last quarter of an hour that was asked for, and the offset there. */
  quarter: number;
  offset: number;
}

/** By time zone: making one takes longer than all else. Time zones come from the build, so there are few. */
const ZONES = new Map<string, Zone>();

/** What clocks show, as if it were UTC. */
function localOf(timeZone: string, at: number): number {
  let zone = ZONES.get(timeZone);
  if (zone === undefined) {
    const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    zone = { format, quarter: Number.NaN, offset: 0 };
    ZONES.set(timeZone, zone);
  }
  const quarter = Math.floor(at / QUARTER);
  if (quarter !== zone.quarter) {
    zone.offset = offsetIn(zone.format.format(at));
    zone.quarter = quarter;
  }
  return at + zone.offset;
}

/** Of `3/29/2026, GMT+02:00`, and of `GMT` for no offset. Before 1972 there were seconds in some. */
function offsetIn(text: string): number {
  const [, sign, hours, minutes, seconds = 0] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 * MINUTE + Number(minutes) * MINUTE + Number(seconds) * 1_000);
}

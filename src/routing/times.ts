/**
 * Times of the day in time zones: when routes are active, and when a daily digest is due.
 *
 * Contract: plain, serializable data; pure. Whether a time is active is what a clock on the wall shows: an hour that clocks
 * skip is not there, and one that they repeat counts twice; but a daily time comes once a day, an hour that is skipped at the
 * moment of the change. Instants are ms since the epoch; the time zones are those of the runtime (IANA).
 */
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
export const DAY_MINUTES = 1_440;

/** A part of some days of the week. */
export interface TimeRange {
  /** The days on which it begins: 0 is Sunday, 6 Saturday. */
  readonly weekdays: readonly number[];
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
  return times.some(({ weekdays, from, to, timeZone }) => {
    const local = new Date(localOf(timeZone, at));
    const day = local.getUTCDay();
    const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
    if (from < to) return weekdays.includes(day) && from <= minute && minute < to;
    return (weekdays.includes(day) && from <= minute) || (weekdays.includes((day + 6) % 7) && minute < to);
  });
}

/** A range on one day a week that the clocks skip comes a week later. */
const AHEAD_DAYS = 15;

/** The first instant from `at` on that one of the ranges holds; null: none does. */
export function nextActiveAt(times: readonly TimeRange[], at: number): number | null {
  if (isActive(times, at)) return at;
  const begins = times.flatMap(({ from, timeZone }) => [
    ...daysFrom(timeZone, at, AHEAD_DAYS).flatMap((day) => instantsOf(timeZone, day + from * MINUTE)),
    ...changes(timeZone, at, at + AHEAD_DAYS * DAY),
  ]);
  return first(begins.filter((instant) => instant > at && isActive(times, instant)));
}

/** The next time after `at` that a daily time comes. */
export function nextDailyAt({ minute, timeZone }: DailyTime, at: number): number {
  const next = daysFrom(timeZone, at, 3).flatMap((day) => {
    const local = day + minute * MINUTE;
    return first(instantsOf(timeZone, local)) ?? changes(timeZone, local - DAY, local + DAY);
  });
  return first(next.filter((instant) => instant > at)) ?? at + DAY;
}

function first(instants: readonly number[]): number | null {
  return instants.length === 0 ? null : Math.min(...instants);
}

/** The midnights, in local ms, of the day of an instant and of those that follow. */
function daysFrom(timeZone: string, at: number, count: number): readonly number[] {
  const today = Math.floor(localOf(timeZone, at) / DAY) * DAY;
  return Array.from({ length: count }, (_, index) => today + index * DAY);
}

/** The instants at which clocks show a local time: usually one, two where it repeats, none where it is skipped. */
function instantsOf(timeZone: string, local: number): readonly number[] {
  const offsets = new Set([offsetAt(timeZone, local - DAY), offsetAt(timeZone, local + DAY)]);
  return [...offsets].map((offset) => local - offset).filter((instant) => localOf(timeZone, instant) === local);
}

/** The instants at which the offset from UTC changes, at most one a day. */
function changes(timeZone: string, from: number, to: number): readonly number[] {
  const found: number[] = [];
  for (let start = from; start < to; start += DAY) {
    let [before, after] = [start, start + DAY];
    const offset = offsetAt(timeZone, before);
    if (offsetAt(timeZone, after) === offset) continue;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(timeZone, middle) === offset) before = middle;
      else after = middle;
    }
    found.push(after);
  }
  return found;
}

/** What clocks show, as if it were UTC. */
function localOf(timeZone: string, at: number): number {
  return at + offsetAt(timeZone, at);
}

/** By time zone: making one takes longer than all else. Time zones come from routing.yml, so there are few. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** How far clocks are ahead of UTC, in ms. */
function offsetAt(timeZone: string, at: number): number {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    FORMATS.set(timeZone, format);
  }
  // `3/29/2026, GMT+02:00`, and `GMT` for no offset.
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(format.format(at)) ?? [];
  return (sign === '-' ? -MINUTE : MINUTE) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0));
}

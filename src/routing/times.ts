/**
 * Times of the day in time zones: when routes are active, and when a daily digest is due.
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
  return times.some((range) => isIn(range, localOf(range.timeZone, at)));
}

/** The first instant from `at` on that one of the ranges holds; null: none does. */
export function nextActiveAt(times: readonly TimeRange[], at: number): number | null {
  const next = times.map((range) =>
    search(range.timeZone, at, (local) => {
      if (isIn(range, local)) return 0;
      return range.weekdays.includes(new Date(local).getUTCDay()) ? range.from * MINUTE - (local % DAY) : -1;
    }),
  );
  const first = Math.min(...next);
  return first < Number.POSITIVE_INFINITY ? first : null;
}

/** The next time after `at` that a daily time comes. Where clocks repeat it, it comes once after the time before. */
export function nextDailyAt({ minute, timeZone }: DailyTime, at: number): number {
  const since = (local: number): number => local - minute * MINUTE;
  const next = (Math.floor(since(localOf(timeZone, at)) / DAY) + 1) * DAY;
  return search(timeZone, at, (local) => Math.max(0, next - since(local)));
}

/**
 * The first instant from `from` on that `waitOf` finds; Infinity if it finds none. `waitOf` says how long after a local time
 * that is if clocks don't change until then, below 0 if it is not on that day.
 */
function search(timeZone: string, from: number, waitOf: (local: number) => number): number {
  for (let at = from; at < from + AHEAD; ) {
    const local = localOf(timeZone, at);
    // To the next midnight where clocks don't change within a day, which is nearly always.
    const isSteady = localOf(timeZone, at + DAY) - local === DAY;
    const next = isSteady ? at + DAY - (local % DAY) : (Math.floor(at / QUARTER) + 1) * QUARTER;
    const found = at + waitOf(local);
    if (found >= at && found < next) return found;
    at = next;
  }
  return Number.POSITIVE_INFINITY;
}

function isIn({ weekdays, from, to }: TimeRange, local: number): boolean {
  const day = new Date(local).getUTCDay();
  const minute = (local % DAY) / MINUTE;
  if (from < to) return weekdays.includes(day) && from <= minute && minute < to;
  return (weekdays.includes(day) && from <= minute) || (weekdays.includes((day + 6) % 7) && minute < to);
}

/** By time zone: making one takes longer than all else. Time zones come from routing.yml, so there are few. */
const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** What clocks show, as if it were UTC. */
function localOf(timeZone: string, at: number): number {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    FORMATS.set(timeZone, format);
  }
  // `3/29/2026, GMT+02:00`, and `GMT` for no offset.
  const offset = format.format(at).split('GMT')[1];
  return at - Date.parse(`1970-01-01T00:00${offset || 'Z'}`);
}

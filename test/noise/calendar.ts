/** Days as people live them: local times of a time zone, with daylight saving, as instants. Pure. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Zone = 'Europe/Berlin' | 'America/New_York' | 'Asia/Kolkata' | 'UTC';

/** A local day. */
export interface Day {
  /** Days since the epoch, the same for all zones. */
  readonly number: number;
  /** 0: Sunday. */
  readonly weekday: number;
  readonly isWorkday: boolean;
  /** The instant of a local time: `at(9.5)` is 09:30. */
  at(hours: number): number;
}

/** The local days that have some of [from, to). */
export function daysOf(zone: Zone, from: number, to: number): Day[] {
  const days: Day[] = [];
  for (let number = Math.floor(from / DAY) - 1; number * DAY < to + DAY; number++) {
    const day = dayOf(zone, number);
    if (day.at(24) > from && day.at(0) < to) days.push(day);
  }
  return days;
}

/** `2026-03-07` */
export function dateOf(number: number): string {
  return new Date(number * DAY).toISOString().slice(0, 10);
}

function dayOf(zone: Zone, number: number): Day {
  const midnight = number * DAY;
  const weekday = new Date(midnight).getUTCDay();
  // Clocks change at night: noon's difference holds for all hours in which somebody is awake.
  const ahead = aheadOfUtc(zone, midnight + 12 * HOUR);
  return { number, weekday, isWorkday: weekday % 6 !== 0, at: (hours) => midnight - ahead + hours * HOUR };
}

const FORMATS = new Map<Zone, Intl.DateTimeFormat>();

function aheadOfUtc(zone: Zone, at: number): number {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    FORMATS.set(zone, format);
  }
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const parts = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (parts === null) return 0;
  return (parts[1] === '-' ? -1 : 1) * (Number(parts[2]) * HOUR + Number(parts[3]) * MINUTE);
}

/**
 * Reads `times:` of `rules/routing.yml`, and the time of a daily digest.
 *
 * Contract: build time only; what is wrong is reported and left out. Pure: the time zones are those of Node.
 */
import { counted } from '../text/numbers.ts';
import { DAY_MINUTES, type DailyTime, type TimeRange } from '../text/time-ranges.ts';
import { readInstant } from '../text/times.ts';
import type { Report } from '../yaml/diagnostics.ts';
import { attributesOf, isGiven, readMap, readText } from '../yaml/fields.ts';
import { kindName, type MapEntry, type Node } from '../yaml/yaml.ts';
import { nameHint, readValues, refuseKeys } from './file-values.ts';

const TIMES_MAX = 50;
const RANGES_MAX = 20;
const DATES_MAX = 200;
/** The keys of a range of times. */
export const TIME_KEYS = ['weekdays', 'dates', 'holidays', 'from', 'to', 'time_zone'] as const;
const TIMES_NAME = /^[a-z0-9_-]{1,40}$/;
const TIMES_NAME_FORM = '1 to 40 characters of a-z, 0-9, "-" and "_"';
const FOREIGN = {
  location: 'it is "time_zone"',
  timezone: 'it is "time_zone"',
  zone: 'it is "time_zone"',
  days: 'it is "weekdays"',
  times: 'write "from" and "to" beside "weekdays"',
  start_time: 'it is "from"',
  end_time: 'it is "to"',
  days_of_month: 'write "dates"',
  months: 'write "dates"',
  years: 'write "dates"',
  date: 'it is "dates"',
  holiday: 'it is "holidays"',
  except: 'it is "holidays"',
};
const EXAMPLE = 'such as "office-hours: {weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}"';

/** A name of times, where it stands, and what it stands for. */
export interface NamedTimes {
  readonly entry: MapEntry;
  readonly ranges: readonly TimeRange[];
}

/** Reads all named times. Those with errors are there without ranges, so that their names are known. */
export function readTimes(entry: MapEntry | undefined, report: Report): ReadonlyMap<string, NamedTimes> {
  const map = readMap(entry, report, EXAMPLE);
  if (map === null) return new Map();
  if (map.entries.length > TIMES_MAX) report.error(map.place, `there are more than ${TIMES_MAX} times`);
  const named = map.entries.slice(0, TIMES_MAX).map((each) => {
    if (!TIMES_NAME.test(each.key))
      report.error(each.keyPlace, `the name of times must be ${TIMES_NAME_FORM}`, EXAMPLE);
    return [each.key, { entry: each, ranges: readRanges(each.value, report) }] as const;
  });
  return new Map(named);
}

function readRanges(node: Node, report: Report): readonly TimeRange[] {
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0) report.error(node.place, 'these times have no range', EXAMPLE);
  if (items.length > RANGES_MAX) {
    report.error(node.place, `${counted(items.length, 'range')} are more than ${RANGES_MAX}`);
    return [];
  }
  return items.flatMap((item) => readRange(item, report) ?? []);
}

function readRange(item: Node, report: Report): TimeRange | null {
  if (item.kind !== 'map') {
    report.error(item.place, `times are a map of keys or a list of maps, not ${kindName(item)}`, EXAMPLE);
    return null;
  }
  const misspelled = refuseKeys(item, TIME_KEYS, report, FOREIGN);
  const attributes = attributesOf(item);
  const [from, to] = [attributes.get('from'), attributes.get('to')];
  const weekdays = readWeekdays(attributes.get('weekdays'), report);
  const dates = readDates(attributes.get('dates'), report);
  const holidays = readDates(attributes.get('holidays'), report);
  const begin = isGiven(from) ? readMinute(from, report) : 0;
  const end = isGiven(to) ? readMinute(to, report) : DAY_MINUTES;
  const zone = attributes.get('time_zone');
  if (!isGiven(zone) && !misspelled.has('time_zone') && !item.entries.some(({ key }) => Object.hasOwn(FOREIGN, key)))
    report.error(item.place, 'these times have no "time_zone"', 'such as "time_zone: Europe/Berlin", or UTC');
  const timeZone = readTimeZone(zone, report);
  if (weekdays === null || begin === null || end === null || timeZone === null) return null;
  if (begin === end || begin === DAY_MINUTES || end === 0) {
    const place = (from ?? to)?.value.place ?? item.place;
    report.error(place, 'this range has no minute: it ends when it begins', 'for whole days, remove "from" and "to"');
    return null;
  }
  return { weekdays, ...(dates && { dates }), ...(holidays && { holidays }), from: begin, to: end, timeZone };
}

/** Minutes since midnight. */
function readMinute(entry: MapEntry | undefined, report: Report): number | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const minute = minuteOf(text);
  if (minute === null)
    report.error(entry.value.place, `"${entry.key}" must be a time of the day`, 'two digits each: 09:00, up to 24:00');
  return minute;
}

function minuteOf(text: string): number | null {
  const [, hours, minutes] = /^(\d\d):([0-5]\d)$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return minute <= DAY_MINUTES ? minute : null;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const DAYS_HINT = 'such as mon-fri, or [sat, sun]';

/** Days, and ranges of them: `mon`, `Monday`, `mon-fri`, `monday:friday`. Without the key, every day. */
function readWeekdays(entry: MapEntry | undefined, report: Report): readonly number[] | null {
  if (!isGiven(entry)) return DAYS.map((_, index) => index);
  const days = new Set<number>();
  for (const { text, place } of readValues(entry, report) ?? []) {
    const ends = text.split(/[-:]/).map(dayOf);
    const [begin = -1, end = begin] = ends;
    if (ends.length > 2 || begin < 0 || end < 0) report.error(place, 'this is not a weekday or a range', DAYS_HINT);
    else for (let day = begin; ; day = (day + 1) % 7) if (days.add(day) && day === end) break;
  }
  return days.size === 0 ? null : [...days].sort();
}

function dayOf(text: string): number {
  const name = text.trim().toLowerCase();
  return DAYS.findIndex((day) => day === name || day.slice(0, 3) === name);
}

const DATES_HINT = 'such as 2026-12-25, or 12-25 for every year';

/** Dates, in order. Null: the key is missing or has no value. */
function readDates(entry: MapEntry | undefined, report: Report): readonly string[] | null {
  if (!isGiven(entry)) return null;
  const values = readValues(entry, report, DATES_MAX);
  for (const { text, place } of values ?? []) if (!isDay(text)) report.error(place, 'this is not a date', DATES_HINT);
  return values?.map(({ text }) => text).sort() ?? null;
}

/** A leap year has all days of a year. */
function isDay(text: string): boolean {
  const date = /^\d\d-\d\d$/.test(text) ? `2024-${text}` : text;
  return /^\d{4}-\d\d-\d\d$/.test(date) && readInstant(`${date}T00:00:00Z`) !== null;
}

function readTimeZone(entry: MapEntry | undefined, report: Report): string | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  if (isTimeZone(text)) return text;
  report.error(entry.value.place, `"${entry.key}" must be the name of a time zone`, timeZoneHint(text));
  return null;
}

/** Not `CET` or `+01:00`: the first is not everywhere what people think, the second knows no summer. */
function isTimeZone(text: string): boolean {
  if (text !== 'UTC' && !/^[A-Z]\w*(\/[\w+-]+){1,2}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function timeZoneHint(text: string) {
  return nameHint(text.replaceAll(' ', '_'), Intl.supportedValuesOf('timeZone'), 'such as Europe/Berlin, or UTC');
}

const DIGEST_HINT = 'such as "daily at 09:00 Europe/Berlin"';

/** `daily at 09:00 Europe/Berlin`. */
export function readDaily(entry: MapEntry, report: Report): DailyTime | null {
  const text = readText(entry, report);
  if (text === null) return null;
  const [, time = '', timeZone = ''] = /^daily at (\S+) (\S+)$/.exec(text.trim()) ?? [];
  const minute = minuteOf(time);
  const { key, value } = entry;
  if (minute === null || minute === DAY_MINUTES)
    report.error(value.place, `"${key}" must be a daily time`, DIGEST_HINT);
  else if (!isTimeZone(timeZone))
    report.error(value.place, `"${key}" must end in the name of a time zone`, timeZoneHint(timeZone));
  else return { minute, timeZone };
  return null;
}

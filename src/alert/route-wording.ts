/**
 * Routes in words, for pages and the CLI alike: why a match goes to a receiver, why not to another, and what a route sets.
 *
 * Contract: pure and total. The words are those of routing.yml and docs/routing.md. They are not escaped: names, mentions and
 * values are as routing.yml has them.
 */
import type { Matchers } from '../routing/matchers.ts';
import { pathText, type Via } from '../routing/routes.ts';
import type { GroupBy, RouteSettings, Routing } from '../routing/routing.ts';
import { formatDuration } from '../text/duration.ts';
import { DAY_MINUTES, type DailyTime, type TimeRange } from '../text/time-ranges.ts';
import { notNotifiedWording } from './decision-wording.ts';

/** What decides: `by routing.yml`. */
export function routingWording(routing: Routing | null): string {
  if (routing === null) return 'there is no routing.yml';
  return routing.route === undefined ? 'routing.yml has no routes' : 'by routing.yml';
}

/** Why a match goes to a receiver, with the path of a route as text: plain, serializable data. */
export interface ShownVia {
  /** `default`: routing.yml has no routes. */
  readonly via: Via['kind'];
  /** Of a route: its place in routing.yml, such as `route.routes[1]`, and its line; null: of the rule's own receivers. */
  readonly path: string | null;
  readonly line: number | null;
  /** Why the fallback takes it. */
  readonly because: string | null;
}

/** A reason of routes, to be handed out. */
export function shownVia(via: Via): ShownVia {
  const route = via.kind === 'route' && via.line > 0 ? via : null;
  return {
    via: via.kind,
    path: route && pathText(route.path),
    line: route?.line ?? null,
    because: via.kind === 'fallback' ? via.because : null,
  };
}

/** Why a match goes to a receiver: `by route.routes[1], line 12`. */
export function viaWording({ via, path, line, because }: ShownVia): string {
  switch (via) {
    case 'default':
      return 'everything goes there (no routes in rules/routing.yml)';
    case 'route':
      return path === null ? 'by rules/tuning.yml' : `by ${path}, line ${line}`;
    case 'fallback':
      return `the fallback: ${because === 'no route' ? 'no route leads anywhere' : 'critical, outside the active times of its route'}`;
  }
}

/** That a match waits for its route; `at`: until when, where that is known. */
export function heldWording(at: string | null): string {
  return `held until its active times begin${at === null ? '' : ` at ${at}`}`;
}

/** Why a match does not go to a receiver: `its min_level is critical`. `minLevel`: null where it is not known. */
export function unroutedWording({ reason, minLevel }: { readonly reason: string; readonly minLevel: string | null }) {
  return reason === "below the receiver's level" && minLevel !== null
    ? `its min_level is ${minLevel}`
    : notNotifiedWording(reason);
}

/** What a match is grouped by, as routing.yml says it. */
export function groupByText(groupBy: GroupBy): string {
  return typeof groupBy === 'object' ? groupBy.field : groupBy;
}

/** What a route sets, in the words of routing.yml: `group_by rule; escalate to leads after 30m`. Empty: nothing. */
export function settingsWording(settings: RouteSettings): string {
  const { groupBy, groupIntervalMs, repeatIntervalMs, activeTimes, mention, escalate, sendResolved, digest } = settings;
  const given: readonly (readonly [string, string | undefined])[] = [
    ['group_by', groupBy && groupByText(groupBy)],
    ['group_interval', groupIntervalMs === undefined ? undefined : formatDuration(groupIntervalMs)],
    ['repeat_interval', repeatIntervalMs === undefined ? undefined : formatDuration(repeatIntervalMs)],
    [
      'active_times',
      activeTimes && `${activeTimes.names.join(', ')} (${activeTimes.ranges.map(rangeText).join('; ')})`,
    ],
    ['mention', mention],
    ['escalate', escalate?.map(({ afterMs, to }) => `to ${to} after ${formatDuration(afterMs)}`).join(', ')],
    ['send_resolved', sendResolved?.toString()],
    ['digest', digest && dailyText(digest)],
  ];
  return given.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [`${key} ${value}`])).join('; ');
}

/** What of the entry matchers compare: `actor.type is api_key or user, and address is 192.0.2.0/24`. */
export function conditionWording(all: readonly Matchers[]): string {
  const compared = all.flatMap(({ actors, addresses, fields = [] }) => [
    ...(actors === undefined ? [] : [['actor', actors] as const]),
    ...(addresses === undefined ? [] : [['address', addresses] as const]),
    ...fields,
  ]);
  return compared.map(([name, values]) => `${name} is ${values.join(' or ')}`).join(', and ');
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** More dates are counted. */
const DATES_SHOWN = 3;

/** `mon-fri 09:00-17:00 Europe/Berlin, not on 12-25, 12-26`. */
export function rangeText({ weekdays, dates, holidays, from, to, timeZone }: TimeRange): string {
  const clock = from === 0 && to === DAY_MINUTES ? [] : [`${clockText(from)}-${clockText(to)}`];
  const on = dates === undefined ? [] : [`on ${datesText(dates)}`];
  const not = holidays === undefined ? '' : `, not on ${datesText(holidays)}`;
  return `${[...daysText(weekdays), ...on, ...clock, timeZone].join(' ')}${not}`;
}

function datesText(dates: readonly string[]): string {
  const more = dates.length - DATES_SHOWN;
  return `${dates.slice(0, DATES_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `mon-fri`, `sat, sun`; nothing where it is every day. */
function daysText(weekdays: readonly number[]): readonly string[] {
  if (weekdays.length === DAYS.length) return [];
  // From Monday on, so that a weekend is one range.
  const days = weekdays.map((day) => (day + 6) % 7).toSorted((a, b) => a - b);
  const runs: number[][] = [];
  for (const day of days) {
    const run = runs.at(-1);
    if (run?.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined): string => DAYS[((day ?? 0) + 1) % 7] ?? '';
  const texts = runs.flatMap((run) => (run.length > 2 ? [`${name(run[0])}-${name(run.at(-1))}`] : run.map(name)));
  return [texts.join(', ')];
}

function dailyText({ minute, timeZone }: DailyTime): string {
  return `daily at ${clockText(minute)} ${timeZone}`;
}

function clockText(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

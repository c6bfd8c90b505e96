/**
 * The model's routes: which receivers a match goes to, when and how; written apart from src/routing, from the words of
 * docs/routing.md, over the file as it is written. Times of the day are those of winter.
 */
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import type { Level } from '../../src/sigma/index.ts';
import { isHighOrCritical, rank } from './plain-decisions.ts';
import { RANGES } from './plain-silences.ts';
import { field } from './plain-windows.ts';

type OneOrMore = string | number | readonly (string | number)[];

/** `rules/routing.yml`, as its author writes it. */
export interface WrittenRouting {
  readonly receivers: readonly { readonly name: string; readonly type: string; readonly min_level: Level }[];
  readonly fallback?: string;
  readonly times?: { readonly [name: string]: readonly WrittenRange[] };
  readonly route?: WrittenRoute;
}

export interface WrittenRange {
  readonly weekdays?: 'mon-fri' | 'sat-sun';
  readonly from: string;
  readonly to: string;
  readonly time_zone: keyof typeof AHEAD_MS;
}

export interface WrittenRoute {
  readonly match?: { readonly [name: string]: OneOrMore };
  readonly receiver?: OneOrMore;
  readonly continue?: true;
  readonly routes?: readonly WrittenRoute[];
  readonly group_by?: 'actor' | 'rule';
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly active_times?: string | readonly string[];
  readonly escalate?: 'none' | readonly { readonly after: string; readonly to: string }[];
  readonly send_resolved?: boolean;
  readonly digest?: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How far clocks are ahead of UTC in winter. */
const AHEAD_MS = { UTC: 0, 'Europe/Berlin': HOUR, 'America/New_York': -5 * HOUR } as const;

/** A match, as far as routes look at it. */
export interface RoutedMatch {
  readonly rule: string;
  readonly tags: readonly string[];
  readonly level: Level;
  readonly body: { readonly [field: string]: unknown };
}

/** How a receiver gets a match. */
export interface Routed {
  readonly isFallback: boolean;
  /** It is to wait for the active times, which begin then. */
  readonly heldUntil: number | null;
  /** When the digest after a time is due; null: there is none. */
  readonly digestAfter: ((at: number) => number) | null;
  readonly repeatMs: number | null;
  readonly escalate: readonly { readonly afterMs: number; readonly to: string }[];
  readonly sendResolved: boolean;
  /** Whose alerts are one message, where the route says that it is the rule's. */
  readonly subject: string | null;
}

export type NotRouted = 'below' | 'no route' | 'outside active times';

/** As where nothing is written. */
export const PLAINLY: Routed = {
  ...{ isFallback: false, heldUntil: null, digestAfter: null, repeatMs: null, escalate: [], sendResolved: false },
  subject: null,
};

/** What becomes of a match for each receiver. */
export function routePlainly(
  routing: WrittenRouting | null,
  receivers: readonly RoutedReceiver[],
  match: RoutedMatch,
  at: number,
): ReadonlyMap<string, Routed | NotRouted> {
  const taking = routing?.route === undefined ? null : takers(routing.route, {}, match);
  const found = receivers.map(({ name, minLevel }): [string, Routed | NotRouted] => {
    if (rank(match.level) < rank(minLevel)) return [name, 'below'];
    if (taking === null || routing === null) return [name, PLAINLY];
    const leading = taking.filter((route) => listed(route.receiver).includes(name));
    const active = leading.find((route) => beginsIn(routing, route, at) === at);
    const route = active ?? leading[0];
    if (route === undefined) return [name, 'no route'];
    const begins = beginsIn(routing, route, at);
    if (begins === at) return [name, routedBy(route, match, null)];
    if (match.level !== 'critical') return [name, routedBy(route, match, begins)];
    // At once: to the fallback, where that is another one.
    return [name, routing.fallback === name ? routedBy(route, match, null) : 'outside active times'];
  });
  const all = new Map(found);
  const isOutside = found.some(([, of]) => of === 'outside active times');
  const isNobodys = !found.some(([, of]) => typeof of !== 'string') && isHighOrCritical(match.level);
  const fallback = routing?.fallback;
  if (fallback !== undefined && typeof all.get(fallback) === 'string' && (isOutside || isNobodys))
    all.set(fallback, { ...PLAINLY, isFallback: true });
  return all;
}

/** Whether a receiver is notified that an alert was resolved, whose last match this is: whatever the time of the day. */
export function tellsOfTheEnd(
  routing: WrittenRouting | null,
  { name, minLevel }: RoutedReceiver,
  match: RoutedMatch,
  at: number,
): boolean {
  if (routing?.route === undefined || rank(match.level) < rank(minLevel)) return false;
  const leading = takers(routing.route, {}, match).filter((route) => listed(route.receiver).includes(name));
  const route = leading.find((each) => beginsIn(routing, each, at) === at) ?? leading[0];
  return route?.send_resolved === true;
}

/** The routes that take a match, each with what it inherits. */
function takers(route: WrittenRoute, above: WrittenRoute, match: RoutedMatch): readonly WrittenRoute[] {
  const { match: wanted = {}, routes = [], ...own } = route;
  if (!Object.entries(wanted).every(([name, values]) => holds(name, listed(values), match))) return [];
  const { continue: _, ...inherited } = { ...above, ...own };
  const taken: WrittenRoute[] = [];
  for (const below of routes) {
    const those = takers(below, inherited, match);
    taken.push(...those);
    if (those.length > 0 && below.continue !== true) break;
  }
  if (taken.length > 0) return taken;
  return inherited.receiver === undefined ? [] : [inherited];
}

function holds(name: string, values: readonly string[], { rule, tags, level, body }: RoutedMatch): boolean {
  const isOf = (path: string): boolean =>
    [field(body, path)].flat().some((each) => isText(each) && values.includes(String(each)));
  switch (name) {
    case 'level':
      return values.includes(level);
    case 'min_level':
      return rank(level) >= rank(values[0] as Level);
    case 'rule':
      return values.includes(rule);
    case 'tag':
      return values.some((value) =>
        tags.some((tag) => (value.endsWith('*') ? tag.startsWith(value.slice(0, -1)) : tag === value)),
      );
    case 'actor':
      return isOf('actor.id') || isOf('actor.name');
    case 'address':
      return values.some((range) =>
        [field(body, 'client_ip')].flat().some((each) => RANGES[range]?.test(String(each))),
      );
    default:
      return isOf(name);
  }
}

function isText(value: unknown): boolean {
  return value !== null && typeof value !== 'object';
}

function listed(values: OneOrMore | undefined): readonly string[] {
  return [values ?? []].flat().map(String);
}

function routedBy(route: WrittenRoute, { level, rule }: RoutedMatch, heldUntil: number | null): Routed {
  const { digest = 'none', escalate = 'none', repeat_interval: repeat, group_by: by = 'actor' } = route;
  return {
    ...{ isFallback: false, heldUntil, sendResolved: route.send_resolved === true },
    digestAfter: digest === 'none' || isHighOrCritical(level) ? null : dailyAfter(digest),
    repeatMs: repeat === undefined ? null : duration(repeat),
    escalate: escalate === 'none' ? [] : escalate.map(({ after, to }) => ({ afterMs: duration(after), to })),
    subject: by === 'rule' ? `rule ${rule}` : null,
  };
}

/** `90s`, `30m`, `4h`, `7d`. */
function duration(text: string): number {
  const unit = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }[text.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number.parseInt(text, 10) * unit;
}

/** When a route's times begin, from `at` on: at once where they have begun. */
function beginsIn(
  { times = {} }: WrittenRouting,
  { active_times: names = 'always' }: WrittenRoute,
  at: number,
): number {
  if (names === 'always') return at;
  const next = listed(names)
    .flatMap((name) => times[name] ?? [])
    .map((range) => nextIn(range, at));
  return Math.min(...next);
}

function timeOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * HOUR + minutes * MINUTE;
}

function nextIn({ weekdays, from, to, time_zone: zone }: WrittenRange, at: number): number {
  const clock = at + AHEAD_MS[zone];
  const midnight = clock - (clock % DAY);
  const lasts = (timeOf(to) - timeOf(from) + DAY) % DAY || DAY;
  for (let day = midnight - DAY; ; day += DAY) {
    const isWeekend = [0, 6].includes(new Date(day).getUTCDay());
    if ((weekdays === 'mon-fri' && isWeekend) || (weekdays === 'sat-sun' && !isWeekend)) continue;
    const begins = day + timeOf(from);
    if (begins + lasts > clock) return Math.max(at, begins - AHEAD_MS[zone]);
  }
}

/** Of `daily at 13:40 UTC`: the first after a time. */
function dailyAfter(text: string): (at: number) => number {
  const [, , time = '', zone = 'UTC'] = text.split(' ');
  const of = timeOf(time) - AHEAD_MS[zone as keyof typeof AHEAD_MS];
  return (at) => Math.floor((at - of) / DAY) * DAY + DAY + of;
}

/**
 * From `route:`, `times:` and `fallback:` of `rules/routing.yml` to the tree of routes: each with what it inherits.
 *
 * Contract: build time only; what is wrong is reported with its place and left out, and nothing that may be a secret is shown.
 * A route that no match can reach is an error: its author expects an effect that it does not have. Pure.
 */
import { isAbove, isSevere, LEVELS, type Level } from '../sigma/index.ts';
import { INVISIBLE } from '../text/invisible.ts';
import type { Place, Report } from '../yaml/diagnostics.ts';
import {
  type Attributes,
  attributesOf,
  isGiven,
  type PlacedText,
  readFlag,
  readMap,
  readText,
} from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node } from '../yaml/yaml.ts';
import { nameHint, readDuration, readValues, refuseKeys } from './file-values.ts';
import { covers, type MatchContext, readMatch, reportUnknownField } from './match-file.ts';
import type { Matchers } from './matchers.ts';
import type { ActiveTimes, DeclaredReceiver, EscalationStep, GroupBy, Route, RouteSettings } from './routing.ts';
import { type NamedTimes, readDaily, readTimes } from './times-file.ts';

/** What routes are checked against. */
export interface RoutesContext extends MatchContext {
  readonly receivers: readonly DeclaredReceiver[];
  /** The names of times that rules use. */
  readonly timesOfRules: ReadonlySet<string>;
  /** Where each receiver's name is; null: some name could not be read, so names are not checked. */
  readonly names: ReadonlyMap<string, Place> | null;
}

/** The tree and the fallback, as `Routing` has them. */
export interface ReadRoutes {
  readonly route?: Route;
  readonly fallback?: string;
}

const ROUTES_MAX = 200;
const MENTION_MAX = 80;
/** The keys of routing.yml besides `receivers`. */
export const ROUTES_KEYS = ['route', 'times', 'fallback'] as const;
const OWN_KEYS = ['match', 'receiver', 'receivers', 'continue', 'routes'] as const;
const SETTING_KEYS = [
  ...(['group_by', 'group_interval', 'repeat_interval', 'active_times', 'mention', 'escalate'] as const),
  ...(['send_resolved', 'digest'] as const),
] as const;
/** The keys of a route. */
export const ROUTE_KEYS = [...OWN_KEYS, ...SETTING_KEYS] as const;
/** Keys of Alertmanager's routes and of our receivers. */
const FOREIGN_KEYS = {
  matchers: 'write "match: {level: [high, critical]}"',
  match_re: 'write "match: {level: [high, critical]}"',
  active_time_intervals: 'it is "active_times"',
  mute_time_intervals: 'write the times at which the route is active: "active_times"',
  group_wait: 'remove it: the first message waits 30 seconds, a critical one 5',
  min_level: 'write "match: {min_level: high}"',
  level: 'write "match: {level: high}"',
  name: 'remove it: a route is named by its place',
};
/** Keys of Alertmanager's file. */
export const FOREIGN_FILE_KEYS = {
  time_intervals: 'it is "times"',
  mute_time_intervals: 'it is "times", and routes have "active_times"',
  inhibit_rules: 'remove it: a correlation inhibits what it counts',
  routes: 'routes are below "route": "route: {receiver: …, routes: […]}"',
};

interface TreeContext extends RoutesContext {
  readonly times: ReadonlyMap<string, NamedTimes>;
  /** Names of times that some route uses, and of receivers that something leads to. */
  readonly usedTimes: Set<string>;
  readonly usedReceivers: Set<string>;
  /** The first `active_times`, and the root without a receiver: they need a fallback. */
  readonly needFallback: { readonly place: Place; readonly why: string }[];
  readonly count: { routes: number };
}

/** Reads the tree. */
export function readRoutes(document: MapNode, context: RoutesContext): ReadRoutes {
  const { names, report, receivers } = context;
  const attributes = attributesOf(document);
  const times = readTimes(attributes.get('times'), report);
  const tree: TreeContext = {
    ...context,
    times,
    usedTimes: new Set(),
    usedReceivers: new Set(),
    needFallback: [],
    count: { routes: 0 },
  };
  const fallback = readFallback(attributes.get('fallback'), tree);
  const entry = attributes.get('route');
  const map = isGiven(entry) ? readMap(entry, report, 'such as "route: {receiver: …}"') : null;
  const route = map === null ? null : readRoute(map, null, tree);
  const [need] = isGiven(attributes.get('fallback')) ? [] : tree.needFallback;
  if (need !== undefined) report.error(need.place, need.why, 'add "fallback: NAME", a receiver, beside "receivers:"');
  for (const [name, { entry: named }] of times) {
    if (!tree.usedTimes.has(name) && !context.timesOfRules.has(name))
      report.notice(named.keyPlace, 'no route and no rule uses these times', 'remove them');
  }
  if (route !== null) {
    for (const { name } of receivers) {
      const place = names?.get(name);
      if (place !== undefined && !tree.usedReceivers.has(name))
        report.notice(place, `no route leads to the receiver "${name}"`, 'name it in a route, or remove it');
    }
  }
  return { ...(route === null ? {} : { route }), ...(fallback === null ? {} : { fallback }) };
}

function readFallback(entry: MapEntry | undefined, context: TreeContext): string | null {
  const name = readReceiver(entry, context);
  const receiver = context.receivers.find((each) => each.name === name);
  if (entry !== undefined && receiver?.minLevel === 'critical')
    context.report.error(
      entry.value.place,
      'the fallback takes high and critical alerts, and its min_level is critical',
      'lower it',
    );
  return name;
}

/** What a route inherits. */
interface Parent {
  readonly receivers: readonly string[];
  readonly settings: RouteSettings;
  /** What its matches can have; null: anything. */
  readonly levels: readonly Level[] | null;
  readonly rules: readonly string[] | null;
}

function readRoute(map: MapNode, parent: Parent | null, context: TreeContext): Route | null {
  const { report, needFallback } = context;
  if (++context.count.routes > ROUTES_MAX) {
    if (context.count.routes === ROUTES_MAX + 1) report.error(map.place, `there are more than ${ROUTES_MAX} routes`);
    return null;
  }
  const errors = report.errors();
  refuseKeys(map, ROUTE_KEYS, report, FOREIGN_KEYS);
  const attributes = attributesOf(map);
  if (parent === null) {
    for (const key of ['match', 'continue'] as const) {
      const entry = attributes.get(key);
      if (entry !== undefined)
        report.error(entry.keyPlace, `the root has no "${key}"`, 'it takes everything; add a route below "routes:"');
    }
  }
  const match = parent === null ? {} : readMatch(attributes.get('match'), context);
  const levels = common(parent?.levels ?? null, match.levels);
  const rules = common(parent?.rules ?? null, match.rules);
  const receivers = readReceivers(attributes, context) ?? parent?.receivers ?? [];
  const settings = readSettings(attributes, parent?.settings ?? {}, receivers, context);
  const isSound = report.errors() === errors;
  const isUnreachable = levels?.length === 0 || rules?.length === 0;
  if (isSound && isUnreachable) {
    const place = attributes.get('match')?.value.place ?? map.place;
    const what = levels?.length === 0 ? 'level' : 'rule';
    report.error(place, `no match reaches this route: it has no ${what} in common with the routes around it`);
  } else if (isSound) reportUseless(receivers, levels, attributes, context);
  const routes = readBelow(attributes.get('routes'), { receivers, settings, levels, rules }, context);
  if (isSound && receivers.length === 0) {
    if (routes.length === 0) report.error(map.place, 'this route leads to no receiver', 'add "receiver: NAME"');
    else if (parent === null)
      needFallback.push({ place: map.place, why: 'what no route matches has no receiver, however severe it is' });
  }
  const isContinued = readFlag(attributes.get('continue'), report) ?? false;
  return { line: map.place.line, match, receivers, settings, continue: isContinued, routes };
}

function readBelow(entry: MapEntry | undefined, parent: Parent, context: TreeContext): readonly Route[] {
  if (!isGiven(entry)) return [];
  const { report } = context;
  if (entry.value.kind !== 'list') {
    report.error(entry.value.place, `"routes" is a list, not ${kindName(entry.value)}`, 'begin each route with "- "');
    return [];
  }
  const read: Route[] = [];
  for (const item of entry.value.items) {
    if (item.kind !== 'map') {
      report.error(item.place, `a route is a map of keys, not ${kindName(item)}`, `its keys: ${ROUTE_KEYS.join(', ')}`);
      continue;
    }
    const errors = report.errors();
    const route = readRoute(item, parent, context);
    if (route === null) continue;
    const reached: Matchers = {
      ...route.match,
      levels: common(parent.levels, route.match.levels) ?? LEVELS,
      rules: common(parent.rules, route.match.rules) ?? undefined,
    };
    const before = read.find((each) => !each.continue && each.receivers.length > 0 && covers(each.match, reached));
    if (before !== undefined && report.errors() === errors) {
      const takes = Object.keys(before.match).length === 0 ? 'everything' : 'all that it matches';
      const problem = `no match reaches this route: the one in line ${before.line} takes ${takes}`;
      report.error(item.place, problem, 'put it before that one, or add "continue: true" there');
    }
    read.push(route);
  }
  return read;
}

/** The values of both; null stands for all. */
function common<T>(outer: readonly T[] | null, own: readonly T[] | undefined): readonly T[] | null {
  if (own === undefined) return outer;
  return outer === null ? own : own.filter((value) => outer.includes(value));
}

/** Reports, as notices, receivers and settings of a route that can never have an effect. */
function reportUseless(
  receivers: readonly string[],
  levels: readonly Level[] | null,
  attributes: Attributes,
  context: TreeContext,
): void {
  const { report } = context;
  if (levels === null) return;
  const named = attributes.get('receiver') ?? attributes.get('receivers');
  for (const { name, minLevel } of context.receivers) {
    const isAboveAll = levels.every((level) => isAbove(minLevel, level));
    if (named !== undefined && receivers.includes(name) && isAboveAll)
      report.notice(
        named.value.place,
        `"${name}" gets nothing by this route: its min_level is ${minLevel}`,
        'lower its min_level',
      );
  }
  const digest = attributes.get('digest');
  if (digest !== undefined && !isWord(digest.value, NONE) && levels.every(isSevere))
    report.notice(digest.keyPlace, 'high and critical alerts are in no daily digest', 'remove "digest"');
}

function readReceivers(attributes: Attributes, context: TreeContext): readonly string[] | null {
  const [one, several] = [attributes.get('receiver'), attributes.get('receivers')];
  if (one !== undefined && several !== undefined)
    context.report.error(several.keyPlace, 'there are "receiver" and "receivers"', 'list them all in "receivers"');
  const entry = one ?? several;
  if (!isGiven(entry)) return null;
  return readValues(entry, context.report)?.flatMap((value) => readReceiverName(value, context) ?? []) ?? null;
}

function readReceiver(entry: MapEntry | undefined, context: TreeContext): string | null {
  const text = readText(entry, context.report);
  return text === null || entry === undefined ? null : readReceiverName({ text, place: entry.value.place }, context);
}

function readReceiverName({ text, place }: PlacedText, { names, usedReceivers, report }: TreeContext): string | null {
  usedReceivers.add(text);
  if (names?.has(text) ?? true) return text;
  report.error(place, 'there is no receiver of this name', nameHint(text, names?.keys() ?? []));
  return null;
}

const GROUP_INTERVAL = ['1m', '1d'] as const;
const REPEAT_INTERVAL = ['5m', '30d'] as const;
/** What waits longer is dead (docs/reliability.md). */
const ESCALATION = ['1m', '7d'] as const;
/** Instead of a value: as if it was not inherited. */
const NONE = 'none';
const ALWAYS = 'always';

function readSettings(
  attributes: Attributes,
  inherited: RouteSettings,
  receivers: readonly string[],
  context: TreeContext,
): RouteSettings {
  const { report } = context;
  /** The setting where it is given, and nothing where it is given as `none`; else what is inherited. */
  const own = <K extends keyof RouteSettings>(
    name: K,
    key: (typeof SETTING_KEYS)[number],
    read: (entry: MapEntry) => Exclude<RouteSettings[K], undefined> | null,
    none?: string,
  ): Pick<RouteSettings, K> | null => {
    const entry = attributes.get(key);
    const isNone = entry !== undefined && none !== undefined && isWord(entry.value, none);
    const value = isNone ? null : isGiven(entry) ? read(entry) : inherited[name];
    return value === undefined || value === null ? null : ({ [name]: value } as Pick<RouteSettings, K>);
  };
  const settings: RouteSettings = {
    ...own('groupBy', 'group_by', (entry) => readGroupBy(entry, context)),
    ...own('groupIntervalMs', 'group_interval', (entry) => readDuration(entry, report, GROUP_INTERVAL)),
    ...own('repeatIntervalMs', 'repeat_interval', (entry) => readDuration(entry, report, REPEAT_INTERVAL)),
    ...own('activeTimes', 'active_times', (entry) => readActiveTimes(entry, context), ALWAYS),
    ...own('mention', 'mention', (entry) => readMention(entry, report), NONE),
    ...own('escalate', 'escalate', (entry) => readEscalation(entry, context), NONE),
    ...own('sendResolved', 'send_resolved', (entry) => readFlag(entry, report)),
    ...own('digest', 'digest', (entry) => readDaily(entry, report), NONE),
  };
  const cycle = settings.escalate?.find(({ to }) => receivers.includes(to));
  const place = (attributes.get('escalate') ?? attributes.get('receiver') ?? attributes.get('receivers'))?.value.place;
  if (cycle !== undefined && place !== undefined)
    report.error(
      place,
      `this route escalates from "${cycle.to}" to itself`,
      'escalate to another receiver, or write "escalate: none"',
    );
  return settings;
}

function isWord(node: Node, word: string): boolean {
  return node.kind === 'scalar' && node.value === word;
}

function readGroupBy(entry: MapEntry, context: TreeContext): GroupBy | null {
  const text = readText(entry, context.report, 100);
  if (text === null) return null;
  if (text === 'actor' || text === 'rule' || text === 'address') return text;
  return reportUnknownField(text, entry.value.place, ['actor', 'rule', 'address'], context) ? null : { field: text };
}

function readActiveTimes(entry: MapEntry, { times, usedTimes, needFallback, report }: TreeContext): ActiveTimes | null {
  const values = readValues(entry, report);
  if (values === null) return null;
  for (const { text, place } of values) {
    if (!times.has(text))
      report.error(
        place,
        'there are no times of this name',
        nameHint(text, times.keys(), 'add them to "times:" beside "route:"'),
      );
    usedTimes.add(text);
  }
  needFallback.push({ place: entry.keyPlace, why: 'outside of these times, what is critical has no receiver' });
  const names = values.map(({ text }) => text);
  return { names, ranges: names.flatMap((name) => times.get(name)?.ranges ?? []) };
}

function readMention(entry: MapEntry, report: Report): string | null {
  const text = readText(entry, report, MENTION_MAX)?.trim() ?? null;
  if (text === null) return null;
  if (text !== '' && text.search(INVISIBLE) < 0) return text;
  report.error(entry.value.place, '"mention" must be one line of visible text', 'such as "@oncall", or none');
  return null;
}

const ESCALATE_HINT = 'such as "escalate: {after: 30m, to: NAME}"';

function readEscalation(entry: MapEntry, context: TreeContext): readonly EscalationStep[] | null {
  const { report } = context;
  const steps: EscalationStep[] = [];
  for (const item of entry.value.kind === 'list' ? entry.value.items : [entry.value]) {
    if (item.kind !== 'map') {
      report.error(item.place, `"escalate" is a map or a list of maps, not ${kindName(item)}`, ESCALATE_HINT);
      continue;
    }
    const misspelled = refuseKeys(item, ['after', 'to'], report);
    const attributes = attributesOf(item);
    for (const key of ['after', 'to'] as const) {
      if (!isGiven(attributes.get(key)) && !misspelled.has(key))
        report.error(item.place, `the escalation has no "${key}"`, ESCALATE_HINT);
    }
    const afterMs = readDuration(attributes.get('after'), report, ESCALATION);
    const to = readReceiver(attributes.get('to'), context);
    if (afterMs === null || to === null) continue;
    const last = steps.at(-1);
    if (steps.some((step) => step.to === to))
      report.error(item.place, `the escalation comes back to "${to}"`, 'name each receiver once');
    else if (last !== undefined && last.afterMs >= afterMs)
      report.error(
        item.place,
        'this step comes no later than the one before it',
        'each "after" counts from the time of the entry that opened or raised the alert',
      );
    else steps.push({ afterMs, to });
  }
  return steps;
}

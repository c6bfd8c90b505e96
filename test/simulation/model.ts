/**
 * The plain model: the alerts, matches and notifications expected of a ledger that accepted these entries in this order,
 * computed without bounds, compaction or packing. And the alerts that time order would have opened.
 */
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { type CorrelationRule, type Engine, LEVELS, type Level, type Rule } from '../../src/sigma/index.ts';
import { concerns, createPlainWindows, field, fieldText, type SeenEntry } from './plain-windows.ts';
import { satisfiedDetections } from './rules.ts';

export interface ModelEntry {
  readonly seq: number;
  readonly id: string;
  readonly occurredAt: number;
  readonly body: { readonly [field: string]: unknown };
  /** No entry that windows wait for occurred before this. */
  readonly horizon: number;
  readonly suppressBefore: number | null;
  readonly engine: Engine;
  /** The number of the last entry when this one was evicted; null: it is there. */
  readonly evictedAfter: number | null;
}

/** An expected notification. */
export interface ModelNotification {
  /** The kind, the count, and the first contributing entries. */
  what: string;
  /** The entry that led to it; null: the alert's closing did. */
  readonly seq: number | null;
}

export interface ModelAlert {
  readonly rule: string;
  readonly level: Level;
  readonly key: string;
  readonly begins: number;
  readonly periodMs: number;
  count: number;
  backfilled: boolean;
  readonly notifications: ModelNotification[];
  /** By entry: the expected decision, or that the entry contributed. */
  readonly matches: Map<number, string>;
  /** All entries that matched. */
  readonly matched: Set<number>;
  closing: string | null;
}

/** How often a rule is expected to have matched, its latest time and its last entry. */
export interface ModelActivity {
  matched: number;
  lastAt: number;
  lastSeq: number;
}

export interface Expected {
  readonly alerts: readonly ModelAlert[];
  readonly activity: ReadonlyMap<string, ModelActivity>;
}

/** The setup of the world, and when each alert closed, which the entries do not show. */
export interface Circumstances {
  readonly routes: readonly RoutedReceiver[];
  /** Alert id → the number of the last entry recorded by then. */
  readonly closings: ReadonlyMap<number, number>;
}

const HOUR = 3_600_000;
const MATCHES_MAX = 100;
const CONTRIBUTING_MAX = 20;
const CONTRIBUTING_SHOWN = 3;

/** Whether a receiver takes a level. */
export function takesLevel(route: RoutedReceiver, level: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(route.minLevel);
}

/** What is expected for these entries in `seq` order. */
export function expectedFor(entries: readonly ModelEntry[], { routes, closings }: Circumstances): Expected {
  const alerts: ModelAlert[] = [];
  const alertsOf = new Map<string, ModelAlert[]>();
  const closingAt = Map.groupBy(closings.keys(), (id) => closings.get(id));
  const versions = versionsIn(entries);
  const activity = new Map<string, ModelActivity>();
  const windows = createPlainWindows();
  let engine: Engine | null = null;

  const noReceiver = (level: Level): string | null => {
    if (routes.some((route) => takesLevel(route, level))) return null;
    return level === 'informational' ? 'informational' : 'no receiver of its level';
  };

  /** Adds a match. Returns the alert where it opens one, or is its first live match. */
  const addMatch = (rule: Rule, entry: ModelEntry, at: number, key: string): ModelAlert | null => {
    const active = activity.get(rule.id) ?? { matched: 0, lastAt: at, lastSeq: 0 };
    activity.set(rule.id, active);
    active.matched++;
    active.lastAt = Math.max(active.lastAt, at);
    active.lastSeq = entry.seq;
    if (!rule.alerts) return null;
    const suppress = entry.suppressBefore !== null && entry.occurredAt < entry.suppressBefore;
    const periodMs = rule.tocsin.dedupPeriodMs ?? HOUR;
    const alike = alertsOf.get(`${rule.id} ${key}`) ?? [];
    const near = alike
      .filter((alert) => Math.abs(alert.begins - at) < alert.periodMs)
      .sort((a, b) => a.begins - b.begins);
    const known =
      near.findLast((each) => each.begins <= at && at < each.begins + each.periodMs) ??
      near.find((each) => each.begins > at);
    const alert: ModelAlert = known ?? {
      ...{ rule: rule.id, level: rule.level, key, begins: at, periodMs, count: 0, backfilled: true },
      ...{ notifications: [], matches: new Map(), matched: new Set(), closing: null },
    };
    // An id counts once in an alert. Of a correlation's matches, those that are kept are known.
    const hasCounted = ({ seq }: ModelEntry): boolean => {
      const isKept = !['contributing', undefined].includes(alert.matches.get(seq));
      return isKept || (alert.count > MATCHES_MAX && rule.kind === 'detection' && alert.matched.has(seq));
    };
    if (earlierVersions(entry, versions).some(hasCounted)) return null;
    alert.matched.add(entry.seq);
    if (known === undefined) {
      alerts.push(alert);
      alertsOf.set(`${rule.id} ${key}`, [...alike, alert]);
    }
    alert.count++;
    let decision = 'grouped';
    if (suppress) decision = 'backfilled';
    else if (alert.backfilled)
      decision = noReceiver(rule.level) ?? `opened: first ${known === undefined ? '' : 'live '}match`;
    else if (/^10+$/.test(String(alert.count)))
      decision = noReceiver(rule.level) ?? `updated: count reached ${alert.count}`;
    if (!suppress) alert.backfilled = false;
    const notifies = decision.includes(':');
    if (notifies) {
      alert.notifications.push({ what: `${decision.split(':')[0]} ×${alert.count} `, seq: entry.seq });
    }
    if (notifies || alert.count <= MATCHES_MAX) alert.matches.set(entry.seq, decision);
    return known === undefined || decision.startsWith('opened') ? alert : null;
  };

  const close = (alert: ModelAlert): void => {
    alert.closing = alert.backfilled
      ? 'backfilled'
      : (noReceiver(alert.level) ?? (alert.count === 1 ? 'did not grow' : null));
    if (alert.closing !== null) return;
    alert.closing = 'resolved: its period closed after growth';
    alert.notifications.push({ what: `resolved ×${alert.count} `, seq: null });
  };

  for (const entry of entries) {
    if (entry.engine !== engine) windows.keepOnly(entry.engine);
    engine = entry.engine;
    const at = entry.occurredAt;
    const seen = seenEntry(entry, engine, versions);
    for (const rule of detectionsIn(seen, engine)) addMatch(rule, entry, at, defaultKey(entry.body));
    for (const { rule, group, at: end, times } of windows.see(engine, seen, entry.horizon)) {
      const opened = addMatch(rule, entry, end, groupKey(rule, group));
      if (opened === null) continue;
      const counted = entries
        .filter((each) => each.seq < entry.seq && times.has(each.occurredAt))
        .filter(({ evictedAfter }) => evictedAfter === null || evictedAfter >= entry.seq)
        .filter((each) => fieldText(each.body, rule.groupBy[0] ?? '') === group)
        .filter((each) => concerns(rule, satisfiedDetections(each.body), entry.engine))
        .filter((each, _, all) => !all.some(({ id, seq }) => id === each.id && seq < each.seq))
        .sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq);
      const notification = opened.notifications.at(-1);
      if (notification !== undefined && opened.matches.get(entry.seq)?.startsWith('opened')) {
        notification.what += String(counted.slice(0, CONTRIBUTING_SHOWN).map(({ id }) => id));
      }
      for (const { seq } of counted.slice(0, CONTRIBUTING_MAX)) {
        if (!opened.matches.has(seq)) opened.matches.set(seq, 'contributing');
      }
    }
    for (const id of (closingAt.get(entry.seq) ?? []).sort((a, b) => a - b)) {
      const alert = alerts[id - 1];
      if (alert !== undefined && alert.closing === null) close(alert);
    }
  }
  return { alerts, activity };
}

/** The actor, else the address's network, else that there is neither. */
function defaultKey(body: ModelEntry['body']): string {
  const [actor, ip] = [field(body, 'actor.id'), field(body, 'client_ip')];
  if (actor !== null) return JSON.stringify({ 'actor.id': actor });
  return JSON.stringify(ip === null ? { 'actor.id': null, client_ip: null } : { client_ip: networkOf(ip) });
}

/** Traffic's addresses: IPv6 ones are in one /64, all other texts are their own network. */
function networkOf(ip: unknown): unknown {
  if (String(ip).startsWith('::ffff:')) return String(ip).slice(7);
  return String(ip).includes('::') ? '2001:db8::/64' : ip;
}

function groupKey({ groupBy: [name = ''] }: CorrelationRule, group: string): string {
  return `{${JSON.stringify(name)}:${group}}`;
}

/** By id: all that was recorded of an entry. */
type Versions = ReadonlyMap<string, readonly ModelEntry[]>;

function versionsIn(entries: readonly ModelEntry[]): Versions {
  return Map.groupBy(entries, ({ id }) => id);
}

/** The recorded versions of an entry before this one. */
function earlierVersions({ id, seq }: ModelEntry, versions: Versions): ModelEntry[] {
  return (versions.get(id) ?? []).filter((each) => each.seq < seq);
}

function seenEntry(entry: ModelEntry, engine: Engine, versions: Versions): SeenEntry {
  const version = ({ body, occurredAt: at }: ModelEntry) => {
    // A deploy may have removed a rule.
    const satisfied = [...satisfiedDetections(body)].filter((id) => engine.rules.has(id));
    return { satisfied: new Set(satisfied), body, at };
  };
  return { ...version(entry), earlier: earlierVersions(entry, versions).map(version) };
}

/** The detections that an entry satisfies, in the order of the rules. */
function detectionsIn({ satisfied }: SeenEntry, engine: Engine): readonly Rule[] {
  return [...engine.rules.values()].filter(({ id }) => satisfied.has(id));
}

/** `rule key` of every alert that the entries open when they are taken in the order of their time. */
export function alertedInTimeOrder(entries: readonly ModelEntry[]): Set<string> {
  const alerted = new Set<string>();
  const versions = versionsIn(entries);
  const windows = createPlainWindows();
  for (const entry of [...entries].sort((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq)) {
    const { body, engine, occurredAt: at } = entry;
    const seen = seenEntry(entry, engine, versions);
    for (const rule of detectionsIn(seen, engine)) {
      if (rule.alerts) alerted.add(`${rule.id} ${defaultKey(body)}`);
    }
    for (const { rule, group } of windows.see(engine, seen, at)) {
      if (rule.alerts) alerted.add(`${rule.id} ${groupKey(rule, group)}`);
    }
  }
  return alerted;
}

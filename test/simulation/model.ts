/**
 * The plain model: what a ledger that accepted these entries in this order owes, computed the long way round, with
 * nothing bounded, thinned or packed. And what the order of time would have rung.
 */
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { type Engine, LEVELS, type Level, type Rule } from '../../src/sigma/index.ts';
import { concerns, createPlainWindows, field } from './plain-windows.ts';

export interface ModelEntry {
  readonly seq: number;
  readonly id: string;
  readonly createdAt: number;
  readonly body: { readonly [field: string]: unknown };
  readonly began: number;
  readonly suppressBefore: number | null;
  readonly engine: Engine;
}

export interface ModelAlert {
  readonly rule: string;
  readonly level: Level;
  readonly key: string;
  readonly begins: number;
  readonly periodMs: number;
  count: number;
  backfilled: boolean;
  /** What people are to hear of it, in order: the kind, the count, and the first entries that were counted. */
  readonly told: string[];
  /** What is kept of each of its entries: why something was said then or not, or that it was counted. */
  readonly matches: Map<number, string>;
  closing: string | null;
}

/** How often a rule is to have matched; its latest time and last entry. */
export interface ModelActivity {
  matched: number;
  lastAt: number;
  lastSeq: number;
}

export interface Owed {
  readonly alerts: readonly ModelAlert[];
  readonly activity: ReadonlyMap<string, ModelActivity>;
}

/** What the model is told: how the world was set up, and when each alert closed, which no entry says. */
export interface Circumstances {
  readonly allowedLatenessMs: number;
  readonly routes: readonly RoutedReceiver[];
  /** Alert id → the number of the last entry recorded by then. */
  readonly closings: ReadonlyMap<number, number>;
}

const HOUR = 3_600_000;
const MATCHES_KEPT = 100;
const CONTRIBUTING_MAX = 20;
const CONTRIBUTING_SHOWN = 3;

/** Whether a receiver hears of a level. */
export function hears(route: RoutedReceiver, level: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(route.minLevel);
}

/** What is owed for these entries in `seq` order. */
export function owedFor(entries: readonly ModelEntry[], { allowedLatenessMs, routes, closings }: Circumstances): Owed {
  const alerts: ModelAlert[] = [];
  const activity = new Map<string, ModelActivity>();
  const windows = createPlainWindows();
  let engine: Engine | null = null;

  const unheard = (level: Level): string | null => {
    if (routes.some((route) => hears(route, level))) return null;
    return level === 'informational' ? 'informational' : 'no receiver of its level';
  };

  /** Places a match; the alert, where it opens or first tells one. */
  const happened = (rule: Rule, entry: ModelEntry, at: number, key: string): ModelAlert | null => {
    const active = activity.get(rule.id) ?? { matched: 0, lastAt: at, lastSeq: 0 };
    activity.set(rule.id, active);
    active.matched++;
    active.lastAt = Math.max(active.lastAt, at);
    active.lastSeq = entry.seq;
    if (!rule.alerts) return null;
    const suppress = entry.suppressBefore !== null && entry.createdAt < entry.suppressBefore;
    const periodMs = rule.tocsin.dedupPeriodMs ?? HOUR;
    const near = alerts
      .filter((alert) => alert.rule === rule.id && alert.key === key && Math.abs(alert.begins - at) < alert.periodMs)
      .sort((a, b) => a.begins - b.begins);
    const known =
      near.findLast((each) => each.begins <= at && at < each.begins + each.periodMs) ??
      near.find((each) => each.begins > at);
    const alert: ModelAlert = known ?? {
      ...{ rule: rule.id, level: rule.level, key, begins: at, periodMs, count: 0, backfilled: true },
      ...{ told: [], matches: new Map(), closing: null },
    };
    if (known === undefined) alerts.push(alert);
    alert.count++;
    let said = 'grouped';
    if (suppress) said = 'backfilled';
    else if (alert.backfilled) said = unheard(rule.level) ?? `opened: first ${known === undefined ? '' : 'live '}match`;
    else if (/^10+$/.test(String(alert.count))) said = unheard(rule.level) ?? `updated: count reached ${alert.count}`;
    if (!suppress) alert.backfilled = false;
    const tells = said.includes(':');
    if (tells) alert.told.push(`${said.split(':')[0]} ×${alert.count} `);
    if (tells || alert.count <= MATCHES_KEPT) alert.matches.set(entry.seq, said);
    return known === undefined || said.startsWith('opened') ? alert : null;
  };

  const close = (alert: ModelAlert): void => {
    alert.closing = alert.backfilled
      ? 'backfilled'
      : (unheard(alert.level) ?? (alert.count === 1 ? 'did not grow' : null));
    if (alert.closing !== null) return;
    alert.closing = 'resolved: its period closed after growth';
    alert.told.push(`resolved ×${alert.count} `);
  };

  for (const entry of entries) {
    if (entry.engine !== engine) windows.keepOnly(entry.engine);
    engine = entry.engine;
    const at = Math.min(entry.createdAt, entry.began);
    const matched = engine.evaluate(entry.body).map((match) => match.rule);
    for (const rule of matched) happened(rule, entry, at, JSON.stringify([field(entry.body, 'actor.id') ?? '']));
    for (const { rule, group, at: end, times } of windows.see(
      engine,
      new Set(matched.map(({ id }) => id)),
      entry.body,
      at,
      entry.began - allowedLatenessMs,
    )) {
      const tellsFirst = happened(rule, entry, end, JSON.stringify([group]));
      if (tellsFirst === null) continue;
      const counted = entries
        .filter((each) => each.seq < entry.seq && each.createdAt <= each.began && times.has(each.createdAt))
        .filter((each) => field(each.body, rule.groupBy[0] ?? '') === group)
        .filter((each) => concerns(rule, satisfiedBy(each, entry.engine), entry.engine))
        .sort((a, b) => a.createdAt - b.createdAt || a.seq - b.seq);
      if (tellsFirst.matches.get(entry.seq)?.startsWith('opened')) {
        tellsFirst.told.push(`${tellsFirst.told.pop()}${counted.slice(0, CONTRIBUTING_SHOWN).map(({ id }) => id)}`);
      }
      for (const { seq } of counted.slice(0, CONTRIBUTING_MAX)) {
        if (!tellsFirst.matches.has(seq)) tellsFirst.matches.set(seq, 'contributing');
      }
    }
    alerts.forEach((alert, index) => {
      if (alert.closing === null && closings.get(index + 1) === entry.seq) close(alert);
    });
  }
  return { alerts, activity };
}

function satisfiedBy(entry: ModelEntry, engine: Engine): ReadonlySet<string> {
  return new Set(engine.evaluate(entry.body).map(({ rule }) => rule.id));
}

/** `rule key` of all that rings when the entries are taken in the order of their time. */
export function rungInTimeOrder(entries: readonly ModelEntry[]): Set<string> {
  const rung = new Set<string>();
  const windows = createPlainWindows();
  const dated = entries.map((entry) => ({ ...entry, at: Math.min(entry.createdAt, entry.began) }));
  for (const { at, body, engine } of dated.sort((a, b) => a.at - b.at)) {
    const matched = engine.evaluate(body).map((match) => match.rule);
    for (const rule of matched) {
      if (rule.alerts) rung.add(`${rule.id} ${JSON.stringify([field(body, 'actor.id') ?? ''])}`);
    }
    for (const { rule, group } of windows.see(engine, new Set(matched.map(({ id }) => id)), body, at, at)) {
      if (rule.alerts) rung.add(`${rule.id} ${JSON.stringify([group])}`);
    }
  }
  return rung;
}

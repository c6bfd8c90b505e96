/**
 * What people read of a backtest: by rule what it did, and how two backtests of the same entries differ. Pure.
 */
import { listedRules, type Rule } from '../sigma/index.ts';
import type { BacktestResult, PastAlert } from './backtest.ts';

/** What a rule did. */
export interface RuleSummary {
  readonly rule: Pick<Rule, 'id' | 'name' | 'title' | 'level' | 'path' | 'alerts'>;
  readonly matches: number;
  readonly alerts: number;
  /** How many of the alerts notified somebody. */
  readonly notified: number;
  /** Decisions that notified a receiver. */
  readonly notifications: number;
  /** Of the alerts, the first by each dedup key, then further ones; at most as many as were asked for. */
  readonly samples: readonly PastAlert[];
}

/** What each of these rules did, the most severe first; those that did nothing, too. */
export function ruleSummaries(rules: readonly Rule[], result: BacktestResult, samples: number): readonly RuleSummary[] {
  const byRule = Map.groupBy(result.alerts, ({ rule }) => rule);
  const days = new Map(result.rules.map((of) => [of.rule, of.days]));
  return listedRules(rules).map(({ id, name, title, level, path, alerts: isAlerting }) => {
    const alerts = byRule.get(id) ?? [];
    const counted = days.get(id) ?? [];
    return {
      rule: { id, name, title, level, path, alerts: isAlerting },
      matches: counted.reduce((sum, { matches }) => sum + matches, 0),
      alerts: alerts.length,
      notified: alerts.filter(isNotified).length,
      notifications: counted.reduce((sum, { notifications }) => sum + notifications, 0),
      samples: samplesOf(alerts, samples),
    };
  });
}

/** Whether somebody was notified of an alert. */
export function isNotified({ notified }: PastAlert): boolean {
  return Object.values(notified).some((count) => count > 0);
}

/** So many alerts: of different dedup keys first. */
export function samplesOf(alerts: readonly PastAlert[], most: number): readonly PastAlert[] {
  const keys = new Set<string>();
  const isFirst = ({ rule, key }: PastAlert): boolean => {
    const of = `${rule}\n${key}`;
    const isNew = !keys.has(of);
    keys.add(of);
    return isNew;
  };
  return [...new Set([...alerts.filter(isFirst), ...alerts])].slice(0, most).sort((a, b) => a.id - b.id);
}

/** How two backtests of the same entries differ. */
export interface Difference {
  /** Alerts of the second that the first has not, and the other way round. */
  readonly added: readonly PastAlert[];
  readonly removed: readonly PastAlert[];
  /** The same in both, at another level, or of which somebody is notified in one alone. */
  readonly changed: readonly { readonly before: PastAlert; readonly after: PastAlert }[];
  /** How many are the same, however many matches they have. */
  readonly same: number;
}

/** Compares alerts by rule and key: two are the same where their times overlap. */
export function difference(before: readonly PastAlert[], after: readonly PastAlert[]): Difference {
  const known = Map.groupBy(before, placeOf);
  const added: PastAlert[] = [];
  const changed: { before: PastAlert; after: PastAlert }[] = [];
  let same = 0;
  const left = new Set(before);
  for (const alert of after) {
    const old = known.get(placeOf(alert))?.find((each) => left.has(each) && overlap(each, alert));
    if (old === undefined) added.push(alert);
    else {
      left.delete(old);
      if (old.level !== alert.level || isNotified(old) !== isNotified(alert))
        changed.push({ before: old, after: alert });
      else same++;
    }
  }
  return { added, removed: before.filter((each) => left.has(each)), changed, same };
}

function placeOf({ rule, key }: PastAlert): string {
  return `${rule}\n${key}`;
}

function overlap(a: PastAlert, b: PastAlert): boolean {
  return a.firstAt <= b.lastAt && b.firstAt <= a.lastAt;
}

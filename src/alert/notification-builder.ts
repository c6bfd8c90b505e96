/**
 * The notification about an alert: from its row, its rule where there still is one, and the match it shows.
 *
 * Contract: pure. It holds all that a message shows, so that it can be sent when the rule and the entry are gone.
 */
import type { Evidence, Rule } from '../sigma/index.ts';
import type { Alert, MatchedWindow } from './alert.ts';
import { conditionWords } from './condition-wording.ts';
import { entryView } from './entry-view.ts';
import type { AlertNotification, EntryView } from './notification.ts';
import { RULES_MAX } from './number-wording.ts';

/** What a notification shows: an entry, and why it matched. */
export interface Shown {
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
}

/** What is to be said about an alert. `rule`: null where it is no more; the alert's row says what it knows of it. */
export function buildNotification(
  kind: AlertNotification['kind'],
  rule: Rule | null,
  alert: Alert,
  shown: Shown,
  window: AlertNotification['window'],
): AlertNotification {
  return {
    kind,
    alert: {
      id: alert.id,
      ruleId: alert.rule,
      title: rule?.title ?? alert.title,
      description: rule?.description ?? null,
      level: rule?.level ?? alert.level,
      runbook: rule?.tocsin.runbook ?? null,
      falsepositives: rule?.falsepositives ?? [],
      tags: rule?.tags ?? [],
      key: alert.keyParts,
      count: alert.count,
      firstAt: alert.begins,
      lastAt: alert.lastAt,
      periodMs: alert.periodMs,
    },
    entry: shown.entry,
    evidence: shown.evidence,
    window,
  };
}

/** What is told of a rule's title. */
const TITLE_CHARS = 120;
/** What is told of a condition. */
const CONDITION_CHARS = 300;

/** A window that fired, as messages show it, with no entries yet. */
export function notifiedWindow(
  { correlation, window: fired }: MatchedWindow,
  titleOf: (id: string) => string,
): NonNullable<AlertNotification['window']> {
  const { type, timespanMs, fields, percentile, rules } = correlation;
  // Counts hold no more than their condition needs (sigma/correlate/window.ts).
  const isCount =
    type === 'event_count' || type === 'value_count' || (type === 'temporal' && fired.value < rules.length);
  const { condition } = correlation;
  const atLeast = isCount && condition.length > 0 && condition.every(({ value }) => fired.value > value);
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  return {
    ...{ type, value: finite(fired.value), atLeast, timespanMs, fields, percentile },
    rules: isTemporal ? rules.slice(0, RULES_MAX).map((id) => titleOf(id).slice(0, TITLE_CHARS)) : [],
    condition: conditionWords(correlation, titleOf).slice(0, CONDITION_CHARS),
    first: [],
  };
}

/** A sum of what entries claim may be too large for a number, and JSON has no word for that. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/** An entry that is no more, as far as its alert remembers it: when, and the dedup key. Its id is "". */
export function entryFromAlert(alert: Alert): EntryView {
  return entryView('', alert.lastAt, Object.fromEntries(alert.keyParts.map(({ field, value }) => [field, value])));
}

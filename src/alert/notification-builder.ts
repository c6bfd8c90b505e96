/**
 * Builds the notification about an alert from its row, its rule if it still exists, and the match to show.
 *
 * Contract: pure. The result holds everything that a message shows, so that it can be sent after the rule and the entry are
 * gone.
 */
import type { Evidence, Rule } from '../sigma/index.ts';
import type { Alert, MatchedWindow } from './alert.ts';
import { conditionWords } from './condition-wording.ts';
import { entryView } from './entry-view.ts';
import type { AlertNotification, EntryView } from './notification.ts';
import { RULES_MAX } from './number-wording.ts';

/** The entry that a notification shows, and why it matched. */
export interface ShownEntry {
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
}

/** Builds it. `rule`: null if it no longer exists; the alert's row then holds what is known of it. */
export function buildNotification(
  { kind, reason }: Pick<AlertNotification, 'kind' | 'reason'>,
  rule: Rule | null,
  alert: Alert,
  shown: ShownEntry,
  window: AlertNotification['window'],
): AlertNotification {
  return {
    kind,
    ...(reason !== undefined && { reason }),
    alert: {
      id: alert.id,
      ruleId: alert.rule,
      title: rule?.title ?? alert.title,
      description: rule?.description ?? null,
      level: alert.level,
      runbook: rule?.tocsin.runbook ?? null,
      falsepositives: rule?.falsepositives ?? [],
      tags: rule?.tags ?? [],
      key: alert.keyParts,
      count: alert.count,
      firstAt: alert.firstAt,
      lastAt: alert.lastAt,
      periodMs: alert.periodMs,
      networks: alert.networks.length,
      acknowledgedBy: alert.acknowledged?.by ?? null,
    },
    entry: shown.entry,
    evidence: shown.evidence,
    ...(kind === 'resolved' && alert.resolution !== null && { resolution: alert.resolution }),
    window,
  };
}

/** More of a rule's title or condition is not shown. */
const TITLE_MAX = 120;
const CONDITION_MAX = 300;

/** A window that met its condition, as messages show it, without entries. */
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
    rules: isTemporal ? rules.slice(0, RULES_MAX).map((id) => titleOf(id).slice(0, TITLE_MAX)) : [],
    condition: conditionWords(correlation, titleOf).slice(0, CONDITION_MAX),
    first: [],
  };
}

/** A sum of values in entries may be infinite, which JSON can't represent. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}

/** What an alert still holds of an evicted entry: when it was, and the dedup key. Its id is "". */
export function entryFromAlert(alert: Alert): EntryView {
  return entryView('', alert.lastAt, Object.fromEntries(alert.keyParts.map(({ field, value }) => [field, value])));
}

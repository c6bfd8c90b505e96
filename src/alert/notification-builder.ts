/**
 * Builds the notification about an alert from its row, its rule if it still exists, and the match to show.
 *
 * Contract: pure. The result holds everything that a message shows, so that it can be sent after the rule and the entry are
 * gone.
 */
import { entryField } from '../audit-log/derived-fields.ts';
import type { EntryBody } from '../audit-log/entry.ts';
import { type Evidence, isOfOneEntry, type Rule } from '../sigma/index.ts';
import { canonicalJson } from '../text/canonical-json.ts';
import { safeSlice } from '../text/untrusted.ts';
import type { Alert, MatchedWindow } from './alert.ts';
import { conditionWords } from './condition-wording.ts';
import { entryView } from './entry-view.ts';
import type { AlertNotification, EntryView } from './notification.ts';
import { RULES_MAX } from './number-wording.ts';

/** The entry that a notification shows, and why it matched. */
export interface ShownEntry {
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
  /** The whole entry, for the rule's `fields`; absent: it is gone. */
  readonly body?: EntryBody;
}

/** What there is to report. */
interface NotificationNews extends Pick<AlertNotification, 'kind' | 'reason'> {
  readonly newNetworks?: readonly string[];
}

/** Builds it. `rule`: null if it no longer exists; the alert's row then holds what is known of it. */
export function buildNotification(
  { kind, reason, newNetworks = [] }: NotificationNews,
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
      ...(newNetworks.length > 0 && { newNetworks }),
      acknowledgedBy: alert.acknowledged?.by ?? null,
    },
    entry: shown.entry,
    evidence: shown.evidence,
    ...fieldsOf(rule, shown.body),
    ...(kind === 'resolved' && alert.resolution !== null && { resolution: alert.resolution }),
    window,
  };
}

/**
 * What the rule's Sigma `fields` have in the entry; of `first_seen`, the fields whose value is new. Nothing of other
 * correlations: their fields are what is counted.
 */
function fieldsOf(rule: Rule | null, body: EntryBody | undefined): Pick<AlertNotification, 'fields'> {
  if (rule === null || !isOfOneEntry(rule) || rule.fields.length === 0 || body === undefined) return {};
  const fields = rule.fields.slice(0, FIELDS_MAX).map((field) => {
    const value = entryField(body, field) ?? null;
    const text = value === null || typeof value === 'string' ? value : canonicalJson(value);
    return { field, value: text === null ? null : safeSlice(text, FIELD_CHARS) };
  });
  return { fields };
}

const FIELDS_MAX = 8;
const FIELD_CHARS = 300;
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

/**
 * Evaluates accepted entries: what changes in windows, alerts and matches, and which notifications follow.
 *
 * Contract: a function of what is stored (read through `EvaluationReads`), the entries in their order, the context of
 * their scan and the rules; it changes nothing itself. An entry's event time is its `occurredAt`. An id counts once in an
 * alert and a window: a revision of an entry adds what its earlier versions have not counted (counted-once.ts).
 */
import type { Alert, MatchedWindow } from '../../alert/alert.ts';
import { decideNotification } from '../../alert/decisions.ts';
import { entryView } from '../../alert/entry-view.ts';
import { dedupKey, keyText } from '../../alert/key.ts';
import type { AlertNotification, EntryView } from '../../alert/notification.ts';
import { buildNotification, notifiedWindow } from '../../alert/notification-builder.ts';
import { numberWords } from '../../alert/number-wording.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import {
  type CorrelationMatch,
  type Correlator,
  createCorrelator,
  type Engine,
  type Evidence,
  type KeyPart,
  type Match,
  type Rule,
} from '../../sigma/index.ts';
import type {
  Accepted,
  ActivityChange,
  AlertMatch,
  Changes,
  ContributingMatch,
  EvaluationReads,
  ScanContext,
} from '../model.ts';
import { createBatchAlerts } from './batch-alerts.ts';
import { type ContributingEntry, contributingEntries } from './contributing.ts';
import { type Earlier, earlierOf } from './counted-once.ts';
import { type BatchWindows, createBatchWindows } from './windows.ts';

/** An accepted entry with the matches of its detections. */
export interface MatchedEntry {
  readonly entry: Accepted;
  readonly matches: readonly Match[];
}

export type Evaluate = (
  entries: readonly MatchedEntry[],
  scanContext: ScanContext,
  reads: EvaluationReads,
  lastAlert: number,
) => Changes;

/** The most matches of one alert that are stored with their evidence. */
export const MATCHES_MAX = 100;
/** A notification shows this many of the entries that a correlation counted. */
const CONTRIBUTING_SHOWN = 3;

/** Creates the evaluation for one compiled set of rules. */
export function createEvaluation(engine: Engine, receivers: readonly RoutedReceiver[]): Evaluate {
  const correlator = createCorrelator([...engine.rules.values()]);
  return (entries, scanContext, reads, lastAlert) => {
    const batch = createBatch({ engine, correlator, receivers, scanContext, reads, lastAlert });
    for (const { entry, matches } of entries) {
      const at = entry.occurredAt;
      const earlier = entry.revision === 0 ? null : earlierOf(reads.versionsBefore(entry), engine, correlator);
      for (const match of matches) batch.add(detectionMatch(match, entry, at), earlier);
      const event = { at, body: entry.body, matches };
      const windows = earlier === null ? batch.windows : earlier.uncounted(batch.windows);
      for (const match of correlator.correlate(event, scanContext.horizon, windows))
        batch.add(correlationMatch(match, entry), earlier);
    }
    return batch.changes();
  };
}

/** A match of a rule with an entry: its event time and dedup key, and for a correlation the window that fired. */
interface RuleMatch {
  readonly rule: Rule;
  readonly entry: Accepted;
  readonly at: number;
  readonly keyParts: readonly KeyPart[];
  readonly evidence: readonly Evidence[];
  readonly window: MatchedWindow | null;
}

function detectionMatch({ rule, evidence }: Match, entry: Accepted, at: number): RuleMatch {
  return { rule, entry, at, keyParts: dedupKey(rule, entry.body, null), evidence, window: null };
}

function correlationMatch({ rule, group, window, evidence }: CorrelationMatch, entry: Accepted): RuleMatch {
  return {
    ...{ rule, entry, keyParts: dedupKey(rule, entry.body, group), evidence, at: window.at },
    window: { correlation: rule, key: keyText(group), window },
  };
}

interface BatchContext {
  readonly engine: Engine;
  readonly correlator: Correlator;
  readonly receivers: readonly RoutedReceiver[];
  readonly scanContext: ScanContext;
  readonly reads: EvaluationReads;
  readonly lastAlert: number;
}

/** What the matches of one batch change, collected match by match. */
function createBatch(context: BatchContext): {
  readonly windows: BatchWindows;
  /** `earlier`: of a revision; null for an entry's first version. */
  add(match: RuleMatch, earlier: Earlier | null): void;
  changes(): Changes;
} {
  const { engine, correlator, receivers, scanContext, reads } = context;
  const titleOf = (id: string): string => engine.rules.get(id)?.title ?? id;
  const windows = createBatchWindows(reads.window);
  const alerts = createBatchAlerts(reads, context.lastAlert);
  const matches: AlertMatch[] = [];
  const contributing: ContributingMatch[] = [];
  const activity = new Map<string, ActivityChange>();
  const notifications: AlertNotification[] = [];

  /** Whether an earlier version has matched in this alert. Beyond the stored matches, only detections are found again. */
  const hasCounted = (alert: Alert, rule: Rule, { seqs, matchedAt }: Earlier): boolean =>
    matches.some((each) => each.alert === alert.id && seqs.includes(each.seq)) ||
    reads.hasMatched(alert.id, seqs) ||
    (alert.count > MATCHES_MAX &&
      matchedAt(rule, alert.key).some((at) => alerts.find(rule, alert.key, at)?.id === alert.id));

  const add = (match: RuleMatch, earlier: Earlier | null): void => {
    const { rule, entry, at, keyParts, evidence, window } = match;
    const { seq } = entry;
    activity.set(rule.id, nextActivity(activity.get(rule.id), match));
    if (!rule.alerts) return;
    const key = keyText(keyParts);
    const { suppressBefore } = scanContext;
    const isBackfilled = suppressBefore !== null && entry.occurredAt < suppressBefore;
    const joins = alerts.find(rule, key, at);
    // A correlation that fires for several groups of one entry may have one dedup key for all of them.
    if (joins?.lastSeq === seq || (joins !== null && earlier !== null && hasCounted(joins, rule, earlier))) return;
    const decision = decideNotification({ level: rule.level, suppress: isBackfilled, joins, receivers });
    const alertMatch = { rule, seq, at, isBackfilled };
    const alert = joins === null ? alerts.open(alertMatch, key, keyParts) : alerts.join(joins, alertMatch);
    const isKept = alert.count <= MATCHES_MAX || decision.notify;
    const shownWindow = window === null || !isKept ? null : notifiedWindow(window, titleOf);
    const isOpening = joins === null || (decision.notify && decision.kind === 'opened');
    if (isKept) {
      const number = shownWindow === null ? null : numberWords(shownWindow);
      const events = isOpening && shownWindow?.type === 'event_count' ? shownWindow.value : null;
      matches.push({ alert: alert.id, seq, at, decision, evidence, number, counted: events });
    }
    const counted = isOpening && window !== null ? contributingEntries(window, seq, reads, engine, correlator) : [];
    contributing.push(...counted.map((each) => contributingRow(alert, each)));
    if (!decision.notify) return;
    const first = counted.slice(0, CONTRIBUTING_SHOWN).map((each) => viewOf(each.entry));
    const shown = { entry: viewOf(entry), evidence };
    const withEntries = shownWindow === null ? null : { ...shownWindow, first };
    notifications.push(buildNotification(decision.kind, rule, alert, shown, withEntries));
  };

  return {
    windows,
    add,
    changes: () => ({
      windows: windows.touched(),
      ...alerts.changes(),
      matches,
      contributing,
      activity: [...activity.values()],
      notifications,
    }),
  };
}

/** How often the rule matched, this match included. */
function nextActivity(before: ActivityChange | undefined, { rule, entry, at }: RuleMatch): ActivityChange {
  return {
    rule: rule.id,
    matched: (before?.matched ?? 0) + 1,
    lastAt: Math.max(at, before?.lastAt ?? at),
    lastSeq: entry.seq,
  };
}

function contributingRow(alert: Alert, { entry, evidence }: ContributingEntry): ContributingMatch {
  return { alert: alert.id, seq: entry.seq, at: entry.occurredAt, evidence };
}

function viewOf({ id, createdAt, body }: Accepted): EntryView {
  return entryView(id, createdAt, body);
}

/**
 * Takes new entries in, inside the transaction of their batch.
 *
 * Contract: entries are numbered, stored and evaluated in that order, and what evaluation decides (windows, alerts,
 * matches, deliveries) is stored with them. What can't be read or evaluated is quarantined, counted and raised as a health
 * alert; the rest is recorded.
 */
import type { Alert } from '../../alert/alert.ts';
import { isLive } from '../../alert/identity.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { CorrelationRule, Engine } from '../../sigma/index.ts';
import { notifyResolved } from '../deliver/notify-now.ts';
import type { Notifying } from '../deliver/places.ts';
import { enqueueNotifications } from '../deliver/waiting.ts';
import { overflowingRule, raiseHealthAlert } from '../health/health-alerts.ts';
import type { Accepted, Changes, InvalidRecord, ScanContext } from '../model.ts';
import type { OpenedAlert } from '../rpc.ts';
import { matchesOf } from '../store/derived-fields.ts';
import { withRecent } from '../store/recent.ts';
import type { State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { accept, type Unrecorded } from './dedupe.ts';
import { indexFilled, indexOlder } from './entry-index.ts';
import { createEvaluation } from './evaluate.ts';
import { applyChanges, createEvaluationStore } from './evaluation-store.ts';
import { type GroupLimit, limitGroups } from './group-limit.ts';
import { isQuarantineFull, quarantine } from './quarantine.ts';

export interface IntakeResult {
  /** The state after it, not stored yet. */
  readonly state: State;
  readonly recorded: number;
  readonly quarantined: number;
  readonly opened: readonly OpenedAlert[];
  /** The recorded revisions. */
  readonly revisions: readonly Accepted[];
}

/** Takes in `entries`, which are new and in order; `malformed` records go straight to quarantine. */
export type Intake = (
  state: State,
  entries: readonly Unrecorded[],
  malformed: readonly InvalidRecord[],
  scanContext: ScanContext,
  now: number,
) => IntakeResult;

/** A block of entries from before there was an index is indexed so often, while the day has rows for it. */
const INDEX_OLDER_EVERY_MS = 10 * 60_000;

/** Creates the intake of a ledger. Evaluation reads the past from the same store. */
export function createIntake(store: Store, setup: Notifying): Intake {
  const { engine, receivers } = setup;
  const evaluate = createEvaluation(setup);
  const reads = createEvaluationStore(store, engine);
  return (state, entries, malformed, scanContext, now) => {
    const { matched, invalid } = matchEntries(entries, engine);
    const quarantined = quarantineInvalid(store, [...malformed, ...invalid], receivers, now);
    const counters = { ...state.counters, quarantined: state.counters.quarantined + quarantined };
    if (matched.length === 0) {
      return { state: { ...state, counters }, opened: [], quarantined, recorded: 0, revisions: [] };
    }
    const accepted = accept(store, matched, state.lastSeq, scanContext, engine.version);
    const changes = evaluate(accepted, scanContext, reads, state.lastAlert);
    const lastSeq = state.lastSeq + accepted.length;
    indexFilled(store, state.lastSeq, lastSeq);
    const isDue = Math.floor(now / INDEX_OLDER_EVERY_MS) !== Math.floor(state.savedAt / INDEX_OLDER_EVERY_MS);
    const olderIndexed = isDue ? indexOlder(store, lastSeq, state.olderIndexed, now) : state.olderIndexed;
    applyChanges(store, changes, reads, lastSeq);
    const limited = limitGroups(store, changes.windows, state.groups ?? {});
    const dropped = reportOverflow(store, changes, limited, receivers, now);
    enqueueNotifications(store, changes.notifications, receivers, now);
    for (const alert of supersededIn(changes)) notifyResolved(store, setup, alert, now);
    const next: State = {
      ...state,
      lastSeq,
      lastAlert: changes.lastAlert,
      groups: limited.counts,
      ...(olderIndexed && { olderIndexed }),
      recent: withRecent(
        state.recent ?? {},
        accepted.map(({ entry }) => entry.occurredAt),
        // Not `firstAt`: a late match may move that into another step.
        changes.alerts.flatMap(({ id, firstSeq }) =>
          changes.openedIds.has(id) ? [accepted[firstSeq - state.lastSeq - 1]?.entry.occurredAt ?? now] : [],
        ),
      ),
      counters: {
        ...counters,
        recorded: counters.recorded + accepted.length,
        overflowed: counters.overflowed + dropped,
      },
    };
    const revisions = accepted.map(({ entry }) => entry).filter(({ revision }) => revision > 0);
    return { state: next, opened: openedBy(changes), quarantined, recorded: accepted.length, revisions };
  };
}

/** Parses entries and matches their detections. Evaluation throws only by a bug; the entry is invalid then. */
function matchEntries(entries: readonly Unrecorded[], engine: Engine) {
  const invalid: InvalidRecord[] = [];
  const matched = entries.flatMap((incoming) => {
    try {
      const body = JSON.parse(incoming.text);
      return [{ incoming, body, matches: matchesOf(body, incoming.mark ?? null, engine) }];
    } catch (error) {
      const { id, text, occurredAt: readAt } = incoming;
      invalid.push({ id, problem: `evaluation failed: ${String(error)}`, text, readAt });
      return [];
    }
  });
  return { matched, invalid };
}

/** Returns how many were not in quarantine yet. */
function quarantineInvalid(
  store: Store,
  invalid: readonly InvalidRecord[],
  receivers: readonly RoutedReceiver[],
  now: number,
): number {
  const quarantined = quarantine(store, invalid, now);
  if (quarantined > 0) {
    const kept = isQuarantineFull(store) ? '. They are so many that only their ids and the reasons are kept' : '';
    const summary = `${quarantined} or more audit-log records could not be read and were quarantined${kept}`;
    raiseHealthAlert(store, 'quarantine', summary, receivers, now);
  }
  return quarantined;
}

/** Raises a health alert for each rule that had to drop something; returns how much was dropped. */
function reportOverflow(
  store: Store,
  { windows }: Changes,
  limited: GroupLimit,
  receivers: readonly RoutedReceiver[],
  now: number,
): number {
  const inGroups = new Map<CorrelationRule, number>();
  for (const { rule, dropped } of windows) {
    if (dropped > 0) inGroups.set(rule, (inGroups.get(rule) ?? 0) + dropped);
  }
  const all: { readonly rule: CorrelationRule; readonly dropped: number; readonly what: string }[] = [
    ...limited.dropped.map(({ rule, groups }) => ({
      ...{ rule, dropped: groups },
      what: 'has more groups than Tocsin can keep. The least recently active were dropped.',
    })),
    // One health alert for all of a rule's groups: an attacker decides how many overflow at once.
    ...[...inGroups].map(([rule, dropped]) => ({
      ...{ rule, dropped },
      what: 'has a group with more matches than Tocsin can keep. The oldest were dropped.',
    })),
  ];
  for (const { rule, what } of all) {
    raiseHealthAlert(store, overflowingRule(rule.id), `the rule ${rule.title} ${what}`, receivers, now);
  }
  return all.reduce((sum, { dropped }) => sum + dropped, 0);
}

/** How many characters of its evidence an opened alert has in the log. */
const EVIDENCE_CHARS = 500;

/** The alerts that evaluation resolved, since others go on. */
function supersededIn({ alerts, before }: Changes): readonly Alert[] {
  const isUnresolved = (id: number): boolean => isLive(before.get(id)?.status ?? 'open');
  return alerts.filter(({ id, resolution }) => resolution?.reason === 'superseded' && isUnresolved(id));
}

/** The alerts that evaluation opened, each with its first match's evidence and decision. */
function openedBy(changes: Changes): OpenedAlert[] {
  return changes.alerts
    .filter((alert) => changes.openedIds.has(alert.id))
    .map((alert) => {
      const first = changes.matches.find((match) => match.alert === alert.id && match.seq === alert.firstSeq);
      const evidence = first?.evidence.map((item) => `${item.field ?? 'keyword'}=${item.value}`).join(', ') ?? '';
      return {
        id: alert.id,
        rule: alert.rule,
        title: alert.title,
        level: alert.level,
        decisions: first?.decisions ?? null,
        evidence: evidence.slice(0, EVIDENCE_CHARS),
      };
    });
}

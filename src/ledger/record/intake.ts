/**
 * Taking entries in: what happens to those that are new, in the transaction of their batch.
 *
 * Contract: they are numbered, stored, evaluated in that order, and what evaluation decides is stored with them:
 * windows, alerts, matches, deliveries. What can't be read or evaluated is put away, counted and told; the rest goes on.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { CorrelationRule, Engine } from '../../sigma/index.ts';
import { enqueueNotification } from '../deliver/enqueue.ts';
import { overflowingRule, raiseHealthAlert } from '../health/alerts.ts';
import type { Changes, InvalidRecord, ScanContext } from '../model.ts';
import type { Incoming, OpenedAlert } from '../rpc.ts';
import type { State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { accept } from './dedupe.ts';
import { createEvaluation } from './evaluate.ts';
import { applyChanges, createEvaluationStore } from './evaluation-store.ts';
import { type Limited, limitGroups } from './group-limit.ts';
import { quarantine } from './quarantine.ts';

/** What taking entries in came to. */
export interface Taken {
  readonly state: State;
  readonly recorded: number;
  readonly quarantined: number;
  readonly opened: readonly OpenedAlert[];
}

/** Takes new entries in. `fresh` are sifted and in order; `malformed` goes straight to the quarantine. */
export type Take = (
  state: State,
  fresh: readonly Incoming[],
  malformed: readonly InvalidRecord[],
  scanContext: ScanContext,
  now: number,
) => Taken;

/** Creates the intake of a ledger; the past, as far as rules ask for it, is read from the same store. */
export function createIntake(
  store: Store,
  engine: Engine,
  allowedLatenessMs: number,
  receivers: readonly RoutedReceiver[],
): Take {
  const evaluation = createEvaluation(engine, allowedLatenessMs, receivers);
  const reads = createEvaluationStore(store, engine);
  return (
    state: State,
    fresh: readonly Incoming[],
    malformed: readonly InvalidRecord[],
    scanContext: { began: number; suppressBefore: number | null },
    now: number,
  ): Taken => {
    const invalid: InvalidRecord[] = [...malformed];
    const sound = fresh.flatMap((incoming) => {
      try {
        const body = JSON.parse(incoming.text);
        return [{ incoming, body, matches: evaluation.match(body) }];
      } catch (error) {
        invalid.push({ id: incoming.id, problem: `evaluation failed: ${String(error)}`, text: incoming.text });
        return [];
      }
    });
    const quarantined = quarantine(store, invalid, now);
    if (quarantined > 0) {
      const what = `${quarantined} or more audit-log records could not be read and were put away`;
      raiseHealthAlert(store, 'quarantine', what, receivers, now);
    }
    const counters = { ...state.counters, quarantined: state.counters.quarantined + quarantined };
    if (sound.length === 0) return { state: { ...state, counters }, opened: [], quarantined, recorded: 0 };
    const accepted = accept(store, sound, state.lastSeq, scanContext, engine.version);
    const changes = evaluation.evaluate(accepted, scanContext, reads, state.lastAlert);
    const lastSeq = state.lastSeq + accepted.length;
    applyChanges(store, changes, reads, lastSeq);
    const limited = limitGroups(store, changes.windows, state.groups ?? {});
    const dropped = reportOverflow(store, changes, limited, receivers, now);
    for (const notification of changes.notifications) enqueueNotification(store, notification, receivers, now);
    const next: State = {
      ...state,
      lastSeq,
      lastAlert: changes.lastAlert,
      latestBegan: Math.max(state.latestBegan, scanContext.began),
      groups: limited.counts,
      counters: {
        ...counters,
        recorded: counters.recorded + accepted.length,
        overflowed: counters.overflowed + dropped,
      },
    };
    return { state: next, opened: openedBy(changes, engine), quarantined, recorded: accepted.length };
  };
}

/** Raises an alarm for each rule that had to forget something; returns how much that was. */
function reportOverflow(
  store: Store,
  { windows }: Changes,
  limited: Limited,
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
      what: 'has more groups than are kept: those that nothing was added to for the longest time were dropped',
    })),
    // One alarm for all of a rule's groups: how many overflow at once is in an attacker's hand.
    ...[...inGroups].map(([rule, dropped]) => ({
      ...{ rule, dropped },
      what: 'has a group in which more happened than is kept: the oldest of it was dropped',
    })),
  ];
  for (const { rule, what } of all) {
    raiseHealthAlert(store, overflowingRule(rule.id), `the rule ${rule.title} ${what}`, receivers, now);
  }
  return all.reduce((sum, { dropped }) => sum + dropped, 0);
}

/** How much of its evidence an opened alert tells the log. */
const EVIDENCE_LIMIT = 500;

/** The alerts that evaluation opened, each with its first match's evidence and what was said of it. */
function openedBy(changes: Changes, engine: Engine): OpenedAlert[] {
  return changes.alerts
    .filter((alert) => changes.openedIds.has(alert.id))
    .map((alert) => {
      const first = changes.matches.find((match) => match.alert === alert.id && match.seq === alert.firstSeq);
      const why = first?.evidence.map((item) => `${item.field ?? 'keyword'}=${item.value}`).join(', ') ?? '';
      const level = engine.rules.get(alert.rule)?.level ?? 'informational';
      return {
        id: alert.id,
        rule: alert.rule,
        title: alert.title,
        level,
        decision: first?.decision ?? null,
        evidence: why.slice(0, EVIDENCE_LIMIT),
      };
    });
}

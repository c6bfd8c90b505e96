/**
 * Stores what evaluation decided, with its deliveries and health alerts.
 *
 * Contract: call it in the transaction that evaluated. It returns the state after it, which is not stored yet.
 */
import type { Alert } from '../../alert/alert.ts';
import { isLive } from '../../alert/identity.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { type CorrelationRule, FIRST_SEEN } from '../../sigma/index.ts';
import { notifyResolved } from '../deliver/notify-now.ts';
import type { Notifying } from '../deliver/places.ts';
import { enqueueNotifications } from '../deliver/waiting.ts';
import { overflowingRule, raiseHealthAlert } from '../health/health-alerts.ts';
import type { Changes } from '../model.ts';
import type { OpenedAlert } from '../rpc.ts';
import type { State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { applyChanges, type PlaceOf } from './evaluation-store.ts';
import { type GroupLimit, limitGroups } from './group-limit.ts';

/** `state`: with the number of the last entry. */
export function keepChanges(
  store: Store,
  setup: Notifying,
  changes: Changes,
  placeOf: PlaceOf,
  state: State,
  now: number,
): State {
  const { receivers } = setup;
  applyChanges(store, changes, placeOf, state.lastSeq);
  const limited = limitGroups(store, changes.windows, state.groups ?? {}, placeOf);
  const dropped = reportOverflow(store, changes, limited, receivers, now);
  enqueueNotifications(store, changes.notifications, receivers, now);
  for (const alert of supersededIn(changes)) notifyResolved(store, setup, alert, now);
  const counters = { ...state.counters, overflowed: state.counters.overflowed + dropped };
  return { ...state, lastAlert: changes.lastAlert, groups: limited.counts, counters };
}

/** The alerts that evaluation opened. */
export function openedIn({ alerts, openedIds }: Changes): readonly Alert[] {
  return alerts.filter(({ id }) => openedIds.has(id));
}

/** How many characters of its evidence an opened alert has in the log. */
const EVIDENCE_CHARS = 500;

/** The alerts that evaluation opened, each with its first match's evidence and decision. */
export function openedBy(changes: Changes): readonly OpenedAlert[] {
  return openedIn(changes).map((alert) => {
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
      what: `has a group with more ${rule.type === FIRST_SEEN ? 'values' : 'matches'} than Tocsin can keep. The oldest were dropped.`,
    })),
  ];
  for (const { rule, what } of all) {
    raiseHealthAlert(store, overflowingRule(rule.id), `the rule ${rule.title} ${what}`, receivers, now);
  }
  return all.reduce((sum, { dropped }) => sum + dropped, 0);
}

/** The alerts that evaluation resolved, since others go on. */
function supersededIn({ alerts, before }: Changes): readonly Alert[] {
  const isUnresolved = (id: number): boolean => isLive(before.get(id)?.status ?? 'open');
  return alerts.filter(({ id, resolution }) => resolution?.reason === 'superseded' && isUnresolved(id));
}

/**
 * Alerts: which one a match belongs to, and what is to be said about it. Decisions as named values.
 *
 * Contract: pure. Dedup periods run on event time and begin with an alert's first match; times are ms since the epoch.
 */
import { decideRoute, LEAST_LEVEL, type RoutedReceiver } from '../routing/routing.ts';
import { LEVELS, type Level } from '../sigma/index.ts';
import type { AlertPeriod } from './alert.ts';

/** How long matches of one rule with one key are one alert, where the rule does not say. */
export const DEDUP_PERIOD_MS = 60 * 60_000;
/** The dedup key where neither `dedup.by` nor a correlation's group-by says: who did it. */
export const DEDUP_BY = ['actor.id'] as const;

/**
 * The alert among those of its rule and key that a match at `at` belongs to: the one whose period holds it; else, for a
 * late match, the one that begins less than one period after it; null: it opens a new one. What a person resolved
 * takes no more.
 */
export function findOpenAlert<A extends AlertPeriod>(alerts: readonly A[], at: number): A | null {
  const takes = alerts.filter((alert) => alert.state !== 'resolved').sort((a, b) => a.begins - b.begins);
  const holds = takes.findLast((alert) => alert.begins <= at && at < alert.begins + alert.periodMs);
  return holds ?? takes.find((alert) => at < alert.begins && alert.begins < at + alert.periodMs) ?? null;
}

/** Why nobody hears of alerts of a level. */
export type NoReceiverReason = 'informational' | 'no receiver' | 'no receiver of its level';

/** Whether people hear of a match, and why (not). */
export type NotifyDecision =
  | { readonly notify: true; readonly kind: 'opened'; readonly reason: 'first match' | 'first live match' }
  | { readonly notify: true; readonly kind: 'updated'; readonly reason: `count reached ${number}` }
  | { readonly notify: false; readonly reason: 'backfilled' | 'grouped' | NoReceiverReason };

/** What is known when it is decided whether to speak. */
export interface NotifyInput {
  readonly level: Level;
  /** The match is of the past, read in silence. */
  readonly suppress: boolean;
  /** The alert it joins, as it is before; null: it opens one. */
  readonly joins: { readonly backfilled: boolean; readonly count: number } | null;
  /** The receivers there are. */
  readonly receivers: readonly RoutedReceiver[];
}

/** What is to be said when a match is placed. */
export function decideNotification({ level, suppress, joins, receivers }: NotifyInput): NotifyDecision {
  if (suppress) return { notify: false, reason: 'backfilled' };
  const told = joins !== null && !joins.backfilled ? joins : null;
  if (told !== null && !isMilestone(told.count + 1)) return { notify: false, reason: 'grouped' };
  const unheard = noReceiverReason(level, receivers);
  if (unheard !== null) return { notify: false, reason: unheard };
  if (told !== null) return { notify: true, kind: 'updated', reason: `count reached ${told.count + 1}` };
  return { notify: true, kind: 'opened', reason: joins === null ? 'first match' : 'first live match' };
}

/** Growth is told at 10, 100, 1,000 …: the longer an alert grows, the more seldom. */
function isMilestone(count: number): boolean {
  let milestone = 10;
  while (milestone < count) milestone *= 10;
  return count === milestone;
}

/** Whether people hear that an alert's period closed, and why (not). */
export type ClosingDecision =
  | { readonly notify: true; readonly kind: 'resolved'; readonly reason: 'its period closed after growth' }
  | { readonly notify: false; readonly reason: 'backfilled' | 'did not grow' | NoReceiverReason };

/** What is known of an alert when its period closes. */
export interface ClosingInput {
  readonly level: Level;
  /** Nothing of it was live. */
  readonly backfilled: boolean;
  /** Matches so far. */
  readonly count: number;
  readonly receivers: readonly RoutedReceiver[];
}

/** What is to be said when an alert's period closes: of one that was told and has grown since, that it is over. */
export function decideClosing({ level, backfilled, count, receivers }: ClosingInput): ClosingDecision {
  if (backfilled) return { notify: false, reason: 'backfilled' };
  const unheard = noReceiverReason(level, receivers);
  if (unheard !== null) return { notify: false, reason: unheard };
  if (count <= 1) return { notify: false, reason: 'did not grow' };
  return { notify: true, kind: 'resolved', reason: 'its period closed after growth' };
}

/** Why nobody hears of this level; null where somebody does. A receiver may ask even for what is informational. */
function noReceiverReason(level: Level, receivers: readonly RoutedReceiver[]): NoReceiverReason | null {
  if (receivers.some((receiver) => decideRoute(receiver, level).send)) return null;
  if (LEVELS.indexOf(level) < LEVELS.indexOf(LEAST_LEVEL)) return 'informational';
  return receivers.length === 0 ? 'no receiver' : 'no receiver of its level';
}

/** A decision in words, as it is kept and shown: `opened: first match`, `grouped`. */
export function decisionText(decision: NotifyDecision | ClosingDecision): string {
  return decision.notify ? `${decision.kind}: ${decision.reason}` : decision.reason;
}

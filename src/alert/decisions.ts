/**
 * Which alert a match belongs to, and whether people are notified of it. Decisions are values with a reason; they are
 * stored as JSON, and decision-wording.ts shows them.
 *
 * Contract: pure. Dedup periods run on event time and begin with an alert's first match; times are ms since the epoch.
 */
import { DEFAULT_MIN_LEVEL, decideRoute, type RoutedReceiver } from '../routing/routing.ts';
import { LEVELS, type Level } from '../sigma/index.ts';
import type { AlertPeriod } from './alert.ts';

/** How long matches of one rule with one key are one alert, where the rule does not say. */
export const DEDUP_PERIOD_MS = 60 * 60_000;

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

/** Why no receiver is notified of alerts of a level. */
export type NoReceiverReason = 'informational' | 'no receiver' | 'no receiver of its level';

/** Whether receivers are notified of a match, and why. */
export type NotifyDecision =
  | { readonly notify: true; readonly kind: 'opened'; readonly reason: 'first match' | 'first live match' }
  | { readonly notify: true; readonly kind: 'updated'; readonly reason: 'count reached'; readonly count: number }
  | { readonly notify: false; readonly reason: 'backfilled' | 'grouped' | NoReceiverReason };

/** What a notify decision depends on. */
export interface NotifyInput {
  readonly level: Level;
  /** The match is backfilled: nobody is notified. */
  readonly suppress: boolean;
  /** The alert that the match joins, as it is before; null: it opens one. */
  readonly joins: { readonly backfilled: boolean; readonly count: number } | null;
  /** The receivers there are. */
  readonly receivers: readonly RoutedReceiver[];
}

/** Decides whether receivers are notified of a match. */
export function decideNotification({ level, suppress, joins, receivers }: NotifyInput): NotifyDecision {
  if (suppress) return { notify: false, reason: 'backfilled' };
  const notified = joins !== null && !joins.backfilled ? joins : null;
  if (notified !== null && !isMilestone(notified.count + 1)) return { notify: false, reason: 'grouped' };
  const missing = noReceiverReason(level, receivers);
  if (missing !== null) return { notify: false, reason: missing };
  if (notified !== null) return { notify: true, kind: 'updated', reason: 'count reached', count: notified.count + 1 };
  return { notify: true, kind: 'opened', reason: joins === null ? 'first match' : 'first live match' };
}

/** Receivers are notified at 10, 100, 1,000 … matches: the more there are, the more seldom. */
function isMilestone(count: number): boolean {
  let milestone = 10;
  while (milestone < count) milestone *= 10;
  return count === milestone;
}

/** Whether receivers are notified that an alert's period closed, and why. */
export type ClosingDecision =
  | { readonly notify: true; readonly kind: 'resolved'; readonly reason: 'its period closed after growth' }
  | { readonly notify: false; readonly reason: 'backfilled' | 'did not grow' | NoReceiverReason };

/** What the decision at the end of an alert's period depends on. */
export interface ClosingInput {
  readonly level: Level;
  /** All of its matches were backfilled. */
  readonly backfilled: boolean;
  /** Matches so far. */
  readonly count: number;
  readonly receivers: readonly RoutedReceiver[];
}

/** Decides whether receivers are notified that an alert's period closed: only where matches followed the first. */
export function decideClosing({ level, backfilled, count, receivers }: ClosingInput): ClosingDecision {
  if (backfilled) return { notify: false, reason: 'backfilled' };
  const missing = noReceiverReason(level, receivers);
  if (missing !== null) return { notify: false, reason: missing };
  if (count <= 1) return { notify: false, reason: 'did not grow' };
  return { notify: true, kind: 'resolved', reason: 'its period closed after growth' };
}

/** Why no receiver takes this level; null where one does. A receiver may ask even for informational alerts. */
function noReceiverReason(level: Level, receivers: readonly RoutedReceiver[]): NoReceiverReason | null {
  if (receivers.some((receiver) => decideRoute(receiver, level).send)) return null;
  if (LEVELS.indexOf(level) < LEVELS.indexOf(DEFAULT_MIN_LEVEL)) return 'informational';
  return receivers.length === 0 ? 'no receiver' : 'no receiver of its level';
}

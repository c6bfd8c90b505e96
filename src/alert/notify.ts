/**
 * Whether a receiver is notified of a match, and why. One decision for each match and receiver, by what that receiver was
 * notified of before. The nine steps stand in this order, and the first that applies decides:
 *
 * 1. backfilled, silenced, late in a resolved alert, below the receiver's level, no route to it → not notified
 * 2. inhibited by a correlation that this receiver is notified of → not notified by itself
 * 3. not notified of this alert yet → `opened`
 * 4. the match's level is above what was notified → `raised`
 * 5. severe, and the alert has networks that were not notified → `updated`, at most once in an interval that doubles
 * 6. acknowledged, until the count is ten times that at the acknowledgement → not notified
 * 7. the count, or the number of networks, is ten times what was notified → `updated`
 * 8. severe, not past, and nobody acted: an interval after what was notified → `recurred`, sooner → deferred until then.
 *    Not severe: after a quiet dedup period, an interval after what was notified → `recurred`
 * 9. else → not notified: grouped into the alert
 *
 * Contract: pure. "Severe" is high or critical. Times are event times, in ms since the epoch; a deferred decision is due at
 * that time by our clock. What was notified (`Notified`) is stored with the alert as JSON.
 */
import { isAbove, isSevere, type Level } from '../sigma/index.ts';

const HOUR = 60 * 60_000;

/** A receiver is reminded of an alert no sooner than this after it was notified; each reminder doubles it. */
const REPEAT_MS: { readonly [level in Level]: number } = {
  critical: HOUR,
  high: 4 * HOUR,
  medium: 4 * HOUR,
  low: 4 * HOUR,
  informational: 4 * HOUR,
};
/** The longest interval between two reminders. */
const REPEAT_MAX_MS: { readonly [level in Level]: number } = {
  critical: 4 * HOUR,
  high: 24 * HOUR,
  medium: 7 * 24 * HOUR,
  low: 7 * 24 * HOUR,
  informational: 7 * 24 * HOUR,
};
/** A receiver is notified again where the count, or the number of networks, is so many times what it was notified of. */
const GROWTH = 10;

/** What one receiver was notified of an alert: what waits, is pending or was delivered. What died does not count. */
export interface Notified {
  readonly level: Level;
  readonly count: number;
  /** How many of the alert's networks, the first ones. */
  readonly networks: number;
  /** Event time of the match that it was notified with, or until which a deferred one waited. */
  readonly at: number;
  /** How often it was reminded since somebody last acted. */
  readonly reminders: number;
  /** How often it was notified of new networks, and when last; null: never. */
  readonly spread: { readonly times: number; readonly at: number } | null;
  /** What it is notified of later, unless somebody acts; null: nothing. */
  readonly deferred: Deferred | null;
}

/** A decision that takes effect at `to`: a reminder, or new networks (`updated`), which no act stops. */
export interface Deferred {
  readonly to: number;
  readonly kind: 'recurred' | 'updated';
  /** Of a reminder that comes before new networks would be notified: when that would be. */
  readonly networksAt?: number;
}

/** What is still deferred once somebody acknowledged the alert: no reminder, but networks that were not told yet. */
export function deferredAfterAct(deferred: Deferred | null): Deferred | null {
  if (deferred === null || deferred.kind === 'updated') return deferred;
  return deferred.networksAt === undefined ? null : { to: deferred.networksAt, kind: 'updated' };
}

/** The match, as far as the decision depends on it. */
export interface NotifyMatch {
  readonly at: number;
  readonly level: Level;
  readonly isBackfilled: boolean;
  /** It joined an alert that was resolved. */
  readonly isLate: boolean;
  /** The silence over it; null: no silence. */
  readonly silence: number | null;
  /** The alert of the correlation that inhibits it for this receiver; null: none does. */
  readonly inhibitedBy: number | null;
}

/** The alert, this match included. */
export interface NotifyAlert {
  /** The highest level of its matches. */
  readonly level: Level;
  readonly count: number;
  /** How many networks it has. */
  readonly networks: number;
  /** Event time of its last match before this one; null: this is the first. */
  readonly previousAt: number | null;
  /** The count when it was acknowledged; null: it is not acknowledged now. */
  readonly acknowledgedCount: number | null;
  /** Opened for matches from before a live alert. */
  readonly isPast: boolean;
  readonly dedupPeriodMs: number;
}

/** The receiver, as routes say. */
export interface NotifyRoute {
  /** Why no route leads to it; null: one does. */
  readonly unrouted: UnroutedReason | null;
  readonly minLevel: Level;
  /** The route's `repeat_interval`, ms; null: by level. */
  readonly repeatMs: number | null;
}

export type NotifyKind = 'opened' | 'raised' | 'updated' | 'recurred';

/** Of a reminder. */
export const NOBODY_ACTED = 'goes on, and nobody acted';

/** Why a receiver is notified. */
export type NotifyReason =
  | 'first match'
  | 'level raised'
  | 'new network'
  | 'count grown tenfold'
  | 'networks grown tenfold'
  | typeof NOBODY_ACTED
  | 'back after a quiet period';

/** Why no route leads to a receiver. Outside of its active times, what is critical goes to the fallback. */
export type UnroutedReason = 'no route' | 'outside active times';

/** Why it is not. */
export type SuppressReason =
  | 'backfilled'
  | 'silenced'
  | 'late in a resolved alert'
  | 'from before the alert'
  | "below the receiver's level"
  | UnroutedReason
  | 'inhibited'
  | 'acknowledged'
  | 'deferred'
  | 'grouped';

/** A decision. */
export type NotifyDecision =
  | { readonly notify: true; readonly kind: NotifyKind; readonly reason: NotifyReason }
  | { readonly notify: false; readonly reason: Exclude<SuppressReason, 'deferred' | 'silenced' | 'inhibited'> }
  | { readonly notify: false; readonly reason: 'silenced'; readonly silence: number }
  | { readonly notify: false; readonly reason: 'inhibited'; readonly by: number }
  | { readonly notify: false; readonly reason: 'deferred'; readonly deferred: Deferred };

/** How long after a notification a receiver may be reminded, after so many reminders. */
export function repeatInterval(level: Level, repeatMs: number | null, reminders: number): number {
  const first = repeatMs ?? REPEAT_MS[level];
  return Math.min(first * 2 ** Math.min(reminders, 30), Math.max(first, REPEAT_MAX_MS[level]));
}

/** Decides whether a receiver is notified. `notified`: null where it was not notified of this alert yet. */
export function decideNotify(
  match: NotifyMatch,
  alert: NotifyAlert,
  route: NotifyRoute,
  notified: Notified | null,
): NotifyDecision {
  if (match.isBackfilled) return { notify: false, reason: 'backfilled' };
  if (match.silence !== null) return { notify: false, reason: 'silenced', silence: match.silence };
  if (match.isLate) return { notify: false, reason: 'late in a resolved alert' };
  if (alert.isPast && !isSevere(match.level)) return { notify: false, reason: 'from before the alert' };
  if (isAbove(route.minLevel, match.level)) return { notify: false, reason: "below the receiver's level" };
  if (route.unrouted !== null) return { notify: false, reason: route.unrouted };
  if (match.inhibitedBy !== null) return { notify: false, reason: 'inhibited', by: match.inhibitedBy };
  if (notified === null) return { notify: true, kind: 'opened', reason: 'first match' };
  if (isAbove(match.level, notified.level)) return { notify: true, kind: 'raised', reason: 'level raised' };
  const severe = isSevere(match.level);
  const interval = repeatInterval(alert.level, route.repeatMs, notified.reminders);
  let spread: Deferred | null = null;
  if (severe && alert.networks > notified.networks) {
    const { spread: last } = notified;
    const next =
      last === null ? Number.NEGATIVE_INFINITY : last.at + repeatInterval(alert.level, route.repeatMs, last.times - 1);
    if (match.at >= next) return { notify: true, kind: 'updated', reason: 'new network' };
    spread = { to: next, kind: 'updated' };
  }
  const { acknowledgedCount } = alert;
  if (acknowledgedCount !== null && alert.count < GROWTH * acknowledgedCount) {
    if (spread !== null) return { notify: false, reason: 'deferred', deferred: spread };
    return { notify: false, reason: 'acknowledged' };
  }
  if (alert.count >= GROWTH * notified.count) return { notify: true, kind: 'updated', reason: 'count grown tenfold' };
  if (alert.networks >= GROWTH * Math.max(1, notified.networks))
    return { notify: true, kind: 'updated', reason: 'networks grown tenfold' };
  // Nobody can act on what is past.
  if (severe && acknowledgedCount === null && !alert.isPast) {
    const next = notified.at + interval;
    if (match.at >= next) return { notify: true, kind: 'recurred', reason: NOBODY_ACTED };
    const deferred: Deferred =
      spread !== null && spread.to < next
        ? spread
        : { to: next, kind: 'recurred', ...(spread !== null && { networksAt: spread.to }) };
    return { notify: false, reason: 'deferred', deferred };
  }
  if (spread !== null) return { notify: false, reason: 'deferred', deferred: spread };
  const wasQuiet = alert.previousAt !== null && match.at > alert.previousAt + alert.dedupPeriodMs;
  if (!severe && wasQuiet && match.at >= notified.at + interval)
    return { notify: true, kind: 'recurred', reason: 'back after a quiet period' };
  return { notify: false, reason: 'grouped' };
}

/**
 * What a receiver was notified of, after a decision to notify it or one that inhibits; what it waits for, after one that
 * defers.
 */
export function notifiedAfter(
  decision: NotifyDecision,
  match: NotifyMatch,
  alert: NotifyAlert,
  notified: Notified | null,
): Notified | null {
  const at = Math.max(match.at, notified?.at ?? match.at);
  if (decision.notify) return notifiedAt(decision, at, alert, notified);
  switch (decision.reason) {
    case 'deferred':
      return notified === null ? null : { ...notified, deferred: decision.deferred };
    case 'inhibited':
      // The correlation's message lists it.
      return notifiedAt({ kind: 'opened', reason: 'first match' }, at, alert, notified);
    default:
      return notified;
  }
}

/** What a receiver was notified of once what was deferred went out at `at`. */
export function notifiedOfDeferred(
  kind: Deferred['kind'],
  at: number,
  alert: NotifyAlert,
  notified: Notified,
): Notified {
  const decision: NotifyDecision =
    kind === 'updated' ? { notify: true, kind, reason: 'new network' } : { notify: true, kind, reason: NOBODY_ACTED };
  return notifiedAt(decision, at, alert, notified);
}

function notifiedAt(
  { kind, reason }: Pick<Extract<NotifyDecision, { notify: true }>, 'kind' | 'reason'>,
  at: number,
  { level, count, networks }: NotifyAlert,
  notified: Notified | null,
): Notified {
  const before = kind === 'raised' ? 0 : (notified?.reminders ?? 0);
  return {
    ...{ level, count, networks, at, deferred: null },
    reminders: before + (kind === 'recurred' ? 1 : 0),
    spread: reason === 'new network' ? { times: (notified?.spread?.times ?? 0) + 1, at } : (notified?.spread ?? null),
  };
}

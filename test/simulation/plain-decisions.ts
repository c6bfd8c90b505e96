/**
 * The nine steps of a notify decision, written a second time: from DESIGN's words, as a list of the first that applies.
 */
import type { Notified } from '../../src/alert/notify.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** All that a decision about one match for one receiver depends on. */
export interface Situation {
  /** Of the match. */
  readonly at: number;
  readonly level: Level;
  readonly isBackfilled: boolean;
  /** It joined an alert that was resolved before. */
  readonly isLate: boolean;
  /** The silence over it. */
  readonly silence: number | null;
  /** The alert of the correlation whose message lists it. */
  readonly inhibitor: number | null;
  /** Of the alert, with the match in it. */
  readonly alert: {
    readonly level: Level;
    readonly count: number;
    readonly networks: number;
    readonly isPast: boolean;
    /** The count when somebody acknowledged it; null: it is not acknowledged now. */
    readonly acknowledgedAt: number | null;
    /** The time of the last match before this one. */
    readonly lastAt: number | null;
    readonly quietMs: number;
  };
  readonly minLevel: Level;
  /** Why no route leads to the receiver; null: one does. */
  readonly unrouted: 'no route' | 'outside active times' | null;
  /** What the route says lies between a notification and the first reminder; null: as the level says. */
  readonly repeatMs: number | null;
  readonly notified: Notified | null;
}

/** A decision, in the form in which it is stored. */
export type PlainDecision = { readonly notify: boolean; readonly reason: string } & Record<string, unknown>;

const quiet = (reason: string, more: Record<string, unknown> = {}): PlainDecision => ({
  notify: false,
  reason,
  ...more,
});
const loud = (kind: string, reason: string): PlainDecision => ({ notify: true, kind, reason });

export function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

export function isHighOrCritical(level: Level): boolean {
  return level === 'high' || level === 'critical';
}

/** What lies between a notification and the next reminder, after so many of them that nobody acted on. */
export function intervalAfter(level: Level, reminders: number, repeatMs: number | null): number {
  const [hours, most] = level === 'critical' ? [1, 4] : level === 'high' ? [4, 24] : [4, 7 * 24];
  const first = repeatMs ?? hours * HOUR;
  let interval = first;
  for (let n = 0; n < reminders && interval < most * HOUR; n++) interval *= 2;
  return Math.max(first, Math.min(interval, most * HOUR));
}

/** When the next update about new networks may come; long ago where none has. */
function nextUpdateAt(level: Level, { spread }: Notified, repeatMs: number | null): number {
  return spread === null ? -DAY * 365_000 : spread.at + intervalAfter(level, spread.times - 1, repeatMs);
}

/** Decides. */
export function decidePlainly(now: Situation): PlainDecision {
  const { alert, notified } = now;
  const isSevere = isHighOrCritical(now.level);
  // 1
  if (now.isBackfilled) return quiet('backfilled');
  if (now.silence !== null) return quiet('silenced', { silence: now.silence });
  if (now.isLate) return quiet('late in a resolved alert');
  if (alert.isPast && !isSevere) return quiet('from before the alert');
  if (rank(now.level) < rank(now.minLevel)) return quiet("below the receiver's level");
  if (now.unrouted !== null) return quiet(now.unrouted);
  // 2
  if (now.inhibitor !== null) return quiet('inhibited', { by: now.inhibitor });
  // 3, 4
  if (notified === null) return loud('opened', 'first match');
  if (rank(now.level) > rank(notified.level)) return loud('raised', 'level raised');
  // 5
  const isNewNetwork = isSevere && alert.networks > notified.networks;
  const updateAt = nextUpdateAt(alert.level, notified, now.repeatMs);
  if (isNewNetwork && now.at >= updateAt) return loud('updated', 'new network');
  const waits = quiet('deferred', { deferred: { to: updateAt, kind: 'updated' } });
  // 6
  const isAcknowledged = alert.acknowledgedAt !== null;
  if (alert.acknowledgedAt !== null && alert.count < 10 * alert.acknowledgedAt)
    return isNewNetwork ? waits : quiet('acknowledged');
  // 7
  if (alert.count >= 10 * notified.count) return loud('updated', 'count grown tenfold');
  if (alert.networks >= 10 && alert.networks >= 10 * notified.networks)
    return loud('updated', 'networks grown tenfold');
  // 8
  const remindsAt = notified.at + intervalAfter(alert.level, notified.reminders, now.repeatMs);
  if (isSevere && !isAcknowledged && !alert.isPast) {
    if (now.at >= remindsAt) return loud('recurred', 'goes on, and nobody acted');
    if (isNewNetwork && updateAt < remindsAt) return waits;
    // Should somebody act until then, the networks are notified all the same.
    const networksAt = isNewNetwork ? { networksAt: updateAt } : {};
    return quiet('deferred', { deferred: { to: remindsAt, kind: 'recurred', ...networksAt } });
  }
  if (isNewNetwork) return waits;
  const wasQuiet = alert.lastAt !== null && now.at - alert.lastAt > alert.quietMs;
  if (!isSevere && wasQuiet && now.at >= remindsAt) return loud('recurred', 'back after a quiet period');
  // 9
  return quiet('grouped');
}

/** What a receiver was notified of, once it is notified at `at`. `kind` null: a correlation's message lists it. */
export function notifiedWith(
  decision: { readonly kind: string | null; readonly reason: string },
  at: number,
  alert: { readonly level: Level; readonly count: number; readonly networks: readonly string[] },
  before: Notified | null,
): Notified {
  const { kind, reason } = decision;
  const reminders = before === null || kind === 'raised' ? 0 : before.reminders;
  const spread = before?.spread ?? null;
  return {
    level: alert.level,
    count: alert.count,
    networks: alert.networks.length,
    at,
    reminders: kind === 'recurred' ? reminders + 1 : reminders,
    spread: reason === 'new network' ? { times: (spread?.times ?? 0) + 1, at } : spread,
    deferred: null,
  };
}

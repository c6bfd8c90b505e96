/**
 * The watchdog: checks by the clock whether the log is read and has entries, attempts come back, receivers work, the API key
 * is valid, and a day's limit of the plan is near.
 *
 * Contract: writes only what changes. `nextAlarmAt` returns when `runWatchdog` next has something to raise. Both read a
 * handful of rows. Times are wall, in ms.
 */
import { LASTING } from '../../alert/health-words.ts';
import type { HealthProblemKind } from '../../alert/notification.ts';
import type { RoutedReceiver, Routing } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import { utcText } from '../../text/times.ts';
import { fallBack, nextFallbackAt } from '../deliver/fallback.ts';
import { nextGroupAt, sendGroups } from '../deliver/group-message.ts';
import { notifyNewcomers } from '../deliver/newcomers.ts';
import { expire, nextDue } from '../deliver/outbox.ts';
import { readReceivers, type StoredReceivers } from '../deliver/receivers.ts';
import { nextWakeAt, wakeAlerts } from '../deliver/wake.ts';
import { readState, type UnsavedCheckpoint, writeState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { raiseDead } from './attempts.ts';
import { checkBacklogs, nextBacklogAt } from './backlog-alerts.ts';
import { changedDueAt, raiseChanged } from './changed-entries.ts';
import {
  expiringKey,
  fromKey,
  type HealthAlert,
  isHealthAlertOpen,
  type OpenHealthAlert,
  openHealthAlerts,
  raiseHealthAlert,
  resolveHealthAlert,
  unhealthyReceiver,
} from './health-alerts.ts';
import { checkLimits, limitsDueAt } from './limits.ts';
import { checkSilence } from './reading.ts';
import { type Removed, unhealthyFrom, unhealthyReason } from './receivers.ts';
import { notifiesAgainAt } from './repeats.ts';
import type { UsageMeter } from './usage-meter.ts';

const DAY_MS = 24 * 60 * 60_000;
/** It reads every pending delivery. */
const EXPIRE_EVERY_MS = 60 * 60_000;
/** People are notified when this many days are left, once each: time to plan, to act, to hurry. 0: the key has expired. */
const EXPIRY_STEPS = [14, 7, 3, 1, 0] as const;

/** What the watchdog checks. */
export interface Watched {
  readonly engine: Engine;
  readonly receivers: readonly RoutedReceiver[];
  readonly routing?: Routing | null;
  /** Wall, ms; null: not known. */
  readonly apiKeyExpiresAt: number | null;
  readonly blindAfterMs: number;
  readonly unsaved: UnsavedCheckpoint;
  readonly removed: Removed;
  /** Null or absent: nothing is counted. */
  readonly usage?: UsageMeter | null;
  /** When deliveries were last looked through for what has waited too long; in memory only. */
  readonly expired: { at: number };
  /** Whether receivers that are new were looked for; in memory only. */
  readonly introduced: { done: boolean };
  /** Since when this process runs, as far as the watchdog knows; in memory only. */
  readonly started: { at: number | null };
}

/** Raises the health alerts that are due by the clock, and resolves those that are over. Call it in a transaction. */
export function runWatchdog(store: Store, watched: Watched, now: number): void {
  const { receivers } = watched;
  startedAt(watched, now);
  const state = readState(store);
  if (state === null) return;
  const stored = readReceivers(store);
  endExpired(store, watched, stored, now);
  if (!watched.introduced.done) notifyNewcomers(store, watched, now);
  watched.introduced.done = true;
  makeMessages(store, watched, now);
  fallBack(store, watched, watched.removed(), stored, now);
  const quietMs = now - watched.unsaved.movedAt(state);
  if (quietMs >= watched.blindAfterMs) {
    const minutes = Math.round(quietMs / 60_000);
    raiseHealthAlert(store, 'blind', `no progress in reading for ${minutes} minutes`, receivers, now);
  }
  const { watermark } = watched.unsaved.current(state);
  checkSilence(store, { newestAt: state.newestAt ?? null, watermark }, receivers, now);
  const changed = raiseChanged(store, state.changed, receivers, now);
  if (changed !== null) writeState(store, { ...state, changed });
  checkReceivers(store, receivers, stored, now);
  checkBacklogs(store, watched, stored, now);
  checkKeyExpiry(store, watched.apiKeyExpiresAt, receivers, now);
  checkLimits(store, watched.usage ?? null, receivers, now);
  repeatWhatLasts(store, receivers, now);
}

/** Makes the messages that are due: of deferred notifications, and of groups. Returns whether any was due. */
export function makeMessages(store: Store, watched: Watched, now: number): boolean {
  const isDue = [nextWakeAt(store), nextGroupAt(store)].some((at) => at !== null && at <= now);
  if (!isDue) return false;
  wakeAlerts(store, watched, now);
  sendGroups(store, watched, now);
  return true;
}

/** When the alarm must ring next: a delivery is due, or the watchdog has something to raise. Null: never. */
export function nextAlarmAt(store: Store, watched: Watched, now: number): number | null {
  const state = readState(store);
  const stored = readReceivers(store);
  const deliveryAt = nextDue(store, usable(watched.receivers), stored, startedAt(watched, now), now);
  if (state === null) return deliveryAt;
  const { blindAfterMs, unsaved } = watched;
  // Once blind, there is nothing new to raise: check again after the same time.
  const blindAt = Math.max(
    unsaved.movedAt(state) + blindAfterMs,
    isHealthAlertOpen(store, 'blind') ? now + blindAfterMs : 0,
  );
  const times = [
    blindAt,
    deliveryAt,
    nextHealthCheckAt(store, watched, stored, now),
    nextBacklogAt(store, watched, stored, now),
    changedDueAt(state.changed),
    nextRepeatAt(store),
    nextWakeAt(store),
    nextFallbackAt(store, watched, watched.removed(), stored),
    nextGroupAt(store),
    limitsDueAt(store, watched.usage ?? null, now),
  ];
  return Math.min(...times.filter((time) => time !== null));
}

function startedAt({ started }: Watched, now: number): number {
  started.at ??= now;
  return started.at;
}

/** The receivers that can be sent to. */
function usable(receivers: readonly RoutedReceiver[]): readonly string[] {
  return receivers.filter(({ problem }) => problem === null).map(({ name }) => name);
}

/** Ends what has waited too long for a receiver that is not set, that fails, or that asks to slow down. */
function endExpired(store: Store, { receivers, expired }: Watched, stored: StoredReceivers, now: number): void {
  if (now - expired.at < EXPIRE_EVERY_MS && now >= expired.at) return;
  const problemOf = (name: string): string | null => {
    const receiver = receivers.find((each) => each.name === name);
    if (receiver === undefined) return `no receiver "${name}" is set`;
    const { failingSince = null, reason = null, slowed = 0 } = stored.get(name) ?? {};
    if (receiver.problem !== null) return receiver.problem;
    if (failingSince !== null) return reason ?? 'it fails';
    return slowed > 0 ? 'the receiver asks to slow down' : null;
  };
  for (const dead of expire(store, problemOf, now)) {
    if (!dead.isHealthAlert) raiseDead(store, receivers, dead, now);
  }
  expired.at = now;
}

/** When a receiver or the API key next needs a check; null: never, as things are. */
function nextHealthCheckAt(
  store: Store,
  { receivers, apiKeyExpiresAt }: Watched,
  stored: StoredReceivers,
  now: number,
): number | null {
  const unhealthy = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  const times = receivers
    .filter(({ name }) => !unhealthy.has(name))
    .map(({ name, problem }) => (problem === null ? unhealthyAt(stored, name) : now));
  times.push(nextStepAt(apiKeyExpiresAt, openHealthAlerts(store, 'key-expiring'), now));
  return times.reduce((least, time) => (least === null || (time !== null && time < least) ? time : least), null);
}

function checkReceivers(
  store: Store,
  receivers: readonly RoutedReceiver[],
  health: StoredReceivers,
  now: number,
): void {
  for (const { name, problem } of receivers) {
    const from = unhealthyAt(health, name);
    if (problem !== null) {
      raiseHealthAlert(
        store,
        unhealthyReceiver(name),
        `nothing can be sent to the receiver ${name}: ${problem}`,
        receivers,
        now,
      );
    } else if (from !== null && now >= from) {
      raiseHealthAlert(
        store,
        unhealthyReceiver(name),
        unhealthyReason(name, health.get(name)?.reason ?? ''),
        receivers,
        now,
      );
    } else if ((health.get(name)?.failingSince ?? null) === null) {
      resolveHealthAlert(store, unhealthyReceiver(name), `the receiver ${name} is set again`, receivers, now);
    }
  }
  for (const { alert } of openHealthAlerts(store, 'unhealthy-receiver')) {
    if (receivers.some(({ name }) => name === alert.subject)) continue;
    resolveHealthAlert(store, alert, `there is no receiver ${alert.subject ?? ''} any more`, receivers, now);
  }
}

function unhealthyAt(health: StoredReceivers, name: string): number | null {
  const known = health.get(name);
  return known === undefined ? null : unhealthyFrom(known);
}

function checkKeyExpiry(
  store: Store,
  expiresAt: number | null,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const alert = expiresAt === null ? null : expiringKey(expiresAt);
  const open = openHealthAlerts(store, 'key-expiring');
  for (const { alert: other } of open) {
    if (other.key === alert?.key) continue;
    resolveHealthAlert(
      store,
      other,
      expiresAt === null ? 'no expiry is set any more' : `the key expires ${utc(expiresAt)}`,
      receivers,
      now,
    );
  }
  if (expiresAt === null || alert === null || !isNewStep(expiresAt, alert, open, now)) return;
  const days = Math.round((expiresAt - now) / DAY_MS);
  const left = days < 1 ? 'in less than a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  const when = now >= expiresAt ? `expired ${utc(expiresAt)}` : `expires ${utc(expiresAt)}, ${left}`;
  raiseHealthAlert(store, alert, `the Nirvana Labs API key ${when}`, receivers, now);
}

/** The last step that has begun at a time; null: no step has. */
function stepAt(expiresAt: number, at: number): number | null {
  return EXPIRY_STEPS.findLast((days) => at >= expiresAt - days * DAY_MS) ?? null;
}

/** Whether a step has begun that nobody was notified of. The time of the last notification shows which step it was for. */
function isNewStep(expiresAt: number, alert: HealthAlert, open: readonly OpenHealthAlert[], now: number): boolean {
  const step = stepAt(expiresAt, now);
  const last = open.find((each) => each.alert.key === alert.key);
  if (step === null || last === undefined) return step !== null;
  return step < (stepAt(expiresAt, last.notifiedAt) ?? Number.POSITIVE_INFINITY);
}

function nextStepAt(expiresAt: number | null, open: readonly OpenHealthAlert[], now: number): number | null {
  const alert = expiresAt === null ? null : expiringKey(expiresAt);
  if (open.some((each) => each.alert.key !== alert?.key)) return now;
  if (expiresAt === null || alert === null) return null;
  if (isNewStep(expiresAt, alert, open, now)) return now;
  return EXPIRY_STEPS.map((days) => expiresAt - days * DAY_MS).find((at) => at > now) ?? null;
}

/** `2026-01-31 09:30 UTC`. */
function utc(ms: number): string {
  return utcText(ms, 'minutes') ?? new Date(ms).toISOString();
}

/**
 * What lasts is repeated though nothing raises it again: the tick that would may not run. Not that a log seems incomplete,
 * which each scan raises itself, as long as it sees marks; nor a limit, whose first message says that it ends at 00:00 UTC.
 */
const NOT_REPEATED: readonly HealthProblemKind[] = ['key-expiring', 'incomplete-log', 'limit-near', 'limit-reached'];
const REPEATED = LASTING.filter((kind) => !NOT_REPEATED.includes(kind));

function repeatWhatLasts(store: Store, receivers: readonly RoutedReceiver[], now: number): void {
  for (const { kind, key, summary, at } of lastingAlerts(store)) {
    if (now >= at) raiseHealthAlert(store, fromKey(kind, key), summary, receivers, now);
  }
}

function nextRepeatAt(store: Store): number | null {
  return lastingAlerts(store).reduce<number | null>((least, { at }) => Math.min(least ?? at, at), null);
}

/** The open health alerts that are repeated, and when. There are few rows. */
function lastingAlerts(store: Store) {
  const rows = store.all<{ kind: string; since: number; notified_at: number; summary: string }>(
    "SELECT kind, since, notified_at, summary FROM health_alerts WHERE state = 'open'",
  );
  // A backlog of a receiver that does not work is a part of that.
  const isPart = (key: string): boolean =>
    rows.some(({ kind }) => key.replace(/^backlog:/, 'unhealthy-receiver:') === kind && key !== kind);
  return rows.flatMap(({ kind: key, since, notified_at: notifiedAt, summary }) => {
    const kind = REPEATED.find((each) => each === key || key.startsWith(`${each}:`));
    if (kind === undefined || isPart(key)) return [];
    return [{ kind, key, summary, at: notifiesAgainAt(kind, { isOpen: true, since, notifiedAt }) }];
  });
}

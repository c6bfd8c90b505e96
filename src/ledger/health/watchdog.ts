/**
 * What the ledger looks after by the clock besides deliveries: its receivers' health and the upstream key's expiry.
 *
 * Contract: `lookAfter` is to be called in a transaction, raises and clears alarms, and writes only what changes;
 * `lookAgainAt` says when it would next have something to say. Both read a handful of rows. Times are wall, in ms.
 */

import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { utcText } from '../../text/times.ts';
import type { Store } from '../store/store.ts';
import {
  expiringKey,
  type HealthAlert,
  type OpenHealthAlert,
  openHealthAlerts,
  raiseHealthAlert,
  resolveHealthAlert,
  unhealthyReceiver,
} from './alerts.ts';
import { provesUnhealthy, readHealth, storeAttempt, unhealthyFrom } from './receivers.ts';

const DAY_MS = 24 * 60 * 60_000;
/** The key's expiry is told when so many days are left, each once: time to plan, to do it, and to hurry. 0: it is over. */
const EXPIRY_STEPS = [14, 7, 3, 1, 0] as const;

/** What is looked after. */
export interface Watched {
  readonly receivers: readonly RoutedReceiver[];
  /** Null: not known. */
  readonly apiKeyExpiresAt: number | null;
}

/** Raises what the clock has brought about, and clears what is over. */
export function checkHealth(store: Store, { receivers, apiKeyExpiresAt }: Watched, now: number): void {
  checkReceivers(store, receivers, now);
  checkKeyExpiry(store, apiKeyExpiresAt, receivers, now);
}

/** When there is next something to look after; null: never, as things are. */
export function nextHealthCheckAt(store: Store, { receivers, apiKeyExpiresAt }: Watched, now: number): number | null {
  const known = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  const health = readHealth(store);
  const times = receivers
    .filter(({ name }) => !known.has(name))
    .map(({ name, problem }) => (problem === null ? unhealthyAt(health, name) : now));
  const told = openHealthAlerts(store, 'key-expiring');
  times.push(nextStepAt(apiKeyExpiresAt, told, now));
  return times.reduce((least, time) => (least === null || (time !== null && time < least) ? time : least), null);
}

/** Notes how an attempt to reach a receiver ended, and what that says of its health. In a transaction. */
export function recordAttempt(
  store: Store,
  receivers: readonly RoutedReceiver[],
  attempt: { readonly receiver: string; readonly outcome: Outcome; readonly isHealthAlert: boolean },
  now: number,
): void {
  const { receiver, outcome, isHealthAlert } = attempt;
  const route = receivers.find(({ name }) => name === receiver);
  // What has no setting was not attempted, and what is no receiver any more is nobody's health.
  if (route === undefined || route.problem !== null) return;
  const health = storeAttempt(store, receiver, outcome, isHealthAlert, now);
  if (outcome.kind === 'delivered') {
    resolveHealthAlert(
      store,
      unhealthyReceiver(receiver),
      `the receiver ${receiver} takes messages again`,
      receivers,
      now,
    );
  } else if (!isHealthAlert && provesUnhealthy(health, outcome, now)) {
    raiseHealthAlert(store, unhealthyReceiver(receiver), unhealthyReason(receiver, outcome.reason), receivers, now);
  }
}

function checkReceivers(store: Store, receivers: readonly RoutedReceiver[], now: number): void {
  const health = readHealth(store);
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

function unhealthyAt(health: ReturnType<typeof readHealth>, name: string): number | null {
  const known = health.get(name);
  return known === undefined ? null : unhealthyFrom(known);
}

function unhealthyReason(name: string, reason: string): string {
  return `nothing reaches the receiver ${name}: ${reason}`;
}

function checkKeyExpiry(
  store: Store,
  expiresAt: number | null,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const alert = expiresAt === null ? null : expiringKey(expiresAt);
  const told = openHealthAlerts(store, 'key-expiring');
  for (const { alert: other } of told) {
    if (other.key === alert?.key) continue;
    resolveHealthAlert(
      store,
      other,
      expiresAt === null ? 'no expiry is set any more' : `the key expires ${utc(expiresAt)}`,
      receivers,
      now,
    );
  }
  if (expiresAt === null || alert === null || !isNewStep(expiresAt, alert, told, now)) return;
  const days = Math.round((expiresAt - now) / DAY_MS);
  const left = days < 1 ? 'in less than a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
  const when = now >= expiresAt ? `expired ${utc(expiresAt)}` : `expires ${utc(expiresAt)}, ${left}`;
  raiseHealthAlert(store, alert, `the upstream API key ${when}`, receivers, now);
}

/** The last step that has begun at a time; null: none has. */
function stepAt(expiresAt: number, at: number): number | null {
  return EXPIRY_STEPS.findLast((days) => at >= expiresAt - days * DAY_MS) ?? null;
}

/** Whether a step has begun that was not told. What was told then follows from when it was told. */
function isNewStep(expiresAt: number, alert: HealthAlert, told: readonly OpenHealthAlert[], now: number): boolean {
  const step = stepAt(expiresAt, now);
  const last = told.find((open) => open.alert.key === alert.key);
  if (step === null || last === undefined) return step !== null;
  return step < (stepAt(expiresAt, last.notifiedAt) ?? Number.POSITIVE_INFINITY);
}

function nextStepAt(expiresAt: number | null, told: readonly OpenHealthAlert[], now: number): number | null {
  const alert = expiresAt === null ? null : expiringKey(expiresAt);
  if (told.some((open) => open.alert.key !== alert?.key)) return now;
  if (expiresAt === null || alert === null) return null;
  if (isNewStep(expiresAt, alert, told, now)) return now;
  return EXPIRY_STEPS.map((days) => expiresAt - days * DAY_MS).find((at) => at > now) ?? null;
}

/** `2026-01-31 09:30 UTC`. */
function utc(ms: number): string {
  return utcText(ms, 'minutes') ?? new Date(ms).toISOString();
}

/**
 * Health alerts, about Tocsin itself: blind, dead delivery, unhealthy receiver, backlog, API key, quarantined entries,
 * overflow, late entries, clocks, a silent log.
 *
 * Contract: they run on wall time and never cause further health alerts. They go to the receivers that work, or to all
 * where no receiver works. repeats.ts says how often; people are also notified when a lasting problem is over. One row per
 * health alert, under its key.
 */

import { hintOf, levelOfKind } from '../../alert/health-words.ts';
import type { HealthAlertKind, HealthNotification, HealthProblemKind } from '../../alert/notification.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { enqueue } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';
import { isLasting, notifiesAgainAt, wasNotified } from './repeats.ts';

/** Which health alert. */
export interface HealthAlert<Kind extends HealthAlertKind = HealthAlertKind> {
  readonly kind: Kind;
  /** Its key in the table: its kind, with the subject where one kind may have several. */
  readonly key: string;
  /** The receiver's name that people are shown as its subject. */
  readonly subject: string | null;
  /** The receiver that caused it. It is notified only where no other works. */
  readonly except: string | null;
}

/** The health alert for an unhealthy receiver. */
export function unhealthyReceiver(receiver: string): HealthAlert<'unhealthy-receiver'> {
  return { kind: 'unhealthy-receiver', key: `${UNHEALTHY_KEY}${receiver}`, subject: receiver, except: receiver };
}

/** The health alert for messages that have waited too long for a receiver. */
export function backlogAlert(receiver: string): HealthAlert<'backlog'> {
  return { kind: 'backlog', key: `${BACKLOG_KEY}${receiver}`, subject: receiver, except: receiver };
}

/** The health alert for an upstream API key that expires at that time. */
export function expiringKey(at: number): HealthAlert<'key-expiring'> {
  return { kind: 'key-expiring', key: `${EXPIRING_KEY}${at}`, subject: null, except: null };
}

/** The health alert for a dead delivery to a receiver. */
export function deadDelivery(receiver: string): HealthAlert {
  return { kind: 'dead-delivery', key: `${DEAD_KEY}${receiver}`, subject: receiver, except: receiver };
}

/** The health alert for a rule that has more groups or events than are kept. */
export function overflowingRule(rule: string): HealthAlert {
  return { kind: 'overflow', key: `${OVERFLOW_KEY}${rule}`, subject: null, except: null };
}

const UNHEALTHY_KEY = 'unhealthy-receiver:';
const BACKLOG_KEY = 'backlog:';
const EXPIRING_KEY = 'key-expiring:';
const DEAD_KEY = 'dead-delivery:';
const OVERFLOW_KEY = 'overflow:';

/** An open health alert, from its row. */
export interface OpenHealthAlert<Kind extends HealthAlertKind = HealthAlertKind> {
  readonly alert: HealthAlert<Kind>;
  readonly since: number;
  readonly notifiedAt: number;
}

/** The open health alerts of one kind. */
export function openHealthAlerts<Kind extends HealthAlertKind>(
  store: Store,
  kind: Kind,
): readonly OpenHealthAlert<Kind>[] {
  const rows = store.all<{ kind: string; since: number; notified_at: number }>(
    "SELECT kind, since, notified_at FROM health_alerts WHERE state = 'open' AND (kind = ? OR kind GLOB ? || ':*')",
    kind,
    kind,
  );
  return rows.map((row) => ({ alert: fromKey(kind, row.kind), since: row.since, notifiedAt: row.notified_at }));
}

/** The health alert whose row has that key. */
export function fromKey<Kind extends HealthAlertKind>(kind: Kind, key: string): HealthAlert<Kind> {
  const isReceiver = kind === 'unhealthy-receiver' || kind === 'backlog' || kind === 'dead-delivery';
  const receiver = isReceiver ? key.slice(kind.length + 1) : null;
  return { kind, key, subject: receiver, except: receiver };
}

/** Whether the health alert with that key is open. */
export function isHealthAlertOpen(store: Store, key: string): boolean {
  return store.all("SELECT 1 FROM health_alerts WHERE kind = ? AND state = 'open'", key).length > 0;
}

/** Raises a health alert: opens it and notifies its recipients, or counts it where they were notified recently. */
export function raiseHealthAlert(
  store: Store,
  alert: HealthAlert | HealthAlertKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const raised = healthAlertOf(alert);
  const { kind, key, subject } = raised;
  const known = store.all<{ state: string; since: number; notified_at: number }>(
    'SELECT state, since, notified_at FROM health_alerts WHERE kind = ?',
    key,
  )[0];
  const lasts = isLasting(kind);
  const isOpen = known?.state === 'open';
  if (
    known !== undefined &&
    now < notifiesAgainAt(kind, { isOpen, since: known.since, notifiedAt: known.notified_at })
  ) {
    if (!lasts) store.run('UPDATE health_alerts SET count = count + 1, summary = ? WHERE kind = ?', summary, key);
    else if (!isOpen) {
      store.run("UPDATE health_alerts SET state = 'open', since = ?, summary = ? WHERE kind = ?", now, summary, key);
    }
    return;
  }
  const since = (lasts && isOpen ? known?.since : undefined) ?? now;
  store.run(
    "INSERT OR REPLACE INTO health_alerts (kind, state, since, notified_at, count, summary) VALUES (?, 'open', ?, ?, 1, ?)",
    key,
    since,
    now,
    summary,
  );
  const notification: HealthNotification = {
    kind: 'health',
    health: { kind, level: levelOfKind(kind), subject, summary, hint: hintOf(kind), since },
  };
  enqueueForAll(store, notification, recipientsOf(store, raised, receivers), now);
}

/** Resolves a health alert; people who were notified of its beginning are notified. Writes nothing where it is not open. */
export function resolveHealthAlert(
  store: Store,
  alert: HealthAlert<HealthProblemKind> | HealthProblemKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const { kind, key, subject } = healthAlertOf(alert);
  const known = store.all<{ since: number; notified_at: number }>(
    "SELECT since, notified_at FROM health_alerts WHERE kind = ? AND state = 'open'",
    key,
  )[0];
  if (known === undefined) return;
  store.run("UPDATE health_alerts SET state = 'over', summary = ? WHERE kind = ?", summary, key);
  if (!wasNotified({ since: known.since, notifiedAt: known.notified_at })) return;
  const notification: HealthNotification = {
    kind: 'health-resolved',
    health: { kind, level: levelOfKind(kind), subject, summary, hint: '', since: known.since },
  };
  enqueueForAll(store, notification, workingReceivers(store, receivers), now);
}

/**
 * The recipients of a health alert: the receivers that work and did not cause it, or all receivers if no such receiver
 * is left. But an unhealthy receiver is never notified of itself: by the time it could read that, the problem would be over.
 */
function recipientsOf(
  store: Store,
  { kind, except }: HealthAlert,
  receivers: readonly RoutedReceiver[],
): readonly RoutedReceiver[] {
  const isOther = ({ name }: RoutedReceiver): boolean => name !== except;
  const others = working(store, receivers).filter(isOther);
  if (others.length > 0) return others;
  return kind === 'unhealthy-receiver' ? receivers.filter(isOther) : receivers;
}

/** The recipients of its end: the receivers that work, or all where no receiver works. */
function workingReceivers(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const able = working(store, receivers);
  return able.length > 0 ? able : receivers;
}

function working(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const unhealthy = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  return receivers.filter(({ name, problem }) => problem === null && !unhealthy.has(name));
}

function healthAlertOf<Kind extends HealthAlertKind>(alert: HealthAlert<Kind> | Kind): HealthAlert<Kind> {
  return typeof alert === 'string' ? { kind: alert, key: alert, subject: null, except: null } : alert;
}

function enqueueForAll(
  store: Store,
  notification: HealthNotification,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  for (const { name: receiver } of receivers)
    enqueue(store, { receiver, health: notification.health.kind, notification }, now);
}

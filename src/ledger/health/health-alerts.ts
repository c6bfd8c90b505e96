/**
 * Health alerts, about Tocsin itself: blind, dead delivery, unhealthy receiver, API key, quarantined entries, overflow,
 * late entries, clocks, a silent log.
 *
 * Contract: they run on wall time and never cause further health alerts. They go to the receivers that work, or to all
 * where no receiver works. People are notified of an event (a dead delivery, a quarantined entry) at most once an hour, of
 * an overflow once a day; of a lasting problem (blindness, an unhealthy receiver) from time to time while it lasts, and
 * when it is over. One row per health alert, under its key.
 */

import { HEALTH_KINDS, hintOf, LASTING, raisedHeadline } from '../../alert/health-words.ts';
import type { HealthAlertKind, HealthNotification, HealthProblemKind } from '../../alert/notification.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { enqueue } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';

const HOUR_MS = 60 * 60_000;

/**
 * How long a health alert that is raised again notifies nobody. A problem that stops reading is repeated at Alertmanager's
 * default `repeat_interval` of 4 h (https://prometheus.io/docs/alerting/latest/configuration/); an unhealthy receiver,
 * while others work, once a day. `key-expiring` is raised only when its next step begins.
 */
const REPEAT_AFTER_MS: Readonly<Record<HealthAlertKind, number>> = {
  blind: 4 * HOUR_MS,
  'key-refused': 4 * HOUR_MS,
  'key-expiring': 0,
  'unhealthy-receiver': 24 * HOUR_MS,
  'dead-delivery': HOUR_MS,
  quarantine: HOUR_MS,
  overflow: 24 * HOUR_MS,
  'forgotten-marks': 24 * HOUR_MS,
  'late-entries': 4 * HOUR_MS,
  'lateness-near': 24 * HOUR_MS,
  'clocks-apart': 24 * HOUR_MS,
  'silent-log': 24 * HOUR_MS,
  'unread-entries': 24 * HOUR_MS,
  // Raised once a day at most (changed-entries.ts).
  'changed-entries': 0,
  'incomplete-log': 24 * HOUR_MS,
  // Sent by the tick, at most once an hour (poller/ledger-failure.ts).
  'ledger-failing': HOUR_MS,
};

/**
 * A problem that returns within this time after its last notification reopens without notifying; people are notified when
 * the time has passed. So a problem that comes and goes with every tick does not notify each time. Blindness takes
 * minutes to begin, and always notifies.
 */
const REOPEN_AFTER_MS: Readonly<Partial<Record<HealthAlertKind, number>>> = {
  'key-refused': HOUR_MS / 2,
  'unhealthy-receiver': HOUR_MS / 2,
  'clocks-apart': 6 * HOUR_MS,
  'unread-entries': HOUR_MS,
};

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
const EXPIRING_KEY = 'key-expiring:';
const DEAD_KEY = 'dead-delivery:';
const OVERFLOW_KEY = 'overflow:';

/** A health alert as people are shown it, by the key of its row. */
export interface ShownHealthAlert {
  /** The key without the part that means nothing to people, or that the summary repeats. */
  readonly kind: string;
  readonly headline: string;
  readonly hint: string;
}

/** The words for the row with that key. */
export function shownHealthAlert(key: string): ShownHealthAlert {
  const [, kind = key, subject = null] = /^([^:]+):(.*)$/s.exec(key) ?? [];
  // Another version of the Worker may have stored it.
  const known = HEALTH_KINDS.find((each) => each === kind);
  if (known === undefined) return { kind: key, headline: kind, hint: '' };
  const isReceiver = known === 'unhealthy-receiver' || known === 'dead-delivery';
  const headline = raisedHeadline(known, isReceiver ? subject : null);
  return { kind: isReceiver ? key : known, headline, hint: hintOf(known) };
}

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

function fromKey<Kind extends HealthAlertKind>(kind: Kind, key: string): HealthAlert<Kind> {
  const receiver = kind === 'unhealthy-receiver' ? key.slice(UNHEALTHY_KEY.length) : null;
  return { kind, key, subject: receiver, except: receiver };
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
  const isNotified = isOpen && wasNotified(known);
  if (
    known !== undefined &&
    now < known.notified_at + (isNotified ? REPEAT_AFTER_MS[kind] : (REOPEN_AFTER_MS[kind] ?? 0))
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
    health: { kind, subject, summary, hint: hintOf(kind), since },
  };
  enqueueForAll(store, notification, recipientsOf(store, raised, receivers), now);
}

function isLasting(kind: HealthAlertKind): boolean {
  return LASTING.some((each) => each === kind);
}

/** Whether people were notified of a health alert since it last began. */
function wasNotified({ since, notified_at }: { readonly since: number; readonly notified_at: number }): boolean {
  return notified_at >= since;
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
  if (!wasNotified(known)) return;
  const notification: HealthNotification = {
    kind: 'health-resolved',
    health: { kind, subject, summary, hint: '', since: known.since },
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

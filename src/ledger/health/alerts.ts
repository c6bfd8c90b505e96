/**
 * Alarms about Tocsin itself: blind, dead delivery, unhealthy receiver, the upstream key, quarantined entries, overflow.
 *
 * Contract: they run on wall time and never beget further alarms. They go to the receivers that work, and where none
 * does to all there are. What happens (a death, a quarantine) is told at most once an hour, that a rule
 * has more to count than it may once a day; what lasts (blindness, an
 * unhealthy receiver) now and then as long as it does, and when it is over. One row an alarm, under its key.
 */

import type { HealthAlertKind, HealthNotification } from '../../alert/notification.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { enqueue } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';

const HOUR_MS = 60 * 60_000;

/**
 * Raised again within this time, an alarm is not told again. What lasts and stops the watch is repeated as seldom as
 * Alertmanager repeats (its `repeat_interval` is 4 h by default:
 * https://prometheus.io/docs/alerting/latest/configuration/); a receiver that is ill, while others work, once a day.
 * `key-expiring` is raised only when there is something new to say.
 */
const REPEAT_AFTER_MS: Readonly<Record<HealthAlertKind, number>> = {
  blind: 4 * HOUR_MS,
  'key-refused': 4 * HOUR_MS,
  'key-expiring': 0,
  'unhealthy-receiver': 24 * HOUR_MS,
  'dead-delivery': HOUR_MS,
  quarantine: HOUR_MS,
  overflow: 24 * HOUR_MS,
};

/**
 * What was over and is so again within this time of being told begins again in silence, and is told when the time has
 * passed: what comes and goes with every tick is no news each time. Blindness takes its time to begin, and is always told.
 */
const REOPEN_AFTER_MS: Readonly<Partial<Record<HealthAlertKind, number>>> = {
  'key-refused': HOUR_MS / 2,
  'unhealthy-receiver': HOUR_MS / 2,
};

/** Alarms that are states, with a beginning and an end; the others are events, each counted. */
export const LASTING: readonly HealthAlertKind[] = ['blind', 'key-refused', 'key-expiring', 'unhealthy-receiver'];

const HINTS: Readonly<Record<HealthAlertKind, string>> = {
  blind: 'Run "npm run tocsin -- status". Check the cron trigger, the upstream key and the upstream itself.',
  'dead-delivery':
    'Run "npm run tocsin -- status" for the reason, mend the receiver, then send it again: "npm run tocsin -- resend".',
  quarantine: 'Nothing else is held up. Run "npm run tocsin -- status" to see what was put away and why.',
  overflow: 'Narrow the rule or its group-by, or shorten its timespan: what was dropped is not counted any more.',
  'unhealthy-receiver': 'Mend its setting, then run "npm run tocsin -- notify --test" and send again what is dead.',
  'key-refused': 'Make a new API key and run "npx wrangler secret put NIRVANA_LABS_API_KEY".',
  'key-expiring': 'Make a new API key, set NIRVANA_LABS_API_KEY to it and API_KEY_EXPIRES_AT to its expiry.',
};

/** Which alarm. */
export interface HealthAlert {
  readonly kind: HealthAlertKind;
  /** What it is stored under: its kind, and what it is about where one kind has several. */
  readonly key: string;
  /** Told to people as what it is about: a receiver's name. */
  readonly subject: string | null;
  /** The receiver that is not told, where another works: it is what is wrong. */
  readonly except: string | null;
}

/** The alarm about a receiver that is unhealthy. */
export function unhealthyReceiver(receiver: string): HealthAlert {
  return { kind: 'unhealthy-receiver', key: `${UNHEALTHY_KEY}${receiver}`, subject: receiver, except: receiver };
}

/** The alarm about an upstream key that expires then. */
export function expiringKey(at: number): HealthAlert {
  return { kind: 'key-expiring', key: `${EXPIRING_KEY}${at}`, subject: null, except: null };
}

/** The alarm about a message to a receiver that is dead. */
export function deadDelivery(receiver: string): HealthAlert {
  return { kind: 'dead-delivery', key: `${DEAD_KEY}${receiver}`, subject: null, except: receiver };
}

/** The alarm about a rule that has more to count than it may. */
export function overflowingRule(rule: string): HealthAlert {
  return { kind: 'overflow', key: `${OVERFLOW_KEY}${rule}`, subject: null, except: null };
}

const UNHEALTHY_KEY = 'unhealthy-receiver:';
const EXPIRING_KEY = 'key-expiring:';
const DEAD_KEY = 'dead-delivery:';
const OVERFLOW_KEY = 'overflow:';

/** A key as people are shown it: without what says nothing, or stands in the summary. */
export function displayKey(key: string): string {
  if (key.startsWith(DEAD_KEY)) return 'dead-delivery';
  if (key.startsWith(OVERFLOW_KEY)) return 'overflow';
  return key.startsWith(EXPIRING_KEY) ? 'key-expiring' : key;
}

/** An alarm that is open, from its row. */
export interface OpenHealthAlert {
  readonly alert: HealthAlert;
  readonly since: number;
  readonly notifiedAt: number;
}

/** The alarms that are open of one kind. */
export function openHealthAlerts(store: Store, kind: HealthAlertKind): readonly OpenHealthAlert[] {
  const rows = store.all<{ kind: string; since: number; notified_at: number }>(
    "SELECT kind, since, notified_at FROM health_alerts WHERE state = 'open' AND (kind = ? OR kind GLOB ? || ':*')",
    kind,
    kind,
  );
  return rows.map((row) => ({ alert: healthAlertFrom(kind, row.kind), since: row.since, notifiedAt: row.notified_at }));
}

function healthAlertFrom(kind: HealthAlertKind, key: string): HealthAlert {
  if (kind === 'unhealthy-receiver') return unhealthyReceiver(key.slice(UNHEALTHY_KEY.length));
  return { kind, key, subject: null, except: null };
}

/** What raising an alarm came to. */
export type Raised = { readonly told: true } | { readonly told: false; readonly reason: 'told lately' };

/** Raises an alarm: opens it and tells whom it concerns, or counts it where it was told lately. */
export function raiseHealthAlert(
  store: Store,
  alert: HealthAlert | HealthAlertKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): Raised {
  const { kind, key, subject } = whole(alert);
  const known = store.all<{ state: string; since: number; notified_at: number }>(
    'SELECT state, since, notified_at FROM health_alerts WHERE kind = ?',
    key,
  )[0];
  const lasts = LASTING.includes(kind);
  const isOpen = known?.state === 'open';
  const isSaid = isOpen && wasNotified(known);
  if (
    known !== undefined &&
    now < known.notified_at + (isSaid ? REPEAT_AFTER_MS[kind] : (REOPEN_AFTER_MS[kind] ?? 0))
  ) {
    if (!lasts) store.run('UPDATE health_alerts SET count = count + 1, summary = ? WHERE kind = ?', summary, key);
    else if (!isOpen) {
      store.run("UPDATE health_alerts SET state = 'open', since = ?, summary = ? WHERE kind = ?", now, summary, key);
    }
    return { told: false, reason: 'told lately' };
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
    health: { kind, subject, summary, hint: HINTS[kind], since },
  };
  enqueueForAll(store, notification, recipientsOf(store, whole(alert), receivers), now);
  return { told: true };
}

/** Whether people heard of an alarm since it last began. */
function wasNotified({ since, notified_at }: { readonly since: number; readonly notified_at: number }): boolean {
  return notified_at >= since;
}

/** Ends an alarm that is over, and says so where its beginning was told. Writes nothing where it is not open. */
export function resolveHealthAlert(
  store: Store,
  alert: HealthAlert | HealthAlertKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const { kind, key, subject } = whole(alert);
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
 * Whom an alarm is told: the receivers that work and are not what is wrong; where there is none, all there are. But a
 * receiver that takes nothing is not told that it takes nothing: when it could read that, it is over.
 */
function recipientsOf(
  store: Store,
  { kind, except: notTo }: HealthAlert,
  receivers: readonly RoutedReceiver[],
): readonly RoutedReceiver[] {
  const isOther = ({ name }: RoutedReceiver): boolean => name !== notTo;
  const others = working(store, receivers).filter(isOther);
  if (others.length > 0) return others;
  return kind === 'unhealthy-receiver' ? receivers.filter(isOther) : receivers;
}

/** Whom the end of an alarm is told: the receivers that work, or all where none does. */
function workingReceivers(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const able = working(store, receivers);
  return able.length > 0 ? able : receivers;
}

function working(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const ill = new Set(openHealthAlerts(store, 'unhealthy-receiver').map(({ alert }) => alert.subject));
  return receivers.filter(({ name, problem }) => problem === null && !ill.has(name));
}

function whole(alert: HealthAlert | HealthAlertKind): HealthAlert {
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

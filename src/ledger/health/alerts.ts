/**
 * Alarms about Tocsin itself: blind, dead delivery, unhealthy receiver, the upstream key, quarantined entries, overflow.
 *
 * Contract: they run on wall time and never beget further alarms. They go to the receivers that work, and where none
 * does to all there are. What happens (a death, a quarantine) is told at most once an hour, that a rule
 * has more to count than it may once a day; what lasts (blindness, an
 * unhealthy receiver) now and then as long as it does, and when it is over. One row an alarm, under its key.
 */

import type { AlarmKind, AlarmNotification } from '../../alert/notification.ts';
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
const TOLD_AGAIN_MS: Readonly<Record<AlarmKind, number>> = {
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
const TOLD_ANEW_MS: Readonly<Partial<Record<AlarmKind, number>>> = {
  'key-refused': HOUR_MS / 2,
  'unhealthy-receiver': HOUR_MS / 2,
};

/** Alarms that are states, with a beginning and an end; the others are events, each counted. */
export const LASTING: readonly AlarmKind[] = ['blind', 'key-refused', 'key-expiring', 'unhealthy-receiver'];

const MENDS: Readonly<Record<AlarmKind, string>> = {
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
export interface Alarm {
  readonly kind: AlarmKind;
  /** What it is stored under: its kind, and what it is about where one kind has several. */
  readonly key: string;
  /** Told to people as what it is about: a receiver's name. */
  readonly subject: string | null;
  /** The receiver that is not told, where another works: it is what is wrong. */
  readonly notTo: string | null;
}

/** The alarm about a receiver that is unhealthy. */
export function unhealthy(receiver: string): Alarm {
  return { kind: 'unhealthy-receiver', key: `${UNHEALTHY_KEY}${receiver}`, subject: receiver, notTo: receiver };
}

/** The alarm about an upstream key that expires then. */
export function expiring(at: number): Alarm {
  return { kind: 'key-expiring', key: `${EXPIRING_KEY}${at}`, subject: null, notTo: null };
}

/** The alarm about a message to a receiver that is dead. */
export function died(receiver: string): Alarm {
  return { kind: 'dead-delivery', key: `${DEAD_KEY}${receiver}`, subject: null, notTo: receiver };
}

/** The alarm about a rule that has more to count than it may. */
export function overflowing(rule: string): Alarm {
  return { kind: 'overflow', key: `${OVERFLOW_KEY}${rule}`, subject: null, notTo: null };
}

const UNHEALTHY_KEY = 'unhealthy-receiver:';
const EXPIRING_KEY = 'key-expiring:';
const DEAD_KEY = 'dead-delivery:';
const OVERFLOW_KEY = 'overflow:';

/** A key as people are shown it: without what says nothing, or stands in the summary. */
export function shownKey(key: string): string {
  if (key.startsWith(DEAD_KEY)) return 'dead-delivery';
  if (key.startsWith(OVERFLOW_KEY)) return 'overflow';
  return key.startsWith(EXPIRING_KEY) ? 'key-expiring' : key;
}

/** An alarm that is open, from its row. */
export interface OpenAlarm {
  readonly alarm: Alarm;
  readonly since: number;
  readonly toldAt: number;
}

/** The alarms that are open of one kind. */
export function openAlarms(store: Store, kind: AlarmKind): readonly OpenAlarm[] {
  const rows = store.all<{ kind: string; since: number; told_at: number }>(
    "SELECT kind, since, told_at FROM alarms WHERE state = 'open' AND (kind = ? OR kind GLOB ? || ':*')",
    kind,
    kind,
  );
  return rows.map((row) => ({ alarm: alarmOf(kind, row.kind), since: row.since, toldAt: row.told_at }));
}

function alarmOf(kind: AlarmKind, key: string): Alarm {
  if (kind === 'unhealthy-receiver') return unhealthy(key.slice(UNHEALTHY_KEY.length));
  return { kind, key, subject: null, notTo: null };
}

/** What raising an alarm came to. */
export type Raised = { readonly told: true } | { readonly told: false; readonly reason: 'told lately' };

/** Raises an alarm: opens it and tells whom it concerns, or counts it where it was told lately. */
export function raise(
  store: Store,
  alarm: Alarm | AlarmKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): Raised {
  const { kind, key, subject } = whole(alarm);
  const known = store.all<{ state: string; since: number; told_at: number }>(
    'SELECT state, since, told_at FROM alarms WHERE kind = ?',
    key,
  )[0];
  const lasts = LASTING.includes(kind);
  const isOpen = known?.state === 'open';
  const isSaid = isOpen && wasTold(known);
  if (known !== undefined && now < known.told_at + (isSaid ? TOLD_AGAIN_MS[kind] : (TOLD_ANEW_MS[kind] ?? 0))) {
    if (!lasts) store.run('UPDATE alarms SET count = count + 1, summary = ? WHERE kind = ?', summary, key);
    else if (!isOpen) {
      store.run("UPDATE alarms SET state = 'open', since = ?, summary = ? WHERE kind = ?", now, summary, key);
    }
    return { told: false, reason: 'told lately' };
  }
  const since = (lasts && isOpen ? known?.since : undefined) ?? now;
  store.run(
    "INSERT OR REPLACE INTO alarms (kind, state, since, told_at, count, summary) VALUES (?, 'open', ?, ?, 1, ?)",
    key,
    since,
    now,
    summary,
  );
  const notification: AlarmNotification = {
    kind: 'alarm',
    alarm: { kind, subject, summary, mend: MENDS[kind], since },
  };
  tell(store, notification, audience(store, whole(alarm), receivers), now);
  return { told: true };
}

/** Whether people heard of an alarm since it last began. */
function wasTold({ since, told_at }: { readonly since: number; readonly told_at: number }): boolean {
  return told_at >= since;
}

/** Ends an alarm that is over, and says so where its beginning was told. Writes nothing where it is not open. */
export function clear(
  store: Store,
  alarm: Alarm | AlarmKind,
  summary: string,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const { kind, key, subject } = whole(alarm);
  const known = store.all<{ since: number; told_at: number }>(
    "SELECT since, told_at FROM alarms WHERE kind = ? AND state = 'open'",
    key,
  )[0];
  if (known === undefined) return;
  store.run("UPDATE alarms SET state = 'over', summary = ? WHERE kind = ?", summary, key);
  if (!wasTold(known)) return;
  const notification: AlarmNotification = {
    kind: 'alarm-resolved',
    alarm: { kind, subject, summary, mend: '', since: known.since },
  };
  tell(store, notification, hearers(store, receivers), now);
}

/**
 * Whom an alarm is told: the receivers that work and are not what is wrong; where there is none, all there are. But a
 * receiver that takes nothing is not told that it takes nothing: when it could read that, it is over.
 */
function audience(
  store: Store,
  { kind, notTo }: Alarm,
  receivers: readonly RoutedReceiver[],
): readonly RoutedReceiver[] {
  const isOther = ({ name }: RoutedReceiver): boolean => name !== notTo;
  const others = working(store, receivers).filter(isOther);
  if (others.length > 0) return others;
  return kind === 'unhealthy-receiver' ? receivers.filter(isOther) : receivers;
}

/** Whom the end of an alarm is told: the receivers that work, or all where none does. */
function hearers(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const able = working(store, receivers);
  return able.length > 0 ? able : receivers;
}

function working(store: Store, receivers: readonly RoutedReceiver[]): readonly RoutedReceiver[] {
  const ill = new Set(openAlarms(store, 'unhealthy-receiver').map(({ alarm }) => alarm.subject));
  return receivers.filter(({ name, problem }) => problem === null && !ill.has(name));
}

function whole(alarm: Alarm | AlarmKind): Alarm {
  return typeof alarm === 'string' ? { kind: alarm, key: alarm, subject: null, notTo: null } : alarm;
}

function tell(store: Store, notification: AlarmNotification, receivers: readonly RoutedReceiver[], now: number): void {
  for (const { name: receiver } of receivers)
    enqueue(store, { receiver, alarm: notification.alarm.kind, notification }, now);
}

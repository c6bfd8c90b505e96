/**
 * Deliveries: one notification on its way to one receiver. The row exists before anything is sent.
 *
 * Contract: at least once. An attempt is stored before it is made; each receiver has one at a time. The next delivery is the
 * most severe and then the oldest of those that are ready; what failed is set aside, so that others go first. A delivery
 * that can't be delivered is dead and visible, never dropped; a person may resend it. One that is bundled ends with its
 * message, as that does. How many wait makes no difference to what a delivery reads and writes. Times are wall, in ms.
 */
import { TOCSIN } from '../../alert/alert.ts';
import { healthLevelOf } from '../../alert/health-words.ts';
import type { HealthAlertKind, Notification } from '../../alert/notification.ts';
import type { Editable } from '../../notify/receiver.ts';
import { LEVELS, type Level } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { addAct } from '../store/alerts.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store, Value } from '../store/store.ts';
import {
  type AfterDelivery,
  type Attempt,
  afterAttempt,
  afterLostAttempt,
  NO_FAILURES,
  neverTried,
  notBefore,
  type ReceiverState,
  retryNotBefore,
  type Tried,
  WAIT_MAX_MS,
} from './after-attempt.ts';
import { beginAttempt, readReceiver, type StoredReceiver, type StoredReceivers, writeReceiver } from './receivers.ts';

/** Selects ended deliveries in the words of the partial index deliveries_ended, so that SQLite uses it. */
export const ENDED = "state <> 'pending' AND state <> 'bundled' AND state <> 'waiting'";
/** Select pending deliveries in the words of the partial indexes deliveries_ready and deliveries_set_aside. */
export const READY = "state = 'pending' AND due_at IS NULL";
export const SET_ASIDE = "state = 'pending' AND due_at IS NOT NULL";
/** Selects of these what does not fail by itself, in the words of the partial index deliveries_not_by_itself. */
const NOT_BY_ITSELF = `${SET_ASIDE} AND own_ms = 0`;
/** Selects what waits for the message of its group, in the words of the partial index deliveries_waiting. */
export const WAITING = "state = 'waiting'";
/** Selects those that end with the message of a group or of an outage, in the words of the partial index deliveries_bundled. */
export const BUNDLED = "state = 'bundled'";
/** Why a delivery counts as delivered that was never sent by itself. */
const IN_A_MESSAGE = 'in a message with others';

/** Sets a delivery's state as if no attempt had failed. */
export const AS_NEVER_TRIED = 'due_at = NULL, failing_since = NULL, failed_at = NULL, own_ms = 0, own_at = NULL';

/** An attempt that has not ended after this time never will: it was interrupted. */
export const ATTEMPT_MAX_MS = 60_000;

/** The next delivery of a receiver. */
export interface Due {
  readonly id: number;
  readonly receiver: string;
  readonly attempt: number;
  /** Wall, ms. */
  readonly queuedAt: number;
  readonly notification: Notification;
  /** For a receiver that edits (editable.ts): what it shows, and what it has to know; missing for others. */
  readonly edited?: { readonly shows: Notification; readonly editable: Editable };
}

/** What a receiver is to be sent. */
export type Taken =
  | { readonly kind: 'due'; readonly due: Due }
  /** Nothing before this time. */
  | { readonly kind: 'wait'; readonly at: number }
  /** The next one can't be read, and is dead: take again. */
  | { readonly kind: 'dead'; readonly reason: string; readonly isHealthAlert: boolean }
  | { readonly kind: 'nothing' };

/** The delivery after an attempt was settled, and the receiver. */
export type Settled = AfterDelivery | { readonly state: 'stale' };
export interface SettledAttempt {
  readonly settled: Settled;
  readonly receiver: ReceiverState;
  /** The failure was the message's own, and says nothing of the receiver. */
  readonly isOwn: boolean;
  /** The receiver as it was before. */
  readonly before: StoredReceiver;
}

/** What a delivery is made of. */
interface Enqueued {
  readonly receiver: string;
  readonly alert?: number;
  readonly health?: HealthAlertKind;
  readonly notification: Notification;
}

/** Enqueues a notification for a receiver: it is ready. */
export function enqueue(store: Store, what: Enqueued, now: number): void {
  store.run(
    `INSERT INTO deliveries (receiver, alert, health, notification, level, state, attempts, queued_at)
     VALUES (?, ?, ?, ?, ?, 'pending', 0, ?)`,
    what.receiver,
    what.alert ?? null,
    what.health ?? null,
    JSON.stringify(what.notification),
    rankOf(what.notification),
    now,
  );
}

/** These end with the delivery that was just enqueued. */
export function bundleUnder(store: Store, rows: readonly { readonly id: number }[]): void {
  // It has the highest id.
  store.run(
    `UPDATE deliveries SET state = 'bundled', digest = (SELECT max(id) FROM deliveries)
     WHERE id IN (SELECT value FROM json_each(?))`,
    JSON.stringify(rows.map(({ id }) => id)),
  );
}

/** High and critical: this rank and up. */
export const SEVERE = LEVELS.indexOf('high');

/** How severe it is: 0 and up. */
function rankOf(notification: Notification): number {
  // News go first.
  return 'edits' in notification ? 0 : LEVELS.indexOf(levelOf(notification));
}

function levelOf(notification: Notification): Level {
  if ('health' in notification) return healthLevelOf(notification);
  if ('group' in notification) return notification.group.level;
  // An older version stored a message of another kind for an outage.
  return 'alert' in notification ? notification.alert.level : 'medium';
}

/**
 * Takes what a receiver is to be sent next, and stores that its attempt begins. An attempt that is stored as under way was
 * interrupted: the caller has none. Call it in a transaction.
 */
export function take(store: Store, receiver: string, now: number): Taken {
  const stored = readReceiver(store, receiver);
  if (stored.attemptOf !== null) endLostAttempt(store, receiver, stored, stored.attemptOf, now);
  const readyAt = notBefore(stored, now);
  // What a failing receiver has not taken waits for what was not tried since, so that one bad message is no outage.
  if (readyAt <= now && stored.failingSince === null) takePlaces(store, receiver, now);
  const row = firstOf<NextRow>(
    store,
    receiver,
    stored.failedOf,
    'id, attempts, queued_at, due_at, health, notification',
  );
  if (row === null) return { kind: 'nothing' };
  if (readyAt > now) return { kind: 'wait', at: readyAt };
  const dueAt = row.due_at === null ? now : retryNotBefore(row.due_at, stored, now);
  if (dueAt > now) return { kind: 'wait', at: dueAt };
  const notification = readNotification(row.notification);
  if (notification === null) {
    const reason = 'the stored message is damaged, and can’t be sent';
    end(store, row.id, row.attempts, 'dead', reason, now);
    return { kind: 'dead', reason, isHealthAlert: row.health !== null };
  }
  beginAttempt(store, receiver, row.id, now);
  return {
    kind: 'due',
    due: { id: row.id, receiver, attempt: row.attempts + 1, queuedAt: row.queued_at, notification },
  };
}

/** Null where it is damaged: it would hold up its receiver for ever. */
export function readNotification(text: string): Notification | null {
  const value = parseJson(text);
  const isKept = isObject(value) && typeof value.kind === 'string';
  const isOne =
    isKept &&
    (isObject(value.health) ||
      // An older version's message of an outage.
      isObject(value.digest) ||
      (isObject(value.group) && hasAlert(value.group.first)) ||
      hasAlert(value));
  return isOne ? (value as unknown as Notification) : null;
}

/** What the links of a message are to. */
function hasAlert(value: unknown): boolean {
  return isObject(value) && isObject(value.alert) && isObject(value.entry);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The columns of a delivery that is next. */
type NextRow = {
  readonly id: number;
  readonly attempts: number;
  readonly queued_at: number;
  readonly due_at: number | null;
  readonly health: string | null;
  readonly notification: string;
};

/** What was set aside takes its place by level when its time has come. */
function takePlaces(store: Store, receiver: string, now: number): void {
  store.run(`UPDATE deliveries SET due_at = NULL WHERE ${SET_ASIDE} AND receiver = ? AND due_at <= ?`, receiver, now);
}

/**
 * The most severe and then the oldest that is ready. Without any, the first that is due of what was set aside: of what does
 * not fail by itself, without the delivery that failed last (`failedOf`); without any such, of all. Reads a few rows.
 */
function firstOf<Of extends Partial<NextRow>>(
  store: Store,
  receiver: string,
  failedOf: number | null,
  columns: string,
): Of | null {
  const first = (of: string, ...binds: readonly Value[]): Of | undefined =>
    store.all<Of>(`SELECT ${columns} FROM deliveries WHERE ${of} LIMIT 1`, receiver, ...binds)[0];
  return (
    first(`${READY} AND receiver = ? ORDER BY level DESC, queued_at, id`) ??
    first(`${NOT_BY_ITSELF} AND receiver = ? AND id IS NOT ? ORDER BY due_at, id`, failedOf) ??
    first(`${SET_ASIDE} AND receiver = ? ORDER BY due_at, id`) ??
    null
  );
}

type PendingRow = {
  readonly id: number;
  readonly receiver: string;
  readonly state: string;
  readonly attempts: number;
  readonly queuedAt: number;
  readonly failingSince: number | null;
  readonly failedAt: number | null;
  readonly ownMs: number;
  readonly ownAt: number | null;
  readonly health: string | null;
  readonly level: number;
};

/** Null where it is not pending any more. */
function readDelivery(store: Store, id: number): PendingRow | null {
  const row = store.all<PendingRow>(
    `SELECT id, receiver, state, attempts, queued_at AS queuedAt, failing_since AS failingSince, failed_at AS failedAt, own_ms AS ownMs, own_at AS ownAt, health, level
     FROM deliveries WHERE id = ?`,
    id,
  )[0];
  return row === undefined || row.state !== 'pending' ? null : row;
}

function triedOf({ attempts, health, level, ...row }: PendingRow): Tried {
  const [isHealthAlert, isSevere] = [health !== null, level >= SEVERE];
  const { id, queuedAt, failingSince, failedAt, ownMs: ms, ownAt: at } = row;
  const own = { ms, at };
  return { id, queuedAt, attempts: attempts + 1, failingSince, failedAt, own, isHealthAlert, isSevere };
}

/** In place of a delivery that is not pending any more. */
function asItWasTaken({ id, attempt, queuedAt, notification }: Due): Tried {
  const [isHealthAlert, isSevere] = ['health' in notification, rankOf(notification) >= SEVERE];
  const never = { failingSince: null, failedAt: null, own: NO_FAILURES };
  return { id, queuedAt, attempts: attempt, ...never, isHealthAlert, isSevere };
}

/** The process that made the attempt is gone. The attempt counts, and the delivery is not the next one for ever. */
function endLostAttempt(store: Store, receiver: string, stored: StoredReceiver, id: number, now: number): void {
  const row = readDelivery(store, id);
  if (row !== null && row.receiver === receiver) {
    const tried = triedOf(row);
    storeEnd(store, id, tried.attempts, afterLostAttempt(tried, now), now);
  }
  writeReceiver(store, receiver, stored);
}

/** Stores how an attempt ended. Call it in a transaction, with what follows from a dead delivery. */
export function settle(store: Store, due: Due, attempt: Attempt, now: number): SettledAttempt {
  const stored = readReceiver(store, due.receiver);
  const row = readDelivery(store, due.id);
  // Resent or ended since: what was learned of the receiver stands.
  const tried = row === null ? asItWasTaken(due) : triedOf(row);
  const after = afterAttempt(stored, tried, attempt, now);
  writeReceiver(store, due.receiver, after.receiver);
  if (after.delivery.state === 'delivered' && stored.failingSince !== null) bringBack(store, due.receiver, stored);
  // A success counts at any receiver; what a former one failed at says nothing of the new one.
  const isAnothers = row !== null && row.receiver !== due.receiver && after.delivery.state !== 'delivered';
  if (row === null || isAnothers) return { ...after, settled: { state: 'stale' }, before: stored };
  storeEnd(store, due.id, tried.attempts, after.delivery, now);
  const reference = attempt.outcome.kind === 'delivered' ? attempt.outcome.reference : undefined;
  // The same row again, which few receivers need.
  if (reference !== undefined) store.run('UPDATE deliveries SET reference = ? WHERE id = ?', reference, due.id);
  return { ...after, settled: after.delivery, before: stored };
}

/** Once a failing receiver works: what has failed since its last success takes its place, unless it fails by itself. */
export function bringBack(store: Store, receiver: string, { deliveredAt }: ReceiverState): void {
  store.run(
    `UPDATE deliveries SET due_at = NULL WHERE ${NOT_BY_ITSELF} AND receiver = ? AND failed_at >= ?`,
    receiver,
    deliveredAt ?? 0,
  );
}

function storeEnd(store: Store, id: number, attempts: number, after: AfterDelivery, now: number): void {
  switch (after.state) {
    case 'delivered':
      end(store, id, attempts, 'delivered', null, now);
      return;
    case 'dead':
      end(store, id, attempts, 'dead', after.reason, now);
      return;
    case 'pending':
      store.run(
        'UPDATE deliveries SET attempts = ?, due_at = ?, failing_since = ?, failed_at = ?, own_ms = ?, own_at = ?, reason = ? WHERE id = ?',
        attempts,
        after.dueAt,
        after.failingSince,
        after.failedAt,
        after.own.ms,
        after.own.at,
        after.reason,
        id,
      );
  }
}

function end(
  store: Store,
  id: number,
  attempts: number,
  state: 'delivered' | 'dead',
  reason: string | null,
  now: number,
) {
  const [ended] = store.all<{ receiver: string }>(
    `UPDATE deliveries SET state = ?, attempts = ?, due_at = NULL, settled_at = ?, reason = ? WHERE id = ?
     RETURNING receiver`,
    ...[state, attempts, now, reason, id],
  );
  const bundled = endBundled(store, id, state, reason, now);
  if (state === 'dead' && ended !== undefined) forgetNotified(store, ended.receiver, [id, ...bundled], now);
}

/**
 * What is in a message ends as the message does; returns the deliveries. What is in an outage's may have others in it. Reads an
 * index, and writes nothing for any other delivery.
 */
function endBundled(
  store: Store,
  message: number,
  state: 'delivered' | 'dead',
  reason: string | null,
  now: number,
): readonly number[] {
  const ended = store.all<{ id: number; alert: number | null; grp: string | null }>(
    `UPDATE deliveries SET state = ?, due_at = NULL, settled_at = ?, reason = ? WHERE ${BUNDLED} AND digest = ?
     RETURNING id, alert, grp`,
    ...[state, now, state === 'delivered' ? IN_A_MESSAGE : reason, message],
  );
  // Only a group's message, which waited in no group, has others in it.
  const messages = ended.filter(({ alert, grp }) => alert !== null && grp === null);
  const below = messages.flatMap(({ id }) => endBundled(store, id, state, reason, now));
  return [...ended.map(({ id }) => id), ...below];
}

/**
 * A receiver was not notified of the alerts that these messages are about, nor of those that a correlation's lists: what comes
 * next of them opens them for it.
 */
function forgetNotified(store: Store, receiver: string, messages: readonly number[], now: number): void {
  const forgotten = store.all<{ id: number }>(
    `WITH dead AS (SELECT alert, notification FROM deliveries WHERE id IN (SELECT value FROM json_each(?2)) AND alert IS NOT NULL
       AND iif(json_valid(notification), notification ->> '$.edits', NULL) IS NULL)
     UPDATE alerts SET notified = json_remove(notified, ?1) WHERE json_type(notified, ?1) IS NOT NULL AND id IN (
       SELECT alert FROM dead UNION SELECT value ->> '$.id' FROM dead, json_each(iif(json_valid(notification), notification, '{}'), '$.inhibited')
       UNION SELECT value FROM dead, json_each(iif(json_valid(notification), notification, '{}'), '$.inhibitedRest'))
     RETURNING id`,
    ...[`$."${receiver}"`, JSON.stringify(messages)],
  );
  const seq = readLastSeq(store);
  for (const { id } of forgotten) {
    addAct(store, { alert: id, act: 'dead', who: TOCSIN, via: null, detail: { receiver } }, seq, now);
  }
}

/**
 * Ends deliveries that waited too long: for a receiver that can't take them (`problemOf` says why), or having failed. It
 * reads every pending delivery.
 */
export function expire(store: Store, problemOf: (receiver: string) => string | null, now: number): readonly Expired[] {
  const rows = store.all<{
    id: number;
    receiver: string;
    attempts: number;
    health: string | null;
    failingSince: number | null;
    reason: string | null;
  }>(
    eachPending(
      'id, receiver, attempts, health, failing_since AS failingSince, reason',
      `AND queued_at < ?1 AND ${NOT_SENT}`,
    ),
    now - WAIT_MAX_MS,
  );
  return rows.flatMap(({ id, receiver, attempts, health, failingSince, reason }) => {
    const problem = problemOf(receiver) ?? (failingSince === null ? null : reason);
    if (problem === null) return [];
    const dead = neverTried(problem);
    end(store, id, attempts, 'dead', dead, now);
    return [{ receiver, reason: dead, isHealthAlert: health !== null, notification: notificationOf(store, id) }];
  });
}

/** A delivery that has just died. */
export interface Expired {
  readonly receiver: string;
  readonly reason: string;
  readonly isHealthAlert: boolean;
  /** Null: what is stored is damaged. */
  readonly notification: Notification | null;
}

function notificationOf(store: Store, id: number): Notification | null {
  const row = store.all<{ notification: string }>('SELECT notification FROM deliveries WHERE id = ?', id)[0];
  return row === undefined ? null : readNotification(row.notification);
}

/** Not under way: its attempt ends it. */
const NOT_SENT = 'id NOT IN (SELECT attempt_of FROM receivers WHERE attempt_of IS NOT NULL)';

/** All pending deliveries, by the two indexes. */
function eachPending(columns: string, and = ''): string {
  return `SELECT ${columns} FROM deliveries WHERE ${READY} ${and} UNION ALL SELECT ${columns} FROM deliveries WHERE ${SET_ASIDE} ${and}`;
}

/**
 * When the next attempt at one of these receivers is due; null: nothing waits for them. `startedAt`: since when this process
 * runs, which has made no attempt before. Reads a few rows of each.
 */
export function nextDue(
  store: Store,
  receivers: readonly string[],
  stored: StoredReceivers,
  startedAt: number,
  now: number,
): number | null {
  const times = receivers.map((name) => nextAt(store, name, stored.get(name), startedAt, now));
  return times.reduce((least, at) => (least === null || (at !== null && at < least) ? at : least), null);
}

function nextAt(
  store: Store,
  receiver: string,
  stored: StoredReceiver | undefined,
  startedAt: number,
  now: number,
): number | null {
  // Its end sets the alarm; this is for where it has none.
  if (stored?.attemptAt != null) {
    // A time in the future is another clock's.
    return stored.attemptAt < startedAt ? now : Math.min(stored.attemptAt, now) + ATTEMPT_MAX_MS;
  }
  const first = firstOf<Pick<NextRow, 'due_at'>>(store, receiver, stored?.failedOf ?? null, 'due_at');
  if (first === null) return null;
  if (stored === undefined) return first.due_at ?? now;
  const dueAt = first.due_at === null ? now : retryNotBefore(first.due_at, stored, now);
  return Math.max(dueAt, notBefore(stored, now));
}

/** Up to `most` of the deliveries that are pending for these receivers, the next first, and why they wait. */
export function readWaiting(
  store: Store,
  receivers: readonly string[],
  most: number,
): readonly { readonly receiver: string; readonly reason: string; readonly dueAt: number }[] {
  const nextAt = 'coalesce((SELECT next_at FROM receivers WHERE name = receiver), 0)';
  const columns = `receiver, coalesce(reason, 'not tried yet') AS reason, max(coalesce(due_at, queued_at), ${nextAt}) AS dueAt`;
  return [
    `SELECT ${columns} FROM deliveries WHERE ${READY} AND receiver = ? ORDER BY level DESC, queued_at LIMIT ?`,
    `SELECT ${columns} FROM deliveries WHERE ${SET_ASIDE} AND receiver = ? ORDER BY due_at LIMIT ?`,
  ]
    .flatMap((sql) =>
      receivers.flatMap((name) => store.all<{ receiver: string; reason: string; dueAt: number }>(sql, name, most)),
    )
    .sort((a, b) => a.dueAt - b.dueAt)
    .slice(0, most);
}

/** Of each index its receivers, one seek for each. */
const NAMES_OF = [READY, SET_ASIDE, WAITING].map(
  (which) => `WITH RECURSIVE names (name) AS (
       SELECT min(receiver) FROM deliveries WHERE ${which} UNION ALL
       SELECT (SELECT min(receiver) FROM deliveries WHERE ${which} AND receiver > name) FROM names WHERE name IS NOT NULL)
     SELECT name FROM names WHERE name IS NOT NULL`,
);

/** Whether anything is pending for a receiver, or waits for its group. Reads a row or two. */
export function isWaitedFor(store: Store, receiver: string): boolean {
  return firstOf(store, receiver, null, 'id') !== null || countWaiting(store, receiver, 1) > 0;
}

/** The receivers for which something is pending, or waits for its group, by name. Reads a row or two of each. */
export function readWaitedFor(store: Store): readonly string[] {
  const names = NAMES_OF.flatMap((sql) => store.all<{ name: string }>(sql).map(({ name }) => name));
  return [...new Set(names)].sort();
}

/** How many deliveries are pending for a receiver by themselves, counted up to `most`. */
export function countPending(store: Store, receiver: string, most: number): number {
  return countUpTo(store, eachPending('1', 'AND receiver = ?1'), most, receiver);
}

/** How many decisions wait for the messages of their groups, counted up to `most`. */
export function countWaiting(store: Store, receiver: string, most: number): number {
  return countUpTo(store, `SELECT 1 FROM deliveries WHERE ${WAITING} AND receiver = ?1`, most, receiver);
}

/** How many of a receiver's are dead, counted up to `most`. */
export function countDead(store: Store, receiver: string, most: number): number {
  return countUpTo(store, "SELECT 1 FROM deliveries WHERE state = 'dead' AND receiver = ?1", most, receiver);
}

function countUpTo(store: Store, rows: string, most: number, receiver: string): number {
  return store.all<{ n: number }>(`SELECT count(*) AS n FROM (${rows} LIMIT ?2)`, receiver, most)[0]?.n ?? 0;
}

/** How many deliveries are pending in messages with others, by receiver: `most` are counted, in order of these messages. */
export function countBundled(store: Store, most: number): ReadonlyMap<string, number> {
  const rows = store.all<{ receiver: string; n: number }>(
    `SELECT deliveries.receiver, sum(n) AS n
     FROM (SELECT of, count(*) AS n FROM (SELECT digest AS of FROM deliveries WHERE ${BUNDLED} LIMIT ?) GROUP BY of)
       JOIN deliveries ON deliveries.id = of GROUP BY deliveries.receiver`,
    most,
  );
  return new Map(rows.map(({ receiver, n }) => [receiver, n]));
}

/**
 * Deliveries: one notification on its way to one receiver. The row exists before anything is sent.
 *
 * Contract: at least once. An attempt is stored, with the time of the next, before it is made, so an attempt that crashes
 * is repeated. A delivery that can't be delivered is dead and visible, never dropped; a person may resend it. Times are
 * wall, in ms.
 */
import type { HealthAlertKind, Notification } from '../../alert/notification.ts';
import { type Outcome, SEND_TIMEOUT_MS } from '../../notify/receiver.ts';
import type { Store } from '../store/store.ts';

/** How many deliveries of each receiver are taken at once. They are sent one after the other. */
export const TAKEN_MAX = 4;
/** An attempt that was not settled counts as lost after this time plus its backoff. */
const ATTEMPT_MS = 60_000;
const BACKOFF_FIRST_MS = 10_000;
export const BACKOFF_MAX_MS = 15 * 60_000;
/** A delivery that is not delivered after this time is dead. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
/** The longest pause that a receiver may ask for. */
const PAUSE_MAX_MS = 60 * 60_000;

if (!(TAKEN_MAX * SEND_TIMEOUT_MS < ATTEMPT_MS + BACKOFF_FIRST_MS)) {
  throw new Error('all taken deliveries of a receiver must be sent before an attempt counts as lost');
}
if (!(BACKOFF_FIRST_MS < BACKOFF_MAX_MS && BACKOFF_MAX_MS < GIVE_UP_AFTER_MS && PAUSE_MAX_MS < GIVE_UP_AFTER_MS)) {
  throw new Error('a delivery must be retried before it is given up');
}

/** Selects ended deliveries in the words of the partial index deliveries_ended, so that SQLite uses it. */
export const ENDED = "state <> 'pending'";

/** A delivery whose time has come. */
export interface Due {
  readonly id: number;
  readonly receiver: string;
  readonly attempt: number;
  /** Wall, ms. */
  readonly queuedAt: number;
  readonly notification: Notification;
}

/** The delivery after an attempt was settled. */
export type Settled =
  | { readonly state: 'delivered' }
  | { readonly state: 'pending'; readonly dueAt: number }
  | { readonly state: 'dead'; readonly reason: string; readonly isHealthAlert: boolean }
  /** Another attempt has settled it since. */
  | { readonly state: 'stale' };

/** Enqueues a notification for a receiver, due now. */
export function enqueue(
  store: Store,
  what: {
    readonly receiver: string;
    readonly alert?: number;
    readonly health?: HealthAlertKind;
    readonly notification: Notification;
  },
  now: number,
): void {
  store.run(
    `INSERT INTO deliveries (receiver, alert, health, notification, state, attempts, queued_at, due_at)
     VALUES (?, ?, ?, ?, 'pending', 0, ?, ?)`,
    what.receiver,
    what.alert ?? null,
    what.health ?? null,
    JSON.stringify(what.notification),
    now,
    now,
  );
}

/** Stores a notification that is not sent to a receiver, with the reason, so that it can be shown. */
export function enqueueSuppressed(
  store: Store,
  what: {
    readonly receiver: string;
    readonly alert: number;
    readonly notification: Notification;
    readonly reason: string;
  },
  now: number,
): void {
  store.run(
    `INSERT INTO deliveries (receiver, alert, health, notification, state, attempts, queued_at, due_at, settled_at, reason)
     VALUES (?, ?, NULL, ?, 'suppressed', 0, ?, ?, ?, ?)`,
    what.receiver,
    what.alert,
    JSON.stringify(what.notification),
    now,
    now,
    now,
    what.reason,
  );
}

/**
 * Takes up to `most` due deliveries of each receiver, oldest first, and stores the next attempt of each. The limit is per
 * receiver, so that the backlog of one does not delay the others. One transaction.
 */
export function takeDue(store: Store, most: number, now: number): Due[] {
  return store.transaction(() => {
    const due = nextByReceiver(store).filter(({ at }) => at <= now);
    const rows = due.flatMap(({ receiver }) =>
      store.all<{ id: number; receiver: string; attempts: number; queued_at: number; notification: string }>(
        `SELECT id, receiver, attempts, queued_at, notification FROM deliveries
         WHERE state = 'pending' AND receiver = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
        receiver,
        now,
        most,
      ),
    );
    rows.sort((a, b) => a.id - b.id);
    return rows.map((row) => {
      const attempt = row.attempts + 1;
      const dueAt = now + ATTEMPT_MS + backoff(attempt);
      store.run('UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ?', attempt, dueAt, row.id);
      const notification = JSON.parse(row.notification) as Notification;
      return { id: row.id, receiver: row.receiver, attempt, queuedAt: row.queued_at, notification };
    });
  });
}

/** Stores how an attempt ended. Call it in a transaction, with what follows from a dead delivery. */
export function settle(store: Store, due: Due, outcome: Outcome, now: number): Settled {
  const row = store.all<{ state: string; attempts: number; queued_at: number; health: string | null }>(
    'SELECT state, attempts, queued_at, health FROM deliveries WHERE id = ?',
    due.id,
  )[0];
  if (row === undefined || row.state !== 'pending') return { state: 'stale' };
  switch (outcome.kind) {
    case 'delivered':
      end(store, due.id, 'delivered', outcome.note ?? null, now);
      return { state: 'delivered' };
    case 'refused':
      return endAsDead(store, due.id, outcome.reason, row.health !== null, now);
    case 'retry': {
      if (row.attempts !== due.attempt) return { state: 'stale' };
      const wait = Math.max(backoff(due.attempt), Math.min(outcome.afterMs ?? 0, PAUSE_MAX_MS));
      const dueAt = now + wait;
      if (dueAt > row.queued_at + GIVE_UP_AFTER_MS) {
        return endAsDead(
          store,
          due.id,
          `given up after ${due.attempt} attempts: ${outcome.reason}`,
          row.health !== null,
          now,
        );
      }
      store.run('UPDATE deliveries SET due_at = ?, reason = ? WHERE id = ?', dueAt, outcome.reason, due.id);
      if (outcome.afterMs !== null) pauseReceiver(store, due.receiver, dueAt);
      return { state: 'pending', dueAt };
    }
  }
}

/** Ends deliveries whose attempts were never settled for a day, and returns them. */
export function expire(store: Store, now: number): { readonly receiver: string; readonly isHealthAlert: boolean }[] {
  const rows = store.all<{ id: number; receiver: string; health: string | null }>(
    "SELECT id, receiver, health FROM deliveries WHERE state = 'pending' AND attempts > 0 AND queued_at < ?",
    now - GIVE_UP_AFTER_MS - PAUSE_MAX_MS,
  );
  for (const row of rows) end(store, row.id, 'dead', 'given up: no attempt came back', now);
  return rows.map((row) => ({ receiver: row.receiver, isHealthAlert: row.health !== null }));
}

/**
 * Makes dead deliveries of one receiver, or (null) of all, pending again as if they had just been enqueued. Returns how
 * many. Their reasons stay until the next attempt is settled. One transaction.
 */
export function resendDead(store: Store, receiver: string | null, now: number): number {
  const ofReceiver = receiver === null ? '' : ' AND receiver = ?';
  const resent = store.transaction(() =>
    store.all(
      `UPDATE deliveries SET state = 'pending', attempts = 0, queued_at = ?, due_at = ?, settled_at = NULL
       WHERE state = 'dead'${ofReceiver} RETURNING id`,
      now,
      now,
      ...(receiver === null ? [] : [receiver]),
    ),
  );
  return resent.length;
}

/**
 * Pauses a receiver that fails, for longer the more attempts have failed in a row (`failures`). Deliveries that were taken
 * and not tried are due after the pause, without an attempt counted. Call it in a transaction.
 */
export function backOffReceiver(
  store: Store,
  receiver: string,
  untried: readonly Due[],
  failures: number,
  now: number,
): void {
  const paused = store.all<{ until: number }>('SELECT until FROM pacing WHERE receiver = ?', receiver)[0]?.until ?? 0;
  const until = Math.max(paused, now + backoff(Math.max(1, failures)));
  pauseReceiver(store, receiver, until);
  for (const { id, attempt } of untried) {
    store.run(
      "UPDATE deliveries SET attempts = attempts - 1, due_at = ? WHERE id = ? AND state = 'pending' AND attempts = ?",
      until,
      id,
      attempt,
    );
  }
}

/** When the next delivery is due; null: no delivery is pending. */
export function nextDue(store: Store): number | null {
  const times = nextByReceiver(store).map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
}

/** The receivers with pending deliveries, and when the first delivery of each may be tried. Reads an index. */
function nextByReceiver(store: Store): readonly { readonly receiver: string; readonly at: number }[] {
  return store.all<{ receiver: string; at: number }>(
    `SELECT receiver, max(min(due_at), coalesce((SELECT until FROM pacing WHERE pacing.receiver = deliveries.receiver), 0))
       AS at FROM deliveries WHERE state = 'pending' GROUP BY receiver ORDER BY receiver`,
  );
}

/** A paused receiver gets nothing until then, not even deliveries that are enqueued during the pause. */
function pauseReceiver(store: Store, receiver: string, until: number): void {
  store.run('INSERT OR REPLACE INTO pacing (receiver, until) VALUES (?, ?)', receiver, until);
}

function endAsDead(store: Store, id: number, reason: string, isHealthAlert: boolean, now: number): Settled {
  end(store, id, 'dead', reason, now);
  return { state: 'dead', reason, isHealthAlert };
}

function end(store: Store, id: number, state: 'delivered' | 'dead', reason: string | null, now: number): void {
  store.run('UPDATE deliveries SET state = ?, settled_at = ?, reason = ? WHERE id = ?', state, now, reason, id);
}

/** 10 s, doubled each time, at most 15 min. */
function backoff(attempt: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS);
}

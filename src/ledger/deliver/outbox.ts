/**
 * Deliveries: one notification on its way to one receiver. The row exists before anything is sent.
 *
 * Contract: at least once. An attempt is stored, with the time of the next, before it is made: who dies in the middle
 * tries again. What can't be delivered is dead, visible, and never dropped; a person may have it sent again. Times are
 * wall, in ms.
 */
import type { HealthAlertKind, Notification } from '../../alert/notification.ts';
import type { Outcome } from '../../notify/receiver.ts';
import type { Store } from '../store/store.ts';

/** An attempt that did not come back is taken for lost after this; longer than a receiver may take to send. */
const ATTEMPT_MS = 60_000;
const BACKOFF_FIRST_MS = 10_000;
const BACKOFF_MOST_MS = 15 * 60_000;
/** What is not delivered after a day is dead. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
/** No receiver may put us off for longer than this. */
const PUT_OFF_MOST_MS = 60 * 60_000;

/** A delivery whose time has come. */
export interface Due {
  readonly id: number;
  readonly receiver: string;
  readonly attempt: number;
  /** Wall, ms. */
  readonly queuedAt: number;
  readonly notification: Notification;
}

/** What settling an attempt came to. */
export type Settled =
  | { readonly state: 'delivered' }
  | { readonly state: 'pending'; readonly dueAt: number }
  | { readonly state: 'dead'; readonly reason: string; readonly isHealthAlert: boolean }
  /** Another attempt has settled it meanwhile. */
  | { readonly state: 'stale' };

/** Queues a notification for a receiver, due now. */
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

/** Keeps what is not sent to a receiver, and why: settled before it began, so that it can be shown. */
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
 * Takes up to `most` due deliveries of each receiver, oldest first, each with its next attempt stored: so that the
 * backlog of one that does not answer is nobody else's. One transaction.
 */
export function takeDue(store: Store, most: number, now: number): Due[] {
  return store.transaction(() => {
    const due = wanted(store).filter(({ at }) => at <= now);
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

/** Stores how an attempt ended. To be called in a transaction, with whatever follows from a death. */
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
      return died(store, due.id, outcome.reason, row.health !== null, now);
    case 'retry': {
      if (row.attempts !== due.attempt) return { state: 'stale' };
      const wait = Math.max(backoff(due.attempt), Math.min(outcome.afterMs ?? 0, PUT_OFF_MOST_MS));
      const dueAt = now + wait;
      if (dueAt > row.queued_at + GIVE_UP_AFTER_MS) {
        return died(
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

/** Ends what a day of attempts, none of which came back to be settled, could not deliver. */
export function expire(store: Store, now: number): { readonly receiver: string; readonly isHealthAlert: boolean }[] {
  const rows = store.all<{ id: number; receiver: string; health: string | null }>(
    "SELECT id, receiver, health FROM deliveries WHERE state = 'pending' AND attempts > 0 AND queued_at < ?",
    now - GIVE_UP_AFTER_MS - PUT_OFF_MOST_MS,
  );
  for (const row of rows) end(store, row.id, 'dead', 'given up: no attempt came back', now);
  return rows.map((row) => ({ receiver: row.receiver, isHealthAlert: row.health !== null }));
}

/**
 * Makes dead deliveries pending again, as if they had just been queued: of one receiver, or (null) of all. Returns how
 * many; called again, none of them. Their reasons stay until they are settled anew.
 */
export function resendDead(store: Store, receiver: string | null, now: number): number {
  const of = receiver === null ? '' : ' AND receiver = ?';
  return store.all(
    `UPDATE deliveries SET state = 'pending', attempts = 0, queued_at = ?, due_at = ?, settled_at = NULL
     WHERE state = 'dead'${of} RETURNING id`,
    now,
    now,
    ...(receiver === null ? [] : [receiver]),
  ).length;
}

/**
 * Leaves a receiver in peace that fails or asked for it: what was taken and not tried is as it was, and due when it may
 * be tried again. `failures`: how many attempts have failed running; the more, the longer. To be called in a transaction.
 */
export function backOffReceiver(
  store: Store,
  receiver: string,
  untried: readonly Due[],
  failures: number,
  now: number,
): void {
  const held = store.all<{ until: number }>('SELECT until FROM pacing WHERE receiver = ?', receiver)[0]?.until ?? 0;
  const until = Math.max(held, now + backoff(Math.max(1, failures)));
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

/** When the next delivery is due; null where none is pending. */
export function nextDue(store: Store): number | null {
  const times = wanted(store).map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
}

/** The receivers that deliveries are pending for, and when the first of them may be tried. Reads an index. */
function wanted(store: Store): readonly { readonly receiver: string; readonly at: number }[] {
  return store.all<{ receiver: string; at: number }>(
    `SELECT receiver, max(min(due_at), coalesce((SELECT until FROM pacing WHERE pacing.receiver = deliveries.receiver), 0))
       AS at FROM deliveries WHERE state = 'pending' GROUP BY receiver ORDER BY receiver`,
  );
}

/** A receiver that asked to wait gets nothing until then, not even what is queued meanwhile. */
function pauseReceiver(store: Store, receiver: string, until: number): void {
  store.run('INSERT OR REPLACE INTO pacing (receiver, until) VALUES (?, ?)', receiver, until);
}

function died(store: Store, id: number, reason: string, isHealthAlert: boolean, now: number): Settled {
  end(store, id, 'dead', reason, now);
  return { state: 'dead', reason, isHealthAlert };
}

function end(store: Store, id: number, state: 'delivered' | 'dead', reason: string | null, now: number): void {
  store.run('UPDATE deliveries SET state = ?, settled_at = ?, reason = ? WHERE id = ?', state, now, reason, id);
}

/** 10 s, doubled each time, at most 15 min. */
function backoff(attempt: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (attempt - 1), BACKOFF_MOST_MS);
}

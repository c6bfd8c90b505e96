/**
 * Sends dead deliveries again, and what is there for one receiver to another, as when it was renamed.
 *
 * Contract: one transaction. A message of several is sent again as one. Times are wall, in ms.
 */
import { isOver } from '../../alert/groups.ts';
import type { Store } from '../store/store.ts';
import { AS_NEVER_TRIED, BUNDLED, ENDED, READY, SET_ASIDE, WAITING } from './outbox.ts';
import { hurry } from './receivers.ts';
import { readGroup, writeGroup } from './waiting.ts';

/**
 * Makes dead deliveries of one receiver, or (null) of all in `names`, pending again as if they had just been enqueued, and
 * what is in a message bundled again; failing receivers are tried at once. `to`: another receiver that is to get them, with
 * what is still pending for this one; null: the same. Returns how many. One transaction.
 */
export function resend(
  store: Store,
  receiver: string | null,
  to: string | null,
  names: readonly string[],
  now: number,
): number {
  return store.transaction(() => {
    // What is dead for a receiver that was removed would die again.
    const whose = receiver === null ? names : [receiver];
    const resent = store.all(
      `UPDATE deliveries SET state = iif(digest IS NULL, 'pending', 'bundled'), attempts = 0, queued_at = ?, ${AS_NEVER_TRIED},
         settled_at = NULL WHERE ${ENDED} AND state = 'dead' AND receiver IN (SELECT value FROM json_each(?)) RETURNING id`,
      now,
      JSON.stringify(whose),
    ).length;
    const isElsewhere = receiver !== null && to !== null && to !== receiver;
    // What was dead is pending now: it is moved with the rest.
    const count = isElsewhere ? move(store, receiver, to, now) : resent;
    readyAtFailing(store, to ?? receiver);
    hurry(store, to ?? receiver, now);
    return count;
  });
}

/** What failing receivers, one or (null) all, set aside takes its place again: else there may be nothing to try them with. */
function readyAtFailing(store: Store, name: string | null): void {
  store.run(
    `UPDATE deliveries SET due_at = NULL WHERE ${SET_ASIDE} AND receiver IN
       (SELECT name FROM receivers WHERE failing_since IS NOT NULL AND (name = ? OR ? IS NULL))`,
    name,
    name,
  );
}

/** What is pending or waits for one receiver is for another one now. */
function move(store: Store, receiver: string, to: string, now: number): number {
  moveGroups(store, receiver, to, now);
  const moved = [WAITING, READY, SET_ASIDE, BUNDLED].map(
    (which) =>
      store.all(
        `UPDATE deliveries SET receiver = ?, ${AS_NEVER_TRIED} WHERE ${which} AND receiver = ? RETURNING id`,
        to,
        receiver,
      ).length,
  );
  return moved.reduce((sum, rows) => sum + rows, 0);
}

/** What waits is due for the other one as it was for this one, or sooner. */
function moveGroups(store: Store, receiver: string, to: string, now: number): void {
  const due = store.all<{ key: string; due_at: number }>(
    'SELECT key, due_at FROM groups WHERE receiver = ? AND due_at IS NOT NULL',
    receiver,
  );
  for (const { key, due_at: dueAt } of due) {
    const [from, before] = [readGroup(store, receiver, key), readGroup(store, to, key)];
    if (from === null) continue;
    const group = before === null || isOver(before, now) ? from : before;
    writeGroup(store, to, key, { ...group, dueAt: Math.min(before?.dueAt ?? dueAt, dueAt) });
    writeGroup(store, receiver, key, { ...from, dueAt: null });
  }
}

/**
 * What waits for a receiver, as far as it shows something about the receiver: one message that fails while others get
 * through is that message's fault. Read-only.
 *
 * Contract: reads at most so many rows of a receiver, however long its queue is. Times are wall, in ms.
 */
import { LEVELS } from '../../sigma/index.ts';
import { READY, SET_ASIDE } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';

/** A message that has waited longer is a backlog. */
export const BACKLOG_AFTER_MS = 10 * 60_000;
/** Rows read of a queue: the oldest of each level, and of what was set aside. */
const OF_A_LEVEL = 4;
const SET_ASIDE_MAX = 20;

const COLUMNS = 'SELECT queued_at, attempts, health FROM deliveries';
const QUEUES = [
  ...LEVELS.map(
    (_, rank) =>
      `${COLUMNS} WHERE ${READY} AND receiver = ? AND level = ${rank} ORDER BY queued_at LIMIT ${OF_A_LEVEL}`,
  ),
  `${COLUMNS} WHERE ${SET_ASIDE} AND receiver = ? ORDER BY due_at LIMIT ${SET_ASIDE_MAX}`,
];

/** What a receiver has not taken. */
export interface Untaken {
  /**
   * When the oldest message was enqueued that waits, and was never tried or came after everything the receiver has taken;
   * null: there is none. Health alerts do not count.
   */
  readonly oldestAt: number | null;
  /** Messages that came after everything it has taken, waiting or dead: 2 where there are more. */
  readonly sinceDelivered: number;
}

/** What `receiver` has not taken. `deliveredAt`: when it last took a message; null: never. */
export function readUntaken(store: Store, receiver: string, deliveredAt: number | null): Untaken {
  const after = deliveredAt ?? Number.MIN_SAFE_INTEGER;
  const waiting = QUEUES.flatMap((sql) =>
    store.all<{ queued_at: number; attempts: number; health: string | null }>(sql, receiver),
  );
  const counting = waiting.filter((row) => row.health === null && (row.attempts === 0 || row.queued_at > after));
  const oldestAt = counting.reduce((least, row) => Math.min(least, row.queued_at), Number.POSITIVE_INFINITY);
  const late = waiting.filter((row) => row.queued_at > after).length;
  return {
    oldestAt: counting.length === 0 ? null : oldestAt,
    sinceDelivered: late >= 2 ? 2 : Math.min(2, late + newestDead(store, receiver, after)),
  };
}

/** How many of the last two messages that died came after then. */
function newestDead(store: Store, receiver: string, after: number): number {
  const rows = store.all<{ queued_at: number }>(
    "SELECT queued_at FROM deliveries WHERE state = 'dead' AND receiver = ? ORDER BY id DESC LIMIT 2",
    receiver,
  );
  return rows.filter((row) => row.queued_at > after).length;
}

/**
 * What waits for a receiver, as far as it shows something about the receiver: one message that fails while others get
 * through is that message's fault. Read-only.
 *
 * Contract: reads at most so many rows of a receiver, however long its queue is. Times are wall, in ms.
 */
import type { FailingMessage } from '../../alert/health-state.ts';
import { LEVELS } from '../../sigma/index.ts';
import { READY, SET_ASIDE, SEVERE } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';

/** A message that has waited longer is a backlog. */
export const BACKLOG_AFTER_MS = 10 * 60_000;
/** Rows read of a queue: the oldest of each level, and of what was set aside. */
const OF_A_LEVEL = 4;
const SET_ASIDE_MAX = 20;

const COLUMNS = 'SELECT queued_at, attempts, health, failing_since, level, reason FROM deliveries';
const OLDEST_READY = LEVELS.map((_, rank) => {
  const where = `${READY} AND receiver = ?1 AND level = ${rank}`;
  return `SELECT * FROM (${COLUMNS} WHERE ${where} ORDER BY queued_at LIMIT ${OF_A_LEVEL})`;
}).join(' UNION ALL ');
const FIRST_SET_ASIDE = `${COLUMNS} WHERE ${SET_ASIDE} AND receiver = ?1 ORDER BY due_at LIMIT ${SET_ASIDE_MAX}`;

interface WaitingRow extends Record<string, string | number | null> {
  readonly queued_at: number;
  readonly attempts: number;
  readonly health: string | null;
  readonly failing_since: number | null;
  readonly level: number;
  readonly reason: string | null;
}

/** What a receiver has not taken. */
export interface Untaken {
  /**
   * When the oldest message was enqueued that waits, and is of level high or critical, was never tried, or came after
   * everything the receiver has taken; null: there is none. Health alerts do not count.
   */
  readonly oldestAt: number | null;
  /** Why it failed; null where it has not. */
  readonly oldestReason: string | null;
  /** The message below high that has failed the longest by itself, while others got through; null: there is none. */
  readonly failing: FailingMessage | null;
  /** Messages that came after everything it has taken, waiting or dead: 2 where there are more. */
  readonly sinceDelivered: number;
}

/** What `receiver` has not taken. `deliveredAt`: when it last took a message; null: never. */
export function readUntaken(store: Store, receiver: string, deliveredAt: number | null): Untaken {
  const after = deliveredAt ?? Number.MIN_SAFE_INTEGER;
  const waiting = [OLDEST_READY, FIRST_SET_ASIDE].flatMap((sql) => store.all<WaitingRow>(sql, receiver));
  const isCounting = ({ attempts, queued_at: queuedAt, level }: WaitingRow): boolean =>
    attempts === 0 || queuedAt > after || level >= SEVERE;
  const counting = waiting.filter((row) => row.health === null && isCounting(row));
  const oldest = counting.sort((a, b) => a.queued_at - b.queued_at)[0];
  const late = waiting.filter((row) => row.queued_at > after).length;
  return {
    oldestAt: oldest?.queued_at ?? null,
    oldestReason: oldest?.reason ?? null,
    failing: longestFailing(waiting, after),
    sinceDelivered: late >= 2 ? 2 : Math.min(2, late + newestDead(store, receiver, after)),
  };
}

/** Others got through since it began to fail. Health alerts do not count. */
function longestFailing(waiting: readonly WaitingRow[], deliveredAt: number): FailingMessage | null {
  const failing = waiting.flatMap(({ health, failing_since: since, level, reason }) =>
    health === null && level < SEVERE && since !== null && since < deliveredAt ? [{ since, reason: reason ?? '' }] : [],
  );
  return failing.sort((a, b) => a.since - b.since)[0] ?? null;
}

/** How many of the last two messages that died came after then. */
function newestDead(store: Store, receiver: string, after: number): number {
  const rows = store.all<{ queued_at: number }>(
    "SELECT queued_at FROM deliveries WHERE state = 'dead' AND receiver = ? ORDER BY id DESC LIMIT 2",
    receiver,
  );
  return rows.filter((row) => row.queued_at > after).length;
}

/**
 * The ledger's one row of state: the checkpoint and the counters that must move with it, in the same transaction.
 * All times are ms since the epoch; "wall" is the clock's time, the others the upstream's.
 */
import { type Checkpoint, firstCheckpoint } from '../../audit-log/checkpoint.ts';
import type { Counters, NotedFailure } from '../rpc.ts';
import type { Store } from './store.ts';

export interface State {
  readonly checkpoint: Checkpoint;
  /** Number of the last accepted entry, and of the last alert. */
  readonly lastSeq: number;
  readonly lastAlert: number;
  /** The latest beginning of a walk whose entries were accepted: what retention is counted from. */
  readonly latestBegan: number;
  /** When, by `latestBegan`, old rows were last thrown out. */
  readonly evictedAt: number;
  /** Wall: when the ledger began, was last saved, and when a walk last ended or moved. */
  readonly startedAt: number;
  readonly savedAt: number;
  readonly movedAt: number;
  /** Wall: when the checkpoint was last handed out to be written to KV. */
  readonly publishedAt: number;
  /** Ids of the operator's rewinds that were obeyed, newest last. */
  readonly rewinds: readonly string[];
  readonly counters: Counters;
  /** How many groups each correlation has, or more (group-limit.ts); a ledger of an older version has none. */
  readonly groups?: GroupCounts;
  /** The last tick that failed, where the watch has not moved since; a ledger of an older version has none. */
  readonly failure?: NotedFailure | null;
}

/** The state of a ledger that has recorded nothing. */
export function firstState(now: number, floor: number, suppressBefore: number | null): State {
  return {
    checkpoint: firstCheckpoint(floor, suppressBefore),
    lastSeq: 0,
    lastAlert: 0,
    latestBegan: 0,
    evictedAt: 0,
    startedAt: now,
    savedAt: now,
    movedAt: now,
    publishedAt: 0,
    rewinds: [],
    counters: { recorded: 0, quarantined: 0, expired: 0, overflowed: 0 },
  };
}

/** The failure that lasts: what was noted since the watch last moved; null where it has moved since. */
export function failureOf(state: State, movedAt: number): NotedFailure | null {
  const failure = state.failure ?? null;
  return failure !== null && failure.at >= movedAt ? failure : null;
}

/** The stored state; null in a new, empty ledger. */
export function readState(store: Store): State | null {
  const row = store.all<{ value: string }>('SELECT value FROM state WHERE id = 1')[0];
  return row === undefined ? null : (JSON.parse(row.value) as State);
}

/** Stores the state: one row. */
export function writeState(store: Store, state: State): void {
  store.run('INSERT OR REPLACE INTO state (id, value) VALUES (1, ?)', JSON.stringify(state));
}

/** Rule id → how many groups it has, or more. */
export type GroupCounts = Readonly<Record<string, number>>;

/**
 * The ledger's one row of state: the checkpoint, and the counters that must change in the same transaction. All times are
 * ms since the epoch; "wall" is the clock's time, the others the upstream's.
 */
import { type Checkpoint, firstCheckpoint } from '../../audit-log/checkpoint.ts';
import { currentRereads, firstRereads, type Rereads } from '../../audit-log/reread.ts';
import type { Counters, DayUsage, LastRestore, OngoingFailure, SeenLateness } from '../rpc.ts';
import type { RecentCounts } from './recent.ts';
import type { Store } from './store.ts';

/** The latest entry that was recorded in an hour of wall time. */
export interface HourLateness extends SeenLateness {
  /** Hours since the epoch. */
  readonly hour: number;
}

export interface State {
  readonly checkpoint: Checkpoint;
  /** Where this ledger began to read: it knows nothing that was created before. */
  readonly readFrom: number;
  /** The numbers of the last accepted entry and of the last alert. */
  readonly lastSeq: number;
  readonly lastAlert: number;
  /** The latest beginning of a scan whose entries were accepted. Retention counts from it. */
  readonly latestBegan: number;
  /** `latestBegan` when old rows were last evicted. */
  readonly evictedAt: number;
  /** Entries dated before this may be evicted, and are not recorded again. Absent until any was. */
  readonly evictedThrough?: number;
  /** Event time of the newest entry that shows that entries arrive. Absent until there is one. */
  readonly newestAt?: number;
  /** The latest entry of each hour (record/lateness.ts). Absent until an entry was late. */
  readonly lateness?: readonly HourLateness[];
  /** What is read again beside the scans. Absent in a ledger that has not begun one. */
  readonly rereads?: Rereads;
  /** Wall: when the ledger began, when it was last saved, and when a scan last moved or ended. */
  readonly startedAt: number;
  readonly savedAt: number;
  readonly movedAt: number;
  /** Wall: when the checkpoint was last published to KV. */
  readonly publishedAt: number;
  /** Ids of the operator's rewinds that were applied, newest last. */
  readonly rewinds: readonly string[];
  /** The last restore. Absent in a ledger that was never restored. */
  readonly restored?: LastRestore;
  readonly counters: Counters;
  /** At least how many groups each correlation has (group-limit.ts). Absent until a group is stored. */
  readonly groups?: GroupCounts;
  /** Revisions since people were last notified of any. Absent until one is read. */
  readonly changed?: ChangedEntries;
  /** How many stored bodies were replaced on a day (wall, days since the epoch). Absent until one was. */
  readonly rewrites?: { readonly day: number; readonly count: number };
  /** Rows that indexing older entries wrote on a day (entry-index.ts; days since the epoch). Absent until it wrote one. */
  readonly olderIndexed?: { readonly day: number; readonly rows: number };
  /** The last tick that failed; null or absent where a scan has moved since. */
  readonly failure?: OngoingFailure | null;
  /** Entries and alerts of the last day and more. Absent until there is one. */
  readonly recent?: RecentCounts;
  /** What of the day's allowances was used when it was stored. Absent where nothing is counted. */
  readonly usage?: DayUsage;
  /** What was absent before this time is in no alert (record/absences.ts). Absent: no read was to notify nobody. */
  readonly absentFrom?: number;
  /** Which rules have evaluated what. Absent until entries are recorded. */
  readonly evaluated?: Evaluated;
}

/** Which rules, by their meaning, have evaluated which of the recorded entries (record/evaluated.ts). */
export interface Evaluated {
  /** The version of all rules. */
  readonly version: string;
  readonly rules: { readonly [rule: string]: RuleEvaluated };
  /** The passes that are not over, in the order in which they began. */
  readonly passes: readonly number[];
  /** The numbers of the last pass, and of the last of its steps that decided something. */
  readonly lastPass: number;
  readonly lastStep: number;
  /** The rows that passes read and wrote on a day (wall, days since the epoch). Absent until one did. */
  readonly spent?: { readonly day: number; readonly read: number; readonly written: number };
}

export interface RuleEvaluated {
  /** What it means (record/meaning.ts). */
  readonly meaning: string;
  /** Of a correlation: the pass that built its windows; 0: they have grown since the ledger began. */
  readonly pass: number;
  /** That pass has not reached the last entry: it evaluates the rule, and nothing else does. Absent: false. */
  readonly isBehind?: true;
  /** The entries after this number are evaluated by it, and may alert. */
  readonly after: number;
  /** And those up to it that occurred since then, ms: they were backfilled. Absent: none of them. */
  readonly since?: number;
  /** Its matches open no alerts. Absent: false. */
  readonly isQuiet?: true;
}

/** Revisions of entries since people were last notified of any. */
export interface ChangedEntries {
  /** Wall; 0: never. */
  readonly notifiedAt: number;
  readonly recorded: number;
  /** How often one was read that was not recorded. */
  readonly refused: number;
  /** The id of one that was recorded; null without any. */
  readonly example: string | null;
}

/** The state of a ledger that has recorded nothing. */
export function firstState(now: number, floor: number, suppressBefore: number | null): State {
  return {
    checkpoint: firstCheckpoint(floor, suppressBefore),
    readFrom: floor,
    lastSeq: 0,
    lastAlert: 0,
    latestBegan: 0,
    evictedAt: 0,
    startedAt: now,
    savedAt: now,
    movedAt: now,
    publishedAt: 0,
    rewinds: [],
    counters: { recorded: 0, quarantined: 0, expired: 0, overflowed: 0, revisions: 0, revisionsRefused: 0 },
  };
}

/** The failure that lasts; null where a scan has moved since. */
export function failureOf(state: State, movedAt: number): OngoingFailure | null {
  const failure = state.failure ?? null;
  return failure !== null && failure.at >= movedAt ? failure : null;
}

/** The stored state; null in a new, empty ledger. */
export function readState(store: Store): State | null {
  const row = store.all<{ value: string }>('SELECT value FROM state WHERE id = 1')[0];
  return row === undefined ? null : (JSON.parse(row.value) as State);
}

/** The number of the last accepted entry; 0 before the first. */
export function readLastSeq(store: Store): number {
  return readState(store)?.lastSeq ?? 0;
}

/** Stores the state, with what the meter counted: one row. `ownReads`: what is remembered of our own reads, in the same row; null: as it is. */
export function writeState(store: Store, state: State, ownReads: string | null = null): void {
  store.run(
    `INSERT INTO state (id, value, own_reads) VALUES (1, ?, ?)
     ON CONFLICT (id) DO UPDATE SET value = excluded.value, own_reads = coalesce(excluded.own_reads, own_reads)`,
    JSON.stringify(store.meter === undefined ? state : { ...state, usage: store.meter.saved() }),
    ownReads,
  );
}

/** What is stored of our own reads; null where nothing is. */
export function readOwnReads(store: Store): string | null {
  return store.all<{ own_reads: string | null }>('SELECT own_reads FROM state WHERE id = 1')[0]?.own_reads ?? null;
}

/** Rule id → at least how many groups it has. */
export type GroupCounts = Readonly<Record<string, number>>;

/** The checkpoint that quiet batches brought since the last save. It is lost with the memory, and no entry with it. */
export class UnsavedCheckpoint {
  #unsaved: { readonly checkpoint: Checkpoint; readonly movedAt: number } | null = null;
  /** KV had no copy of the checkpoint when a tick last read it. That tick, or one before, may have died before it wrote it. */
  isMissingInKv = false;

  /** The checkpoint to read on from: the unsaved one, unless another save overtook it. */
  current(state: State): Checkpoint {
    const isCurrent = this.#unsaved?.checkpoint.version === state.checkpoint.version;
    return this.#unsaved !== null && isCurrent ? this.#unsaved.checkpoint : state.checkpoint;
  }

  /** When a scan last moved or ended; wall, ms. */
  movedAt(state: State): number {
    return Math.max(state.movedAt, this.#unsaved?.movedAt ?? 0);
  }

  keep(checkpoint: Checkpoint, movedAt: number): void {
    this.#unsaved = { checkpoint, movedAt };
  }

  clear(): void {
    this.#unsaved = null;
  }
}

/** The re-reads as pages that brought nothing new have moved them since the last save. Like the checkpoint above. */
export class UnsavedRereads {
  #unsaved: Rereads | null = null;

  /** The re-reads to go on with. */
  current(state: State, now: number): Rereads {
    return currentRereads(this.#unsaved ?? state.rereads ?? firstRereads(state.startedAt), now);
  }

  keep(rereads: Rereads): void {
    this.#unsaved = rereads;
  }

  clear(): void {
    this.#unsaved = null;
  }
}

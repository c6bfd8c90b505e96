/**
 * Taking the ledger back to a moment, as far as the ledger itself is concerned: what it would forget, and what a restored
 * ledger has to learn. `../restore.ts` talks to the platform.
 *
 * Contract: the id of a restore is remembered like a rewind's before the ledger goes back, by a commit that going back
 * undoes. So a ledger that does not know the id of the mark in KV was restored, and applies the mark once; any other ignores
 * it. Without the mark no entry is lost either: a restored ledger reads on from its checkpoint, as after an outage.
 */
import { type Checkpoint, rewound } from '../../audit-log/checkpoint.ts';
import type { RestoreMark, Rewind } from '../../audit-log/checkpoint-text.ts';
import { utcText } from '../../text/times.ts';
import { ENDED, WAITING } from '../deliver/outbox.ts';
import type { RestoreCounts, RestoreTarget } from '../rpc.ts';
import { readState, type State, writeState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { type LedgerContext, requireState, withNextVersion, withRereads } from './context.ts';

/** How far back the platform can go (developers.cloudflare.com/durable-objects/api/sqlite-storage-api, getBookmarkForTime). */
export const RESTORE_BACK_MAX_MS = 30 * 24 * 60 * 60_000;
/** The platform finds a moment approximately: what is nearer than this may not be behind us. */
const RESTORE_BACK_MIN_MS = 60_000;
/** Alerts and messages are counted up to this many, and so many matches are read for it. */
export const RESTORE_COUNTED_MAX = 10_000;
const MATCHES_READ_MAX = 100_000;
/** Selects messages that were not delivered, each in the words of an index. */
const UNDELIVERED = [WAITING, "state = 'pending'", `${ENDED} AND state = 'dead'`];

/** Why a restore to a time can't be; null: it can. Wall, ms. */
export function restoreProblem(to: number, now: number): string | null {
  if (to > now) return 'is in the future: a restore only goes back';
  if (to > now - RESTORE_BACK_MIN_MS) return 'is less than a minute ago';
  if (to < now - RESTORE_BACK_MAX_MS) return 'is more than 30 days ago, which is as far as Cloudflare goes back';
  return null;
}

/** Where a restore would lead. `bookmark`: null where the time is to be looked up. */
export type PlannedRestore =
  | {
      readonly kind: 'possible';
      readonly to: number;
      readonly bookmark: string | null;
      readonly counts: RestoreCounts;
    }
  | { readonly kind: 'refused'; readonly problem: string };

/** Plans a restore; reads only. `now`: wall, ms. */
export function planRestore(store: Store, target: RestoreTarget, now: number): PlannedRestore {
  const state = readState(store);
  if (state === null) return { kind: 'refused', problem: 'the ledger has not begun: there is nothing to go back to' };
  const undone = target === 'undo' ? (state.restored ?? null) : null;
  if (target === 'undo' && undone === null) return { kind: 'refused', problem: 'the ledger was not restored' };
  const to = target === 'undo' ? (undone?.at ?? now) : target;
  // The undo of a restore has a bookmark: it may come within the minute.
  const problem = undone !== null && to > now - RESTORE_BACK_MIN_MS ? null : restoreProblem(to, now);
  if (problem !== null) return { kind: 'refused', problem: `the time ${problem}` };
  if (to < state.startedAt) {
    const began = utcText(state.startedAt) ?? 'later';
    return { kind: 'refused', problem: `the time is before this ledger began, ${began}` };
  }
  return { kind: 'possible', to, bookmark: undone?.undo ?? null, counts: countSince(store, state, to) };
}

/**
 * What was stored since `to`. Entries count from the first scan that began later, and messages from when they were settled:
 * a scan or a message under way at that moment may be on either side of it.
 */
function countSince(store: Store, state: State, to: number): RestoreCounts {
  const count = (sql: string, ...binds: readonly (number | string)[]): number =>
    store.all<{ n: number }>(`SELECT count(*) AS n FROM (${sql} LIMIT ${RESTORE_COUNTED_MAX + 1})`, ...binds)[0]?.n ??
    0;
  // Backwards, so that only what was recorded since is read.
  const batch = store.all<{ last_seq: number }>(
    'SELECT last_seq FROM batches WHERE began <= ? ORDER BY first_seq DESC LIMIT 1',
    to,
  )[0];
  const lastSeq = batch?.last_seq ?? 0;
  const matched = `SELECT DISTINCT alert FROM (SELECT alert FROM matches WHERE seq > ? LIMIT ${MATCHES_READ_MAX})`;
  const changed = count(matched, lastSeq);
  const opened = count(`SELECT 1 FROM alerts WHERE id IN (${matched}) AND first_seq > ?`, lastSeq, lastSeq);
  const delivered = `FROM deliveries WHERE ${ENDED} AND state = 'delivered'`;
  const unsettled = 'SELECT 1 FROM deliveries WHERE alert IS NOT NULL AND queued_at > ? AND';
  return {
    entries: Math.max(0, state.lastSeq - lastSeq),
    alertsOpened: opened,
    alertsChanged: changed - opened,
    delivered: count(`SELECT 1 ${delivered} AND queued_at > ? AND alert IS NOT NULL`, to),
    // The newest of those from before: what is older was settled before, or is dead.
    deliveredFromBefore: count(
      `SELECT 1 FROM (SELECT settled_at ${delivered} AND queued_at <= ? ORDER BY queued_at DESC
       LIMIT ${RESTORE_COUNTED_MAX + 1}) WHERE settled_at > ?`,
      to,
      to,
    ),
    undelivered: UNDELIVERED.reduce((sum, where) => sum + count(`${unsettled} ${where}`, to), 0),
  };
}

/** Calls and alerts that may still come before the ledger goes back. */
const MEANWHILE_MAX = 1_000;

/** Remembers the id, so that only a ledger that went back applies the mark. Call it in a transaction. */
export function expectRestore(
  context: LedgerContext,
  id: string,
  now: number,
): Pick<RestoreMark, 'lastAlert' | 'version'> {
  const { store, unsaved, rereads } = context;
  const state = withRereads(context, requireState(store), now);
  const checkpoint = unsaved.current(state);
  writeState(store, withNextVersion({ ...state, checkpoint, rewinds: withRewinds(state, id) }, now));
  unsaved.clear();
  rereads.clear();
  return { lastAlert: state.lastAlert + MEANWHILE_MAX, version: checkpoint.version + MEANWHILE_MAX };
}

/**
 * The state of a restored ledger with its mark. Alerts get numbers that no link in a message has, and checkpoints versions
 * that no call of before the restore expects. Reading begins again: it is not blind for what it forgot.
 */
export function afterRestore(state: State, { id, to, suppress }: Rewind, mark: RestoreMark, now: number): State {
  const { at, undo, replaces } = mark;
  const checkpoint = suppress ? suppressedBefore(state.checkpoint, at) : state.checkpoint;
  return {
    ...state,
    checkpoint: { ...checkpoint, version: Math.max(checkpoint.version, mark.version) },
    lastAlert: Math.max(state.lastAlert, mark.lastAlert),
    movedAt: now,
    rewinds: withRewinds(state, ...(replaces === null ? [] : [replaces]), id),
    restored: { id, at, to, undo },
  };
}

/** What is read from here to the end of the next scan notifies nobody of what happened before `at`. */
function suppressedBefore(checkpoint: Checkpoint, at: number): Checkpoint {
  return { ...rewound(checkpoint, checkpoint.watermark - 1, true), suppressBefore: at };
}

/** How many applied rewinds are remembered. KV may be stale, but not by this many. */
const REWINDS_REMEMBERED = 50;

/** The ids of the applied rewinds, with these as the last. */
export function withRewinds({ rewinds }: State, ...ids: readonly string[]): readonly string[] {
  return [...rewinds.filter((id) => !ids.includes(id)), ...ids].slice(-REWINDS_REMEMBERED);
}

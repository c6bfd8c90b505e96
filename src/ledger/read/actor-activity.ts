/**
 * What the same actor did around an entry.
 *
 * Contract: the nearest entries before and after, by (occurred_at, seq), within a day. Time and actor are in one index
 * (entries_by_time), which is read outward from the entry until enough are found or the day is over. Only the entries found
 * are read themselves, so it costs at most one index row per entry of those two days.
 */
import type { ActorActivity } from '../rpc.ts';
import { type EntryRow, entrySummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** How far it looks, before and after. */
export const ACTIVITY_MS = 24 * 60 * 60_000;
/** How many entries it shows, before and after. */
export const ACTIVITY_MAX = 25;

/** The entry in the middle. `actor` as it is stored. */
export interface CentreEntry {
  readonly seq: number;
  readonly occurred_at: number;
  readonly actor: string | null;
}

/** The activity around an entry; empty where the entry has no actor. */
export function readActorActivity(store: Store, middle: CentreEntry, scope: number | null): ActorActivity {
  const { actor } = middle;
  const before = actor === null ? [] : seqsBefore(store, middle, actor);
  const after = actor === null ? [] : seqsAfter(store, middle, actor);
  const shown = [...before.slice(0, ACTIVITY_MAX), ...after.slice(0, ACTIVITY_MAX)];
  const rows = new Map(entriesOf(store, shown).map((row) => [row.seq, row]));
  const lines = (seqs: readonly number[]) =>
    seqs.slice(0, ACTIVITY_MAX).flatMap((seq) => {
      const row = rows.get(seq);
      return row === undefined ? [] : [entrySummary(row)];
    });
  const actorActivity = { before: lines(before).reverse(), after: lines(after) };
  const inScope = scope === null ? null : seqsOfAlert(store, scope, shown);
  return {
    actor,
    withinMs: ACTIVITY_MS,
    ...actorActivity,
    moreBefore: before.length > ACTIVITY_MAX,
    moreAfter: after.length > ACTIVITY_MAX,
    open: [...actorActivity.before, ...actorActivity.after]
      .filter(({ seq }) => inScope?.has(seq) ?? true)
      .map(({ id }) => id),
  };
}

/** Nearest first, one more than is shown. Ordering by `actor`, a constant here, makes the order that of the index. */
function seqsBefore(store: Store, { seq, occurred_at: at }: CentreEntry, actor: string): number[] {
  const rows = store.all<{ seq: number }>(
    `SELECT seq FROM entries INDEXED BY entries_by_time
     WHERE occurred_at BETWEEN ? AND ? AND actor = ? AND (occurred_at < ? OR +seq < ?)
     ORDER BY occurred_at DESC, actor DESC, seq DESC LIMIT ${ACTIVITY_MAX + 1}`,
    at - ACTIVITY_MS,
    at,
    actor,
    at,
    seq,
  );
  return rows.map((row) => row.seq);
}

function seqsAfter(store: Store, { seq, occurred_at: at }: CentreEntry, actor: string): number[] {
  const rows = store.all<{ seq: number }>(
    `SELECT seq FROM entries INDEXED BY entries_by_time
     WHERE occurred_at BETWEEN ? AND ? AND actor = ? AND (occurred_at > ? OR +seq > ?)
     ORDER BY occurred_at, actor, seq LIMIT ${ACTIVITY_MAX + 1}`,
    at,
    at + ACTIVITY_MS,
    actor,
    at,
    seq,
  );
  return rows.map((row) => row.seq);
}

function entriesOf(store: Store, seqs: readonly number[]): EntryRow[] {
  return store.all<EntryRow>(
    'SELECT seq, id, revision, created_at, body FROM entries WHERE seq IN (SELECT value FROM json_each(?))',
    JSON.stringify(seqs),
  );
}

/** Which of these belong to an alert. */
function seqsOfAlert(store: Store, alert: number, seqs: readonly number[]): ReadonlySet<number> {
  const rows = store.all<{ seq: number }>(
    'SELECT seq FROM matches WHERE alert = ? AND seq IN (SELECT value FROM json_each(?))',
    alert,
    JSON.stringify(seqs),
  );
  return new Set(rows.map((row) => row.seq));
}

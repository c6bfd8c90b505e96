/**
 * Deletes rows past their retention: entries, passes, quarantined records and ended deliveries after retention; alerts, dead
 * deliveries and the security log after a year; groups of notifications once they are over. Retention counts from the
 * latest answer of the upstream, by the earlier of both clocks, never from an entry's own claim. An entry dated in the future
 * is kept until its own time is that old: its id must be known while the upstream shows it.
 */
import { GROUP_END_MS } from '../../alert/groups.ts';
import type { Engine } from '../../sigma/index.ts';
import { ENDED } from '../deliver/outbox.ts';
import { BATCH_ENTRIES_MAX, UNRESOLVED } from '../model.ts';
import { refusalHour, securityId } from '../security-log.ts';
import { readState, type State, writeState } from '../store/state.ts';
import type { Row, Store } from '../store/store.ts';
import type { LedgerContext } from './context.ts';
import { blockOf, evictIndex } from './entry-index.ts';
import { oldestStagedAt } from './staging.ts';

const ALERTS_KEPT_MS = 365 * 24 * 60 * 60_000;
/** Selects groups that are over, as `isOver` says. Few are not, so all are looked at. */
const GROUP_OVER = `due_at IS NULL AND ?1 - (state ->> '$.decidedAt') >= max(${GROUP_END_MS}, 2 * (state ->> '$.intervalMs'))`;
/** Rows are evicted no more often than this, by the upstream's time. */
const EVICT_EVERY_MS = 60 * 60_000;
/** The most rows of a table evicted at once. The next batch evicts the rest. */
const EVICTED_MAX = 2_000;
if (!(EVICTED_MAX > BATCH_ENTRIES_MAX)) throw new Error('a batch must evict more entries than it records');

/**
 * Evicts what is due by the page at hand, in a transaction of its own: a full database frees the room that the next batch
 * needs. `at`: when the page was asked for; not when its scan began, which a full database may stop half-way for hours.
 * `evictedAt`: when it last did; returns that. Writes nothing where nothing is old. Throws what the store throws.
 */
export function evictDue({ store, options }: LedgerContext, at: number, evictedAt: number): number {
  if (at - evictedAt < EVICT_EVERY_MS) return evictedAt;
  return store.transaction(() => {
    const state = readState(store);
    if (state === null) return evictedAt;
    const latestBegan = Math.max(state.latestBegan, at);
    if (latestBegan - state.evictedAt < EVICT_EVERY_MS && !isShorter(state, latestBegan - options.retentionMs)) {
      return state.evictedAt;
    }
    const evicted = evict(store, { ...state, latestBegan }, options);
    const evictedThrough = Math.max(state.evictedThrough ?? 0, latestBegan - options.retentionMs);
    if (evicted.deleted > 0) writeState(store, { ...state, evictedAt: evicted.at, evictedThrough });
    return evicted.at;
  });
}

/** Whether RETENTION was made shorter since the last eviction. */
function isShorter({ evictedThrough }: State, through: number): boolean {
  return evictedThrough !== undefined && through - evictedThrough >= EVICT_EVERY_MS;
}

/**
 * The time for `evictDue` where staged entries are flushed: no page is asked for, so there is our clock alone. Where it is
 * wrong, no more than a tenth of the retention is lost by it.
 */
export function flushedAt({ store, options, unsaved }: LedgerContext, now: number): number {
  const state = readState(store);
  const began = state === null ? null : unsaved.current(state).scan?.began;
  return Math.min(now, (began ?? state?.latestBegan ?? 0) + options.retentionMs / 10);
}

/** What was created before is too old to be recorded. What was evicted stays so, even if RETENTION grows. */
export function expiredBefore(state: State, began: number, retentionMs: number): number {
  const evictedThrough = state.evictedThrough ?? Number.NEGATIVE_INFINITY;
  return Math.max(state.latestBegan - retentionMs, began - retentionMs, evictedThrough);
}

/** Evicts; returns the time of the last complete eviction, and how many rows were deleted. */
export function evict(
  store: Store,
  state: State,
  options: { readonly retentionMs: number; readonly engine: Engine },
): { readonly at: number; readonly deleted: number } {
  const before = state.latestBegan - options.retentionMs;
  // What is staged is recorded however old it is by then: its other versions must be known, and its windows be there. A long
  // scan, too, may still bring an entry that is nearly too old. It joins what is older by a timespan.
  const timespans = options.engine.correlations.map(({ timespanMs }) => timespanMs);
  const stagedAt = oldestStagedAt(store);
  const windowsBefore = Math.min(before, stagedAt) - Math.max(0, ...timespans);
  const isUnstaged = Number.isFinite(stagedAt) ? ' AND id NOT IN (SELECT id FROM staging)' : '';
  const alertsBefore = state.latestBegan - ALERTS_KEPT_MS;
  const oldAlerts = `NOT ${UNRESOLVED} AND last_at < ?1 AND begins < ?1`;
  const entries = evictRows(store, 'entries', 'seq', `occurred_at < ?1 AND created_at < ?1${isUnstaged}`, before);
  evictIndex(store, new Set(entries.map(({ seq }) => blockOf(Number(seq)))));
  const deleted = [
    entries,
    evictRows(store, 'batches', 'first_seq', 'began < ?', before),
    evictRows(store, 'passes', 'id', "began_at < ? AND value ->> '$.state' = 'over'", before),
    evictRows(store, 'windows', '(rule, key)', 'newest < ?', windowsBefore),
    evictRows(store, 'deliveries', 'id', `${ENDED} AND state IN ('delivered', 'suppressed') AND queued_at < ?`, before),
    evictRows(store, 'deliveries', 'id', `${ENDED} AND state = 'dead' AND queued_at < ?`, alertsBefore),
    evictRows(store, 'quarantine', 'key', 'first_at < ?', before),
    evictRows(store, 'matches', '(alert, seq)', `alert IN (SELECT id FROM alerts WHERE ${oldAlerts})`, alertsBefore),
    evictRows(store, 'acts', 'id', `alert IN (SELECT id FROM alerts WHERE ${oldAlerts})`, alertsBefore),
    evictRows(store, 'alerts', 'id', `${oldAlerts} AND id NOT IN (SELECT alert FROM matches)`, alertsBefore),
    evictRows(store, 'groups', '(receiver, key)', GROUP_OVER, state.latestBegan),
    evictRows(store, 'security_log', 'id', 'id < ?', securityId(alertsBefore)),
    evictRows(store, 'refusals', 'hour', 'hour < ?', refusalHour(alertsBefore)),
  ];
  // Where a limit was reached, the next batch evicts more.
  const isComplete = deleted.every(({ length }) => length < EVICTED_MAX);
  return {
    at: isComplete ? state.latestBegan : state.evictedAt,
    deleted: deleted.reduce((sum, { length }) => sum + length, 0),
  };
}

/** Deletes up to `EVICTED_MAX` rows; returns their keys. */
function evictRows(store: Store, table: string, key: string, where: string, bound: number): readonly Row[] {
  const columns = key.replace(/[()]/g, '');
  return store.all(
    `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${where} LIMIT ${EVICTED_MAX}) RETURNING ${columns}`,
    bound,
  );
}

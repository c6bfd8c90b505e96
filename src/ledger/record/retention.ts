/**
 * What grows old: entries and all that hangs on them are thrown out after retention, alerts after a year. Retention is counted from the latest beginning of a walk, never from an
 * entry's claim, and an entry dated in the future is kept until its own time is that old: its id must be known as long
 * as the upstream shows it.
 */
import type { Engine } from '../../sigma/index.ts';
import { ENDED } from '../deliver/outbox.ts';
import type { State } from '../store/state.ts';
import type { Store } from '../store/store.ts';

const ALERTS_KEPT_MS = 365 * 24 * 60 * 60_000;
/** Old rows are looked for no more often than this, by the upstream's time. */
const EVICT_EVERY_MS = 60 * 60_000;
/** At most so many rows of a table at once; what is left is the next commit's. */
const EVICT_ROWS = 2_000;

/** Throws out what is older than it is kept, now and then; returns the state that remembers when. */
export function evict(
  store: Store,
  state: State,
  options: { readonly retentionMs: number; readonly allowedLatenessMs: number; readonly engine: Engine },
): State {
  if (state.latestBegan - state.evictedAt < EVICT_EVERY_MS) return state;
  const before = state.latestBegan - options.retentionMs;
  const timespans = options.engine.correlations.map((rule) => rule.timespanMs + options.allowedLatenessMs);
  const windowsBefore = state.latestBegan - Math.max(options.retentionMs, ...timespans);
  const alertsBefore = state.latestBegan - ALERTS_KEPT_MS;
  const oldAlerts = "state <> 'open' AND begins < ?";
  const deleted = [
    some(store, 'entries', 'seq', 'created_at < ?', before),
    some(store, 'batches', 'first_seq', 'began < ?', before),
    some(store, 'windows', '(rule, key)', 'newest < ?', windowsBefore),
    some(store, 'deliveries', 'id', `${ENDED} AND state IN ('delivered', 'suppressed') AND queued_at < ?`, before),
    some(store, 'deliveries', 'id', `${ENDED} AND state = 'dead' AND queued_at < ?`, alertsBefore),
    some(store, 'quarantine', 'key', 'first_at < ?', before),
    some(store, 'matches', '(alert, seq)', `alert IN (SELECT id FROM alerts WHERE ${oldAlerts})`, alertsBefore),
    some(store, 'alerts', 'id', `${oldAlerts} AND id NOT IN (SELECT alert FROM matches)`, alertsBefore),
  ];
  // Where there was more than may go at once, the next commit goes on.
  return deleted.some((rows) => rows === EVICT_ROWS) ? state : { ...state, evictedAt: state.latestBegan };
}

/** Deletes up to `EVICT_ROWS` rows; returns how many. */
function some(store: Store, table: string, key: string, where: string, bound: number): number {
  const columns = key.replace(/[()]/g, '');
  return store.all(
    `DELETE FROM ${table} WHERE ${key} IN (SELECT ${columns} FROM ${table} WHERE ${where} LIMIT ${EVICT_ROWS}) RETURNING 1`,
    bound,
  ).length;
}

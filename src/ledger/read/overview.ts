/**
 * Parts of the overview page: a day as a chart, the open alerts, the newest entries.
 *
 * Contract: read-only, by indexes. The chart reads one index row per entry of the day, and no entries.
 */
import { LEVELS } from '../../sigma/index.ts';
import type { AlertSummary, EntrySummary, Overview } from '../rpc.ts';
import { type AlertRow, alertSummary, type EntryRow, entrySummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** The chart's steps begin at whole half hours; the last one contains `now`. */
export const STEP_MS = 30 * 60_000;
export const STEPS = 48;
/** Short enough to read at a glance. */
const OPEN_MAX = 20;
const NEWEST_MAX = 10;

/** The last day's entries by created_at and alerts by first match, step by step. `now` in ms since the epoch. */
export function readChart(store: Store, now: number): Overview['chart'] {
  const from = (Math.floor(now / STEP_MS) + 1 - STEPS) * STEP_MS;
  const starts = JSON.stringify(Array.from({ length: STEPS }, (_, step) => from + step * STEP_MS));
  const counted = (select: string): number[] => store.all<{ n: number }>(select, starts).map((row) => row.n);
  return { from, stepMs: STEP_MS, entries: counted(ENTRIES_BY_STEP), alerts: counted(ALERTS_BY_STEP) };
}

const ENTRIES_BY_STEP = `SELECT (SELECT count(*) FROM entries
    WHERE created_at >= step.value AND created_at < step.value + ${STEP_MS}) AS n
  FROM json_each(?) AS step ORDER BY step.key`;
const ALERTS_BY_STEP = `SELECT (SELECT count(*) FROM alerts
    WHERE begins >= step.value AND begins < step.value + ${STEP_MS}) AS n
  FROM json_each(?) AS step ORDER BY step.key`;

/** Open alerts, the most severe and then the newest first. */
export function readOpen(store: Store): readonly AlertSummary[] {
  const rows = store.all<AlertRow>(
    `SELECT * FROM alerts INDEXED BY alerts_open WHERE state = 'open'
     ORDER BY (SELECT key FROM json_each(?) WHERE value = level) DESC, begins DESC, id DESC LIMIT ${OPEN_MAX}`,
    JSON.stringify(LEVELS),
  );
  return rows.map(alertSummary);
}

/** The entries recorded last, newest first. */
export function readNewest(store: Store): readonly EntrySummary[] {
  const rows = store.all<EntryRow>(
    `SELECT seq, id, created_at, body FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT ${NEWEST_MAX}`,
    Number.MAX_SAFE_INTEGER,
  );
  return rows.map(entrySummary);
}

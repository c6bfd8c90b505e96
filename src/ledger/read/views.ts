/**
 * What pages and the API read from a ledger's store: LedgerViews, but synchronous and with the clock as a parameter (`now`,
 * wall, ms).
 *
 * Contract: read-only, by indexes; every list is bounded.
 */
import { type Engine, LEVELS } from '../../sigma/index.ts';
import type {
  AlertDetails,
  AlertList,
  AlertQuery,
  AlertSummary,
  EntryDetails,
  EntrySummary,
  LedgerStatus,
  Overview,
  QuarantineCursor,
  QuarantineList,
  RuleActivity,
  SecurityLog,
  ShownRecord,
} from '../rpc.ts';
import { readSecurityLog } from '../security-log.ts';
import { type AlertRow, alertSummary, type EntryRow, entrySummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { readAlert } from './alert.ts';
import { readEntry, readEntryText } from './entry.ts';
import { readQuarantine, readQuarantined } from './quarantine.ts';

export interface ViewsOptions {
  /** The rules as they are now. */
  readonly engine: Engine;
  readonly status: (now: number) => LedgerStatus;
}

export interface Views {
  overview(now: number): Overview;
  entry(id: string, scope: number | null): EntryDetails | null;
  entryText(id: string, scope: number | null): string | null;
  alert(id: number): AlertDetails | null;
  alerts(query: AlertQuery): AlertList;
  rules(): readonly RuleActivity[];
  quarantine(before: QuarantineCursor | null): QuarantineList;
  quarantined(name: string): ShownRecord;
  securityLog(before: number | null, now: number): SecurityLog;
}

/** The views of a ledger's store, whose tables are up to date. */
export function createViews(store: Store, { engine, status }: ViewsOptions): Views {
  return {
    overview: (now) => ({
      status: status(now),
      chart: readChart(store, now),
      open: readOpen(store),
      newest: readNewest(store),
    }),
    entry: (id, scope) => readEntry(store, engine, id, scope),
    entryText: (id, scope) => readEntryText(store, id, scope),
    alert: (id) => readAlert(store, id),
    alerts: (query) => readAlerts(store, query),
    rules: () => readRules(store),
    quarantine: (before) => readQuarantine(store, before),
    quarantined: (name) => readQuarantined(store, name),
    securityLog: (before, now) => readSecurityLog(store, before, now),
  };
}

/** How many alerts a page has. */
export const ALERTS_MAX = 50;

/**
 * A page of alerts, newest first. `level` and `rule` are compared exactly; null: any. Open alerts are found by their own index,
 * all alerts by descending id, until the page is full.
 */
export function readAlerts(store: Store, { state, level, rule, before }: AlertQuery): AlertList {
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const rows = store.all<AlertRow>(`${SELECTS[state]} LIMIT ${ALERTS_MAX + 1}`, below, level, rule);
  const alerts = rows.slice(0, ALERTS_MAX).map(alertSummary);
  return { alerts, next: rows.length > ALERTS_MAX ? (alerts.at(-1)?.id ?? null) : null };
}

const FILTER = 'id < ? AND level = coalesce(?, level) AND rule = coalesce(?, rule)';

const SELECTS = {
  open: `SELECT * FROM alerts INDEXED BY alerts_open WHERE state = 'open' AND ${FILTER} ORDER BY id DESC`,
  all: `SELECT * FROM alerts WHERE ${FILTER} ORDER BY id DESC`,
} as const;

/** More rules than anybody writes. Removed rules keep their rows. */
const RULES_MAX = 2_000;

/** The rules that have matched, the latest first. Reads one row per rule, and the id of an entry for each. */
export function readRules(store: Store): readonly RuleActivity[] {
  // A long or unprintable id is stored as a hash; the entry's body has it.
  const rows = store.all<{
    rule: string;
    matched: number;
    lastAt: number;
    id: string | null;
    createdAt: number;
    body: string | null;
  }>(
    `SELECT activity.rule, activity.matched, activity.last_at AS lastAt, entries.id, entries.created_at AS createdAt,
       iif(substr(entries.id, 1, 1) = '#', entries.body, NULL) AS body
     FROM activity LEFT JOIN entries ON entries.seq = activity.last_seq
     ORDER BY activity.last_at DESC, activity.rule LIMIT ${RULES_MAX}`,
  );
  return rows.map(({ rule, matched, lastAt, id, createdAt, body }) => ({
    rule,
    matched,
    lastAt,
    lastEntry:
      id === null || body === null ? id : entrySummary({ seq: 0, revision: 0, id, created_at: createdAt, body }).id,
  }));
}

/** The chart's steps begin at whole half hours; the last one contains `now`. */
export const STEP_MS = 30 * 60_000;
export const STEPS = 48;

/** Short enough to read at a glance. */
const OPEN_MAX = 20;
const NEWEST_MAX = 10;

/**
 * The last day's entries and, by first match, alerts, step by step. Reads one index row per entry of the day, and no entries.
 * `now` in ms since the epoch.
 */
export function readChart(store: Store, now: number): Overview['chart'] {
  const from = (Math.floor(now / STEP_MS) + 1 - STEPS) * STEP_MS;
  const starts = JSON.stringify(Array.from({ length: STEPS }, (_, step) => from + step * STEP_MS));
  const counted = (select: string): number[] => store.all<{ n: number }>(select, starts).map((row) => row.n);
  return { from, stepMs: STEP_MS, entries: counted(ENTRIES_BY_STEP), alerts: counted(ALERTS_BY_STEP) };
}

const ENTRIES_BY_STEP = `SELECT (SELECT count(*) FROM entries
    WHERE occurred_at >= step.value AND occurred_at < step.value + ${STEP_MS}) AS n
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
    `SELECT seq, id, revision, created_at, body FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT ${NEWEST_MAX}`,
    Number.MAX_SAFE_INTEGER,
  );
  return rows.map(entrySummary);
}

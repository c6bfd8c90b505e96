/**
 * What pages and the API read from a ledger's store: LedgerViews, but synchronous and with the clock as a parameter (`now`,
 * wall, ms).
 *
 * Contract: read-only, by indexes, and bounded: a view reads at most 20 rows for each row that it shows, and 2,000
 * (test/worker/rows-read.test.ts). Where that ends a search before the log does, the list says where to go on.
 */
import type { RoutedReceiver, Routing } from '../../routing/routing.ts';
import { type Engine, LEVELS, listedRules } from '../../sigma/index.ts';
import { listSilences } from '../deliver/silences.ts';
import { OPEN, PAGE_COUNTED_MAX } from '../model.ts';
import type {
  ActLog,
  AlertDetails,
  AlertList,
  AlertQuery,
  AlertRoute,
  AlertScope,
  AlertSummary,
  AlertWhy,
  EntryDetails,
  EntrySummary,
  EntryWhy,
  LedgerStatus,
  LogQuery,
  Overview,
  QuarantineCursor,
  QuarantineList,
  RuleActivity,
  SecurityLog,
  ShownRecord,
  ShownSilence,
  TextWhy,
} from '../rpc.ts';
import { readSecurityLog } from '../security-log.ts';
import { alertsInScope } from '../store/identity.ts';
import { STEP_MS } from '../store/recent.ts';
import { alertSummary, type EntryRow, entrySummary, SHOWN_ALERT, type ShownAlertRow } from '../store/rows.ts';
import { readState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { readAlert } from './alert.ts';
import { alertsOf, readAlerts } from './alerts.ts';
import { readEntry, readEntryText } from './entry.ts';
import { readActLog, readLogLines } from './log.ts';
import { readQuarantine, readQuarantined } from './quarantine.ts';
import { readAlertRoute, readAlertWhy, readEntryWhy, readTextWhy } from './why.ts';

export interface ViewsOptions {
  /** The rules as they are now. */
  readonly engine: Engine;
  /** Where matches go. Absent: nowhere. */
  readonly receivers?: readonly RoutedReceiver[];
  readonly routing?: Routing | null;
  /** Counted up to `countedMax`. */
  readonly status: (now: number, countedMax: number) => LedgerStatus;
}

export interface Views {
  overview(now: number): Overview;
  entry(id: string, scope: AlertScope): EntryDetails | null;
  entryText(id: string, scope: AlertScope): string | null;
  alert(id: number, scope: AlertScope): AlertDetails | null;
  linked(scope: NonNullable<AlertScope>): readonly AlertSummary[];
  alerts(query: AlertQuery): AlertList;
  logLines(query: LogQuery): string;
  actLog(after: number | null): ActLog;
  alertWhy(id: number, now: number): AlertWhy | null;
  alertRoute(id: number, now: number): AlertRoute | null;
  entryWhy(id: string, now: number): EntryWhy | null;
  textWhy(text: string, now: number): TextWhy;
  silences(now: number): readonly ShownSilence[];
  rules(): readonly RuleActivity[];
  quarantine(before: QuarantineCursor | null): QuarantineList;
  quarantined(name: string): ShownRecord;
  securityLog(before: number | null, now: number): SecurityLog;
}

/** The views of a ledger's store, whose tables are up to date. */
export function createViews(store: Store, { status, receivers = [], ...options }: ViewsOptions): Views {
  const { engine } = options;
  const setup = { ...options, receivers };
  return {
    overview: (now) => ({
      status: status(now, PAGE_COUNTED_MAX),
      chart: readChart(store, now),
      open: readOpen(store),
      newest: readNewest(store),
    }),
    entry: (id, scope) => readEntry(store, engine, id, alertsInScope(store, scope)),
    entryText: (id, scope) => readEntryText(store, id, alertsInScope(store, scope)),
    alert: (id, scope) => (alertsInScope(store, scope)?.includes(id) === false ? null : readAlert(store, engine, id)),
    linked: (scope) => alertsOf(store, alertsInScope(store, scope) ?? []),
    alerts: (query) => readAlerts(store, engine, query),
    logLines: (query) => readLogLines(store, query),
    actLog: (after) => readActLog(store, after),
    alertWhy: (id, now) => readAlertWhy(store, setup, id, now),
    alertRoute: (id, now) => readAlertRoute(store, setup, id, now),
    entryWhy: (id, now) => readEntryWhy(store, setup, id, now),
    textWhy: (text, now) => readTextWhy(store, setup, text, now),
    silences: (now) => listSilences(store, now),
    rules: () =>
      readRules(
        store,
        listedRules([...engine.rules.values()]).map(({ id }) => id),
      ),
    quarantine: (before) => readQuarantine(store, before),
    quarantined: (name) => readQuarantined(store, name),
    securityLog: (before, now) => readSecurityLog(store, before, now),
  };
}

/** Which of these rules have matched, the latest first. Reads a row for each, and one for the id of an entry. */
export function readRules(store: Store, rules: readonly string[]): readonly RuleActivity[] {
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
     FROM json_each(?) AS known JOIN activity ON activity.rule = known.value
       LEFT JOIN entries ON entries.seq = activity.last_seq
     ORDER BY activity.last_at DESC, activity.rule`,
    JSON.stringify(rules),
  );
  return rows.map(({ rule, matched, lastAt, id, createdAt, body }) => ({
    rule,
    matched,
    lastAt,
    lastEntry:
      id === null || body === null ? id : entrySummary({ seq: 0, revision: 0, id, created_at: createdAt, body }).id,
  }));
}

/** How many steps the chart has; the last one contains `now`. */
export const STEPS = 48;

/** Short enough to read at a glance. */
const OPEN_MAX = 20;
const NEWEST_MAX = 10;

/**
 * The last day's entries and, by first match, alerts, step by step, as the state has counted them. Reads one row. `now` in ms
 * since the epoch.
 */
export function readChart(store: Store, now: number): Overview['chart'] {
  const last = Math.floor(now / STEP_MS);
  const { recent = {} } = readState(store) ?? {};
  const steps = Array.from({ length: STEPS }, (_, i) => recent[last + 1 - STEPS + i] ?? [0, 0]);
  return {
    from: (last + 1 - STEPS) * STEP_MS,
    stepMs: STEP_MS,
    entries: steps.map(([entries]) => entries),
    alerts: steps.map(([, alerts]) => alerts),
  };
}

/** Open alerts, the most severe and then the newest first. */
export function readOpen(store: Store): readonly AlertSummary[] {
  const open: ShownAlertRow[] = [];
  for (const level of LEVELS.toReversed()) {
    const left = OPEN_MAX - open.length;
    if (left > 0) {
      open.push(
        ...store.all<ShownAlertRow>(
          `SELECT ${SHOWN_ALERT} FROM alerts ${OPEN} AND level = ? ORDER BY id DESC LIMIT ?`,
          level,
          left,
        ),
      );
    }
  }
  return open.map(alertSummary);
}

/** The entries recorded last, newest first. */
export function readNewest(store: Store): readonly EntrySummary[] {
  const rows = store.all<EntryRow>(
    `SELECT seq, id, revision, created_at, body FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT ${NEWEST_MAX}`,
    Number.MAX_SAFE_INTEGER,
  );
  return rows.map(entrySummary);
}

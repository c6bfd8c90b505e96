/**
 * Reads the past for evaluation, and stores what evaluation decided.
 */
import type { CorrelationRule } from '../../sigma/index.ts';
import { countSilenced, readSilences } from '../deliver/silences.ts';
import type { Accepted, Changes, EvaluationReads } from '../model.ts';
import { writeAlert } from '../store/alerts.ts';
import { type AcceptedRow, type AlertRow, acceptedOrNull, alertFrom } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { storedId } from './dedupe.ts';

/**
 * How many entries at the times of a window are read, and then how many more: unrelated entries may share an instant with
 * them. The first are mostly enough.
 */
const ENTRIES_READ = [100, 400, 1_500] as const;

/**
 * The newest alerts of a rule and key that are read. A match that is older than all of them, and a live alert among them, may
 * open one more.
 */
const ALERTS_READ = 30;

/** Where the windows of a rule are stored. Those that are there under another tag start empty. */
export interface WindowPlace {
  readonly rule: string;
  readonly tag: string;
}
export type PlaceOf = (rule: CorrelationRule) => WindowPlace;

export function createEvaluationStore(store: Store, placeOf: PlaceOf): EvaluationReads {
  return {
    window: (rule, key) => {
      const place = placeOf(rule);
      const row = store.all<{ text: string; fingerprint: string }>(
        'SELECT text, fingerprint FROM windows WHERE rule = ? AND key = ?',
        place.rule,
        key,
      )[0];
      if (row === undefined) return null;
      return { text: row.fingerprint === place.tag ? row.text : null };
    },
    alerts: (rule, key) =>
      store
        .all<AlertRow>(
          `SELECT * FROM alerts WHERE rule = ? AND key = ? ORDER BY begins DESC LIMIT ${ALERTS_READ}`,
          rule,
          key,
        )
        .map(alertFrom),
    entriesAt: (times, seq) => entriesAt(store, times, seq),
    versionsBefore: ({ id, revision }) =>
      store
        .all<AcceptedRow>(
          `SELECT seq, id, revision, created_at, occurred_at, body, mark FROM entries
           WHERE id = ? AND revision < ? AND mark IS NOT 'own' ORDER BY revision`,
          storedId(id),
          revision,
        )
        .flatMap((row) => acceptedOrNull(row) ?? []),
    silences: (from) => readSilences(store, from),
    hasMatched: (alert, seqs) =>
      store.all(
        `SELECT 1 FROM matches WHERE alert = ? AND seq IN (SELECT value FROM json_each(?)) AND decision IS NOT NULL
         LIMIT 1`,
        alert,
        JSON.stringify(seqs),
      ).length > 0,
  };
}

/**
 * The entries at some times that were recorded before `seq`, by time and number, read as they are needed.
 * Damaged ones are left out: what they counted can't be found again.
 */
function* entriesAt(store: Store, times: readonly number[], seq: number): Iterable<Accepted> {
  const at = JSON.stringify(times);
  let last: { readonly occurred_at: number; readonly seq: number } = { occurred_at: Number.MIN_SAFE_INTEGER, seq: 0 };
  for (const most of ENTRIES_READ) {
    // `+seq` makes SQLite search by time. No rule has seen a read of ours.
    const rows = store.all<AcceptedRow>(
      `SELECT seq, id, revision, created_at, occurred_at, body, mark FROM entries
       WHERE occurred_at IN (SELECT value FROM json_each(?)) AND +seq < ? AND mark IS NOT 'own'
         AND (occurred_at, +seq) > (?, ?)
       ORDER BY occurred_at, seq LIMIT ${most}`,
      at,
      seq,
      last.occurred_at,
      last.seq,
    );
    for (const row of rows) {
      const entry = acceptedOrNull(row);
      if (entry !== null) yield entry;
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < most) return;
    last = end;
  }
}

/** Stores what evaluation decided, except deliveries. `lastSeq`: the number of the last entry. */
export function applyChanges(store: Store, changes: Changes, placeOf: PlaceOf, lastSeq: number): void {
  for (const { rule, key, newest, text } of changes.windows) {
    const place = placeOf(rule);
    store.run(
      `INSERT INTO windows (rule, key, touched, newest, fingerprint, text) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (rule, key) DO UPDATE SET touched = excluded.touched, newest = max(newest, excluded.newest),
         fingerprint = excluded.fingerprint, text = excluded.text`,
      place.rule,
      key,
      lastSeq,
      newest,
      place.tag,
      text,
    );
  }
  for (const alert of changes.alerts) writeAlert(store, alert, changes.before.get(alert.id) ?? null);
  for (const { alert, seq, at, decisions, evidence, number, counted } of changes.matches) {
    store.run(
      'INSERT OR REPLACE INTO matches (alert, seq, at, decision, evidence, number, counted) VALUES (?, ?, ?, ?, ?, ?, ?)',
      alert,
      seq,
      at,
      JSON.stringify(decisions),
      JSON.stringify(evidence),
      number,
      counted,
    );
  }
  for (const [silence, change] of changes.silenced) countSilenced(store, silence, change);
  for (const { alert, seq, at, evidence } of changes.contributing) {
    // Where the entry matched itself, that row stays.
    store.run(
      'INSERT OR IGNORE INTO matches (alert, seq, at, evidence) VALUES (?, ?, ?, ?)',
      alert,
      seq,
      at,
      JSON.stringify(evidence),
    );
  }
  for (const { rule, matched, lastAt, lastSeq } of changes.activity) {
    store.run(
      `INSERT INTO activity (rule, matched, last_at, last_seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (rule) DO UPDATE SET matched = matched + excluded.matched,
         last_at = max(last_at, excluded.last_at), last_seq = max(last_seq, excluded.last_seq)`,
      rule,
      matched,
      lastAt,
      lastSeq,
    );
  }
}

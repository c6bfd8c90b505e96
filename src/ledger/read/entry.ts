/**
 * An entry in detail: its stored text, the rules that match it now, its alerts, and its actor's activity.
 *
 * Contract: read-only, by indexes, and bounded except for the actor's activity (actor-activity.ts). Where `scope` is given
 * and the entry does not belong to that alert, the result is null, as if the entry did not exist; other alerts are left out.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import type { Engine } from '../../sigma/index.ts';
import { storedId } from '../record/dedupe.ts';
import type { AlertPart, EntryDetails } from '../rpc.ts';
import {
  type AcceptedRow,
  type AlertRow,
  alertSummary,
  bodyOf,
  decisionFrom,
  entrySummary,
  evidenceFrom,
  partFrom,
} from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { readActorActivity } from './actor-activity.ts';

/** More than expected: an entry belongs to one alert per rule that matched or counted it. */
const PARTS_MAX = 50;

type EntryPageRow = AcceptedRow & { actor: string | null; cut: number | null };

/** An entry in detail; null where it is not recorded or lies outside the scope. */
export function readEntry(store: Store, engine: Engine, id: string, scope: number | null): EntryDetails | null {
  const row = entryRow(store, id, scope);
  if (row === null) return null;
  const body = bodyOf(row);
  return {
    entry: entrySummary(row),
    text: row.body,
    cut: row.cut === 1,
    rules: body === null ? [] : matchedNow(engine, body),
    rulesChanged: rulesOf(store, row.seq) !== engine.version,
    parts: partsOf(store, row.seq, scope),
    actorActivity: readActorActivity(store, row, scope),
  };
}

/** The stored JSON of an entry that is recorded whole; else null. */
export function readEntryText(store: Store, id: string, scope: number | null): string | null {
  const row = entryRow(store, id, scope);
  return row === null || row.cut === 1 || bodyOf(row) === null ? null : row.body;
}

function entryRow(store: Store, id: string, scope: number | null): EntryPageRow | null {
  const [row] = store.all<EntryPageRow>(
    'SELECT seq, id, created_at, occurred_at, body, actor, cut FROM entries WHERE id = ?',
    storedId(id),
  );
  if (row === undefined) return null;
  if (scope === null) return row;
  const inScope = store.all('SELECT 1 FROM matches WHERE alert = ? AND seq = ?', scope, row.seq);
  return inScope.length > 0 ? row : null;
}

function matchedNow(engine: Engine, body: EntryBody): EntryDetails['rules'] {
  return engine.evaluate(body).map(({ rule, evidence }) => ({
    id: rule.id,
    title: rule.title,
    level: rule.level,
    evidence: evidence.map(({ selection, field, value }) => ({ selection, field, value })),
  }));
}

/** The version of the rules that an entry was evaluated with; null where its batch was evicted. */
function rulesOf(store: Store, seq: number): string | null {
  const [batch] = store.all<{ rules: string; last_seq: number }>(
    'SELECT rules, last_seq FROM batches WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    seq,
  );
  return batch !== undefined && batch.last_seq >= seq ? batch.rules : null;
}

/** Its alerts with its part in each, the newest alert first. */
function partsOf(store: Store, seq: number, scope: number | null): readonly AlertPart[] {
  const rows = store.all<AlertRow & { decision: string | null; evidence: string }>(
    `SELECT alerts.*, matches.decision, matches.evidence FROM matches JOIN alerts ON alerts.id = matches.alert
     WHERE matches.seq = ? AND matches.alert = coalesce(?, matches.alert)
     ORDER BY matches.alert DESC LIMIT ${PARTS_MAX}`,
    seq,
    scope,
  );
  return rows.map((row) => ({
    alert: alertSummary(row),
    part: partFrom(row.decision),
    decision: decisionFrom(row.decision),
    evidence: evidenceFrom(row.evidence),
  }));
}

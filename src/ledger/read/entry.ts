/**
 * An entry in detail: its stored text, the rules that match it now, its alerts, its revisions, and what came from its actor
 * and network around it.
 *
 * Contract: read-only, by indexes, and bounded. Of an entry with revisions the last is shown; alerts are those of all. Where
 * `scope` is given and no version of the entry belongs to one of these alerts, the result is null, as if the entry did not
 * exist; other alerts are left out.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { type Engine, fieldValue } from '../../sigma/index.ts';
import { jsonText } from '../../text/json.ts';
import { REVISIONS_MAX } from '../model.ts';
import { type Content, type ContentField, changedFields } from '../record/content.ts';
import { storedId, storedNetwork } from '../record/dedupe.ts';
import type { AlertPart, EntryDetails } from '../rpc.ts';
import { matchesOf } from '../store/derived-fields.ts';
import {
  type AcceptedRow,
  alertSummary,
  bodyOf,
  decisionsFrom,
  entrySummary,
  evidenceFrom,
  partFrom,
  SHOWN_ALERT,
  type ShownAlertRow,
} from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { readActivities } from './activity.ts';

/** More than expected: an entry belongs to one alert per rule that matched or counted it. */
const PARTS_MAX = 50;
const PARTS_READ_MAX = 200;
/** All that are recorded: the first and its revisions. The last of them count. */
const VERSIONS_MAX = REVISIONS_MAX + 1;

type EntryPageRow = AcceptedRow & { actor: string | null; network: string | null; cut: string | null };

/** An entry in detail; null where it is not recorded or lies outside the scope. */
export function readEntry(
  store: Store,
  engine: Engine,
  id: string,
  scope: readonly number[] | null,
): EntryDetails | null {
  const versions = entryRows(store, id, scope);
  const row = versions.at(-1);
  if (row === undefined) return null;
  const body = bodyOf(row);
  return {
    entry: entrySummary(row),
    text: row.body,
    cut: row.cut !== null,
    rules: body === null ? [] : matchedNow(engine, body, row),
    rulesChanged: batchOf(store, row.seq)?.rules !== engine.version,
    parts: partsOf(
      store,
      versions.map(({ seq }) => seq),
      scope,
    ),
    versions: versions.length === 1 ? [] : versionsOf(store, versions),
    ...readActivities(store, { ...row, network: networkIn(row, body) }, scope),
  };
}

/** An entry from before networks were stored has it in its body. */
function networkIn({ network }: EntryPageRow, body: EntryBody | null): string | null {
  return (network ?? storedNetwork(body ?? {})) || null;
}

/** The stored JSON of an entry that is recorded whole; else null. */
export function readEntryText(store: Store, id: string, scope: readonly number[] | null): string | null {
  const row = entryRows(store, id, scope).at(-1);
  return row === undefined || row.cut !== null || bodyOf(row) === null ? null : row.body;
}

/** The last version of an entry, by its id, or an entry by its number; undefined where it is not recorded. */
export function entryOf(store: Store, by: 'id' | 'seq', of: string | number): AcceptedRow | undefined {
  return store.all<AcceptedRow>(
    `SELECT seq, id, revision, created_at, occurred_at, body, mark FROM entries WHERE ${by} = ? ORDER BY ${by === 'id' ? 'revision' : 'seq'} DESC LIMIT 1`,
    typeof of === 'string' ? storedId(of) : of,
  )[0];
}

/** The versions of an entry, in their order; none where it is not recorded or lies outside the scope. */
function entryRows(store: Store, id: string, scope: readonly number[] | null): EntryPageRow[] {
  const rows = store.all<EntryPageRow>(
    `SELECT seq, id, revision, created_at, occurred_at, body, actor, network, cut, mark FROM entries WHERE id = ?
     ORDER BY revision DESC LIMIT ${VERSIONS_MAX}`,
    storedId(id),
  );
  rows.reverse();
  if (scope === null) return rows;
  const inScope = store.all(
    'SELECT 1 FROM matches WHERE alert IN (SELECT value FROM json_each(?)) AND seq IN (SELECT value FROM json_each(?)) LIMIT 1',
    JSON.stringify(scope),
    JSON.stringify(rows.map(({ seq }) => seq)),
  );
  return inScope.length > 0 ? rows : [];
}

/** How many characters of a value are shown. */
const VALUE_CHARS = 300;

/** What each version changed in the one before it. */
function versionsOf(store: Store, rows: readonly EntryPageRow[]): EntryDetails['versions'] {
  const contents = rows.map((row) => ({ createdAt: row.created_at, body: bodyOf(row) ?? {} }));
  return rows.map(({ seq, revision }, index) => {
    const [before, after] = [contents[index - 1], contents[index]];
    const fields = before === undefined || after === undefined ? [] : changedFields(before, after);
    return {
      revision,
      readAt: batchOf(store, seq)?.began ?? null,
      changes: fields.map((field) => ({ field, before: shown(before, field), after: shown(after, field) })),
    };
  });
}

/** A value as text, cut; null where it is missing. */
function shown(content: Content | undefined, field: ContentField): string | null {
  const value = content === undefined ? null : fieldValue(content.body, field);
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' ? value : (jsonText(value) ?? '…');
  return text.length <= VALUE_CHARS ? text : `${text.slice(0, VALUE_CHARS).toWellFormed()}…`;
}

function matchedNow(
  engine: Engine,
  body: EntryBody,
  { occurred_at: at, mark }: Pick<EntryPageRow, 'occurred_at' | 'mark'>,
): EntryDetails['rules'] {
  const matched = matchesOf(body, at, mark, engine).filter(({ rule }) => rule.partOf === undefined);
  return matched.map(({ rule, evidence }) => ({
    id: rule.id,
    title: rule.title,
    level: rule.level,
    evidence: evidence.map(({ selection, field, value }) => ({ selection, field, value })),
  }));
}

/** The batch that an entry was recorded with; null where it was evicted. */
export function batchOf(store: Store, seq: number): { readonly rules: string; readonly began: number } | null {
  const [batch] = store.all<{ rules: string; began: number; last_seq: number }>(
    'SELECT rules, began, last_seq FROM batches WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
    seq,
  );
  return batch !== undefined && batch.last_seq >= seq ? batch : null;
}

/** Its alerts with its part in each, the newest alert first. */
export function partsOf(store: Store, seqs: readonly number[], scope: readonly number[] | null): readonly AlertPart[] {
  // By the key of matches within a scope, else by the index of entries.
  const within = scope === null ? '?1 IS NULL AND' : 'alert IN (SELECT value FROM json_each(?1)) AND';
  const rows = store.all<ShownAlertRow & { decision: string | null; evidence: string }>(
    `SELECT ${SHOWN_ALERT}, parts.decision, parts.evidence FROM
       (SELECT * FROM matches WHERE ${within} seq IN (SELECT value FROM json_each(?2)) LIMIT ${PARTS_READ_MAX}) AS parts
       JOIN alerts ON alerts.id = parts.alert
     ORDER BY alerts.id DESC LIMIT ${PARTS_MAX}`,
    scope === null ? null : JSON.stringify(scope),
    JSON.stringify(seqs),
  );
  return rows.map((row) => ({
    alert: alertSummary(row),
    part: partFrom(row.decision),
    decisions: decisionsFrom(row.decision),
    evidence: evidenceFrom(row.evidence),
  }));
}

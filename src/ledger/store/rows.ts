/**
 * Stored rows as the ledger's types, and as pages show them.
 *
 * Contract: pure. What pages show never throws: JSON that can't be read is shown as damaged in its place. `entryFrom` and
 * `alertFrom` throw for damaged rows.
 */
import type { Alert } from '../../alert/alert.ts';
import type { ShownDecision } from '../../alert/decision-wording.ts';
import { entryView } from '../../alert/entry-view.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import { DEFAULT_MIN_LEVEL } from '../../routing/routing.ts';
import { type Evidence, LEVELS } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import type { Accepted, MarkFinding } from '../model.ts';
import type { AlertPart, AlertSummary, EntrySummary } from '../rpc.ts';
import { withDerivedFields } from './derived-fields.ts';

/** Shown where stored JSON can't be read. */
export const DAMAGED = 'damaged in the ledger';

/** An entry in a list. A damaged entry still shows its id and time. */
export function entrySummary(row: EntryRow): EntrySummary {
  try {
    const { seq, id, revision, createdAt, body } = entryFrom(row);
    return { ...entryView(id, createdAt, body), seq, revision };
  } catch {
    const { seq, revision } = row;
    return { ...entryView(row.id, row.created_at, { action: DAMAGED }), seq, revision };
  }
}

/** A stored entry's fields; null where its JSON is damaged. */
export function bodyOf(row: EntryRow): EntryBody | null {
  try {
    return entryFrom(row).body;
  } catch {
    return null;
  }
}

/** An alert in a list. */
export function alertSummary(row: AlertRow): AlertSummary {
  return {
    id: row.id,
    rule: row.rule,
    title: row.title,
    level: row.level,
    state: stateOf(row),
    backfilled: row.backfilled === 1,
    count: row.count,
    begins: row.begins,
    periodMs: row.period,
    lastAt: row.last_at,
    key: listFrom(row.key_parts, keyPart) ?? [{ field: '', value: DAMAGED }],
  };
}

/** A match's evidence from its JSON. */
export function evidenceFrom(text: string): readonly Evidence[] {
  return listFrom(text, evidence) ?? [{ selection: '', field: null, value: DAMAGED }];
}

/** An entry's part in an alert. No decision is stored for an entry that only contributed to a correlation. */
export function partFrom(decision: string | null): AlertPart['part'] {
  return decision === null ? 'contributing' : 'matched';
}

/** A stored decision; null where nothing is stored, or its JSON is damaged. */
export function decisionFrom(text: string | null): ShownDecision | null {
  const value = parseJson(text ?? 'null') as Partial<ShownDecision> | null | undefined;
  return typeof value?.notify === 'boolean' && typeof value.reason === 'string' ? (value as ShownDecision) : null;
}

type Fields = { readonly [field: string]: unknown };

/** A list from JSON; null where it is no list, or one of its items is malformed. */
function listFrom<T>(text: string, read: (item: Fields) => T | null): T[] | null {
  const list = parseJson(text);
  if (!Array.isArray(list)) return null;
  const items = list.map((item: unknown) => (typeof item === 'object' && item !== null ? read(item as Fields) : null));
  return items.every((item) => item !== null) ? items : null;
}

function keyPart({ field, value }: Fields): AlertSummary['key'][number] | null {
  return typeof field === 'string' && (typeof value === 'string' || value === null) ? { field, value } : null;
}

function evidence({ selection, field, value }: Fields): Evidence | null {
  if (typeof selection !== 'string' || typeof value !== 'string') return null;
  return typeof field === 'string' || field === null ? { selection, field, value } : null;
}

/** The columns of `entries` that are read. */
export type EntryRow = { seq: number; id: string; revision: number; created_at: number; body: string };

/** The same, with the time that an entry counts with. */
export type AcceptedRow = EntryRow & { occurred_at: number; mark: MarkFinding | null };

/** An accepted entry from its row. */
export function acceptedFrom(row: AcceptedRow): Accepted {
  const { body, ...entry } = entryFrom(row);
  return { ...entry, occurredAt: row.occurred_at, body: withDerivedFields(body, row.mark) };
}

/** An entry from its row, with its own id. */
export function entryFrom(row: EntryRow): Omit<Accepted, 'occurredAt'> {
  const body = JSON.parse(row.body) as EntryBody;
  const { id } = body;
  const { seq, revision, created_at: createdAt } = row;
  return { seq, id: typeof id === 'string' ? id : row.id, revision, createdAt, body };
}

/** The columns of `alerts` that are read. */
export type AlertRow = {
  id: number;
  rule: string;
  key: string;
  begins: number;
  period: number;
  state: string;
  backfilled: number;
  count: number;
  first_seq: number;
  last_seq: number;
  last_at: number;
  level: string;
  title: string;
  key_parts: string;
};

/** An alert from its row. */
export function alertFrom(row: AlertRow): Alert {
  return {
    id: row.id,
    rule: row.rule,
    key: row.key,
    begins: row.begins,
    periodMs: row.period,
    state: stateOf(row),
    backfilled: row.backfilled === 1,
    count: row.count,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    lastAt: row.last_at,
    level: LEVELS.find((level) => level === row.level) ?? DEFAULT_MIN_LEVEL,
    title: row.title,
    keyParts: JSON.parse(row.key_parts),
  };
}

function stateOf({ state }: AlertRow): Alert['state'] {
  return state === 'open' || state === 'closed' ? state : 'resolved';
}

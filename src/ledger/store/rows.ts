/**
 * Stored rows as the ledger's types, and as pages show them.
 *
 * Contract: pure. What pages show never throws: JSON that can't be read is shown as damaged in its place. `entryFrom` and
 * `alertFrom` throw for damaged rows.
 */
import type { Acknowledgement, Alert, Resolution } from '../../alert/alert.ts';
import type { ShownDecision } from '../../alert/decision-wording.ts';
import { entryView } from '../../alert/entry-view.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import { DEFAULT_MIN_LEVEL } from '../../routing/routing.ts';
import { type Evidence, LEVELS, type Level } from '../../sigma/index.ts';
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

/**
 * The columns of an alert that is shown: its own, and of its last match's entry what `latestFrom` reads. Reads a row more,
 * and no more of an entry than that.
 */
export const LATEST = `(SELECT iif(json_valid(body), json_extract(body, '$.action', '$.actor', '$.client_ip'), '[]') FROM entries
  WHERE seq = alerts.last_seq) AS latest`;
export const SHOWN_ALERT = `alerts.*, ${LATEST}`;
export type ShownAlertRow = AlertRow & { latest: string | null };

/** An alert in a list. */
export function alertSummary(row: ShownAlertRow): AlertSummary {
  return {
    id: row.id,
    rule: row.rule,
    title: row.title,
    level: row.level,
    status: statusOf(row),
    backfilled: row.backfilled === 1,
    count: row.count,
    firstAt: row.begins,
    lastAt: row.last_at,
    assignee: row.assignee,
    acknowledged: (parseJson(row.acknowledged ?? 'null') ?? null) as Acknowledgement | null,
    resolution: (parseJson(row.resolution ?? 'null') ?? null) as Resolution | null,
    key: keyFrom(row.key_parts),
    latest: latestFrom(row.latest),
    networks: networksIn(row.networks),
  };
}

/** A dedup key from its JSON. */
export function keyFrom(text: string): AlertSummary['key'] {
  return listFrom(text, keyPart) ?? [{ field: '', value: DAMAGED }];
}

/** What is shown of an alert's last match, from the column LATEST. */
export function latestFrom(text: string | null): AlertSummary['latest'] {
  if (text === null) return null;
  const [action = DAMAGED, actor, address] = parseJson(text) as unknown[];
  const { action: shown, actor: by, clientIp } = entryView('', 0, { action, actor, client_ip: address });
  return { action: shown, actor: by, clientIp };
}

function networksIn(text: string): number {
  const list = parseJson(text);
  return Array.isArray(list) ? list.length : 0;
}

/** A match's evidence from its JSON. */
export function evidenceFrom(text: string): readonly Evidence[] {
  return listFrom(text, evidence) ?? [{ selection: '', field: null, value: DAMAGED }];
}

/** An entry's part in an alert. No decision is stored for an entry that only contributed to a correlation. */
export function partFrom(decision: string | null): AlertPart['part'] {
  return decision === null ? 'contributing' : 'matched';
}

/** Stored decisions; null where nothing is stored, or the JSON is damaged. An older version stored one for all receivers. */
export function decisionsFrom(text: string | null): readonly ShownDecision[] | null {
  const value = parseJson(text ?? 'null');
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.every(isDecision) ? list : null;
}

function isDecision(value: unknown): value is ShownDecision {
  const { notify, reason, receivers = [] } = (value ?? {}) as { readonly [field: string]: unknown };
  return typeof notify === 'boolean' && typeof reason === 'string' && Array.isArray(receivers);
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

/** The same; null where the stored JSON is damaged. */
export function acceptedOrNull(row: AcceptedRow): Accepted | null {
  try {
    return acceptedFrom(row);
  } catch {
    return null;
  }
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
  networks: string;
  notified: string;
  acknowledged: string | null;
  assignee: string | null;
  resolution: string | null;
  escalations: string | null;
  silenced_until: number | null;
  previous: number | null;
  wakes_at: number | null;
  resolves_at: number | null;
  decided: string;
};

/** An alert from its row. */
export function alertFrom(row: AlertRow): Alert {
  return {
    id: row.id,
    rule: row.rule,
    key: row.key,
    firstAt: row.begins,
    periodMs: row.period,
    status: statusOf(row),
    backfilled: row.backfilled === 1,
    count: row.count,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    lastAt: row.last_at,
    level: levelFrom(row.level),
    title: row.title,
    keyParts: JSON.parse(row.key_parts),
    networks: JSON.parse(row.networks),
    notified: JSON.parse(row.notified),
    acknowledged: JSON.parse(row.acknowledged ?? 'null'),
    assignee: row.assignee,
    resolution: JSON.parse(row.resolution ?? 'null'),
    escalations: JSON.parse(row.escalations ?? '[]'),
    silencedUntil: row.silenced_until,
    previous: row.previous,
    wakesAt: row.wakes_at,
    resolvesAt: row.resolves_at,
    decided: JSON.parse(row.decided),
  };
}

/** Version 0.1 closed alerts after their period: `closed`. */
function statusOf({ state }: AlertRow): Alert['status'] {
  return state === 'open' || state === 'acknowledged' || state === 'past' ? state : 'resolved';
}

function levelFrom(text: string): Level {
  return LEVELS.find((level) => level === text) ?? DEFAULT_MIN_LEVEL;
}

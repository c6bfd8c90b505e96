/**
 * An alert in detail: its entries by time with the evidence, and its notifications, or why there were none.
 *
 * Contract: read-only, by indexes; both lists are bounded. The match of an evicted entry stays.
 */
import type { Engine, Level } from '../../sigma/index.ts';
import { parseJson } from '../../text/json.ts';
import { silencesAfter, silencesCovering } from '../deliver/silences.ts';
import { CONTRIBUTING_MAX } from '../record/contributing.ts';
import { MATCHES_MAX } from '../record/evaluate.ts';
import type { AlertAct, AlertDetails, AlertHeadline, DeliverySummary } from '../rpc.ts';
import {
  alertSummary,
  DAMAGED,
  decisionsFrom,
  type EntryRow,
  entrySummary,
  evidenceFrom,
  partFrom,
  SHOWN_ALERT,
  type ShownAlertRow,
} from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** More than is stored of an alert: 100 matches, its milestones, and the entries that a correlation counted. */
const TIMELINE_MAX = 200;
if (!(TIMELINE_MAX > MATCHES_MAX + CONTRIBUTING_MAX)) throw new Error('the timeline must show all stored matches');
/** A few per receiver. */
const DELIVERIES_MAX = 200;
/** The newest ones. */
const ACTS_MAX = 100;

/** An alert in detail; null where it does not exist. */
export function readAlert(store: Store, engine: Engine, id: number): AlertDetails | null {
  const [row] = store.all<ShownAlertRow>(`SELECT ${SHOWN_ALERT} FROM alerts WHERE id = ?`, id);
  if (row === undefined) return null;
  const rows = timelineRows(store, id);
  const timeline = rows.map(timelineItem);
  const kept = timeline.filter(({ part }) => part === 'matched').length;
  const counted = rows.find((each) => each.counted !== null)?.counted ?? 0;
  return {
    alert: alertSummary(row),
    timeline,
    more: Math.max(0, row.count - kept),
    // One of those it counted is the match itself.
    moreContributing: Math.max(0, counted - 1 - (timeline.length - kept)),
    deliveries: deliveriesOf(store, id),
    acts: actsOf(store, id),
    next: {
      notified: readOr(row.notified, {}),
      escalations: readOr(row.escalations, []),
      silencedUntil: row.silenced_until,
      resolvesAt: row.resolves_at,
    },
    decided: readOr(row.decided, {}),
    previous: row.previous === null ? null : headlineOf(store, row.previous),
    silences: silencesOf(store, engine, row),
  };
}

/** Where it is missing or damaged, `other`. */
function readOr<T>(text: string | null, other: T): T {
  return (parseJson(text ?? 'null') ?? other) as T;
}

function headlineOf(store: Store, id: number): AlertHeadline | null {
  const [row] = store.all<ShownAlertRow>(`SELECT ${SHOWN_ALERT} FROM alerts WHERE id = ?`, id);
  return row === undefined ? null : alertSummary(row);
}

/** Those that end after its last match and cover it: what is due of it waits for them. */
function silencesOf(store: Store, engine: Engine, row: ShownAlertRow): AlertDetails['silences'] {
  const alert = { ...row, level: row.level as Level };
  return silencesCovering(store, engine, alert, silencesAfter(store, row.last_at)).map(({ shown }) => shown);
}

type TimelineRow = {
  seq: number;
  at: number;
  decision: string | null;
  evidence: string;
  number: string | null;
  counted: number | null;
  id: string | null;
  revision: number;
  created_at: number;
  body: string;
};

function timelineRows(store: Store, alert: number): TimelineRow[] {
  return store.all<TimelineRow>(
    `SELECT stored.seq, at, decision, evidence, number, counted, id, revision, created_at, body
     FROM (SELECT * FROM matches WHERE alert = ? ORDER BY seq LIMIT ${TIMELINE_MAX}) AS stored
       LEFT JOIN entries ON entries.seq = stored.seq
     ORDER BY at, stored.seq`,
    alert,
  );
}

function timelineItem(row: TimelineRow): AlertDetails['timeline'][number] {
  return {
    seq: row.seq,
    at: row.at,
    entry: entryIn(row),
    part: partFrom(row.decision),
    decisions: decisionsFrom(row.decision),
    evidence: evidenceFrom(row.evidence),
    number: row.number,
  };
}

/** Null where the entry was evicted. */
function entryIn({ id, ...row }: TimelineRow): AlertDetails['timeline'][number]['entry'] {
  const entry: EntryRow | null = id === null ? null : { ...row, id };
  return entry === null ? null : entrySummary(entry);
}

const DELIVERY_STATES = ['waiting', 'pending', 'bundled', 'delivered', 'dead', 'suppressed'] as const;

function deliveriesOf(store: Store, alert: number): readonly DeliverySummary[] {
  const rows = store.all<Omit<DeliverySummary, 'state'> & { state: string } & Record<string, string | number | null>>(
    `SELECT id, receiver, iif(json_valid(notification), notification ->> '$.kind', ?) AS what, state, reason, attempts,
       queued_at AS queuedAt,
       max(coalesce(due_at, queued_at), coalesce((SELECT next_at FROM receivers WHERE name = receiver), 0),
         iif(state = 'waiting', coalesce((SELECT due_at FROM groups WHERE groups.receiver = deliveries.receiver AND key = grp), 0), 0)) AS dueAt,
       settled_at AS settledAt
     FROM deliveries WHERE alert = ? ORDER BY id LIMIT ${DELIVERIES_MAX}`,
    DAMAGED,
    alert,
  );
  return rows.map(({ state, ...row }) => ({ ...row, state: DELIVERY_STATES.find((of) => of === state) ?? 'pending' }));
}

function actsOf(store: Store, alert: number): AlertDetails['acts'] {
  const rows = store.all<Omit<AlertAct, 'detail'> & { detail: string | null } & Record<string, string | number | null>>(
    `SELECT id, at, act, who, via, detail FROM (SELECT * FROM acts WHERE alert = ? ORDER BY id DESC LIMIT ${ACTS_MAX}) ORDER BY id`,
    alert,
  );
  return rows.map((row) => ({ ...row, detail: (parseJson(row.detail ?? 'null') ?? null) as AlertAct['detail'] }));
}

/**
 * An alert's page: its entries in the order of time with the evidence, and all that was said of it, to whom, or why not.
 *
 * Contract: reads only, by indexes; both lists are bounded. An entry that retention has thrown out leaves its match.
 */
import type { AlertDetails, DeliverySummary } from '../rpc.ts';
import {
  type AlertRow,
  alertSummary,
  DAMAGED,
  decisionFrom,
  type EntryRow,
  entrySummary,
  evidenceFrom,
  partFrom,
} from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** The ledger keeps 100 matches of an alert, its milestones and what was counted at its opening: all of that. */
const TIMELINE_MOST = 200;
/** A few for each receiver. */
const DELIVERIES_MOST = 200;

/** An alert with all there is to know of it; null where there is none. */
export function readAlert(store: Store, id: number): AlertDetails | null {
  const [row] = store.all<AlertRow & { closing: string | null }>('SELECT * FROM alerts WHERE id = ?', id);
  if (row === undefined) return null;
  const timeline = timelineOf(store, id);
  const kept = timeline.filter(({ part }) => part === 'matched').length;
  return {
    alert: alertSummary(row),
    timeline,
    more: Math.max(0, row.count - kept),
    deliveries: deliveriesOf(store, id),
    closing: decisionFrom(row.closing),
  };
}

type TimelineRow = {
  seq: number;
  at: number;
  decision: string | null;
  evidence: string;
  number: string | null;
  id: string | null;
  created_at: number;
  body: string;
};

function timelineOf(store: Store, alert: number): AlertDetails['timeline'] {
  const rows = store.all<TimelineRow>(
    `SELECT matches.seq, matches.at, matches.decision, matches.evidence, matches.number, entries.id, entries.created_at, entries.body
     FROM matches LEFT JOIN entries ON entries.seq = matches.seq
     WHERE matches.alert = ? ORDER BY matches.at, matches.seq LIMIT ${TIMELINE_MOST}`,
    alert,
  );
  return rows.map((row) => ({
    seq: row.seq,
    at: row.at,
    entry: entryIn(row),
    part: partFrom(row.decision),
    decision: decisionFrom(row.decision),
    evidence: evidenceFrom(row.evidence),
    number: row.number,
  }));
}

/** Null where retention has thrown it out. */
function entryIn({ id, ...row }: TimelineRow): AlertDetails['timeline'][number]['entry'] {
  const entry: EntryRow | null = id === null ? null : { ...row, id };
  return entry === null ? null : entrySummary(entry);
}

const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'suppressed'] as const;

function deliveriesOf(store: Store, alert: number): readonly DeliverySummary[] {
  const rows = store.all<Omit<DeliverySummary, 'state'> & { state: string } & Record<string, string | number | null>>(
    `SELECT id, receiver, iif(json_valid(notification), notification ->> '$.kind', ?) AS what, state, reason, attempts,
       queued_at AS queuedAt, due_at AS dueAt, settled_at AS settledAt
     FROM deliveries WHERE alert = ? ORDER BY id LIMIT ${DELIVERIES_MOST}`,
    DAMAGED,
    alert,
  );
  return rows.map(({ state, ...row }) => ({ ...row, state: DELIVERY_STATES.find((of) => of === state) ?? 'pending' }));
}

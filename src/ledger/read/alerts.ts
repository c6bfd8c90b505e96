/**
 * Alerts, newest first, a page at a time.
 *
 * Contract: read-only. Open alerts are found by their own index; all alerts by descending id, until the page is full.
 */
import type { AlertList, AlertQuery } from '../rpc.ts';
import { type AlertRow, alertSummary } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** How many alerts a page has. */
export const ALERTS_MAX = 50;

/** A page of alerts. `level` and `rule` are compared exactly; null: any. */
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

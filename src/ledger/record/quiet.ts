/**
 * Resolves alerts that were quiet for two weeks, at medium and below.
 *
 * Contract: by the watermark, in the commit that moves it: no match within the allowed lateness comes after that. At most
 * `RESOLVED_MAX` at once; while more are due, `isQuietDue` stays true.
 */
import { TOCSIN } from '../../alert/alert.ts';
import { resolved, resolvesAt } from '../../alert/status.ts';
import { notifyResolved } from '../deliver/notify-now.ts';
import type { Notifying } from '../deliver/places.ts';
import { addAct, writeAlert } from '../store/alerts.ts';
import { type AlertRow, alertFrom } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** The most alerts that one commit looks at: it must not take seconds. */
export const RESOLVED_MAX = 500;

const DUE = 'resolves_at IS NOT NULL AND resolves_at <= ?';

/** Whether an alert may have been quiet for long enough. Reads one row. */
export function isQuietDue(store: Store, watermark: number): boolean {
  return store.all(`SELECT 1 FROM alerts WHERE ${DUE} LIMIT 1`, watermark).length > 0;
}

/** When the next alert may have been quiet for long enough, by the watermark; null: none will. Reads one row. */
export function nextQuietAt(store: Store): number | null {
  const [row] = store.all<{ at: number | null }>(
    'SELECT min(resolves_at) AS at FROM alerts WHERE resolves_at IS NOT NULL',
  );
  return row?.at ?? null;
}

/** Resolves them. `seq`: the number of the last entry. */
export function resolveQuiet(store: Store, setup: Notifying, watermark: number, seq: number, now: number): void {
  const rows = store.all<AlertRow>(
    `SELECT * FROM alerts WHERE ${DUE} ORDER BY resolves_at LIMIT ${RESOLVED_MAX}`,
    watermark,
  );
  for (const before of rows.map(alertFrom)) {
    const at = resolvesAt(before);
    if (at === null || at > watermark) {
      writeAlert(store, { ...before, resolvesAt: at }, before);
      continue;
    }
    const alert = resolved(before, { reason: 'quiet', by: TOCSIN, at: now, comment: null });
    writeAlert(store, alert, before);
    addAct(store, { alert: alert.id, act: 'resolved', who: TOCSIN, via: null, detail: { reason: 'quiet' } }, seq, now);
    notifyResolved(store, setup, alert, now);
  }
}

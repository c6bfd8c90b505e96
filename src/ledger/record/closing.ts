/**
 * Closing: an alert whose period is seen through takes no more matches but late ones, and is told once where it grew.
 *
 * Contract: to be called in the transaction of the commit that moves seen-through, so that nothing is told twice or
 * forgotten. At most so many at once; while some are left, `isClosingDue` stays true. Neither the rule nor the entry
 * need still be there.
 */
import type { Alert } from '../../alert/alert.ts';
import { decideClosing } from '../../alert/decisions.ts';
import { entryView } from '../../alert/entry-view.ts';
import { buildNotification, entryFromAlert, type ShownEntry } from '../../alert/notification-builder.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import { enqueueNotification } from '../deliver/enqueue.ts';
import { type AlertRow, alertFrom, type EntryRow, entryFrom } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** At most so many close in one commit: each may be a message, and a commit must not take seconds. */
export const CLOSED_MAX = 500;

const CLOSABLE = "state = 'open' AND begins + period <= ?";

/** Whether an alert's period lies before `watermark`, and it is still open. Reads one row. */
export function isClosingDue(store: Store, watermark: number): boolean {
  return store.all(`SELECT 1 FROM alerts WHERE ${CLOSABLE} LIMIT 1`, watermark).length > 0;
}

/** Closes the alerts whose period lies before `watermark`: no match that the overlap allows can join them. */
export function closeAlerts(
  store: Store,
  watermark: number,
  { engine, receivers }: { readonly engine: Engine; readonly receivers: readonly RoutedReceiver[] },
  now: number,
): void {
  const rows = store.all<AlertRow>(
    `SELECT * FROM alerts WHERE ${CLOSABLE} ORDER BY begins + period, id LIMIT ${CLOSED_MAX}`,
    watermark,
  );
  for (const alert of rows.map(alertFrom)) {
    const rule = engine.rules.get(alert.rule) ?? null;
    const decision = decideClosing({ ...alert, level: rule?.level ?? alert.level, receivers });
    store.run("UPDATE alerts SET state = 'closed', closing = ? WHERE id = ?", JSON.stringify(decision), alert.id);
    if (!decision.notify) continue;
    enqueueNotification(
      store,
      buildNotification(decision.kind, rule, alert, lastMatch(store, alert), null),
      receivers,
      now,
    );
  }
}

/** The alert's last match, with its evidence where that was kept; where its entry is no more, what the alert remembers. */
function lastMatch(store: Store, alert: Alert): ShownEntry {
  const kept = store.all<{ evidence: string }>(
    'SELECT evidence FROM matches WHERE alert = ? AND seq = ? AND decision IS NOT NULL',
    alert.id,
    alert.lastSeq,
  )[0];
  const evidence = kept === undefined ? [] : JSON.parse(kept.evidence);
  const row = store.all<EntryRow>('SELECT seq, id, created_at, body FROM entries WHERE seq = ?', alert.lastSeq)[0];
  if (row === undefined) return { entry: entryFromAlert(alert), evidence };
  const { id, createdAt, body } = entryFrom(row);
  return { entry: entryView(id, createdAt, body), evidence };
}

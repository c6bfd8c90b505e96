/**
 * Closes alerts. An alert closes when the watermark passes the end of its period; only late matches join it after that.
 * People are notified once, where further matches followed the first.
 *
 * Contract: called in the commit that moves the watermark, so that nobody is notified twice or not at all. At most
 * `CLOSED_MAX` close at once; while more are due, `isClosingDue` stays true. The rule or the entry may be gone.
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

/** The most alerts that close in one commit. Each may enqueue a message, and a commit must not take seconds. */
export const CLOSED_MAX = 500;

const CLOSABLE = "state = 'open' AND begins + period <= ?";

/** Whether an open alert's period ends before `watermark`. Reads one row. */
export function isClosingDue(store: Store, watermark: number): boolean {
  return store.all(`SELECT 1 FROM alerts WHERE ${CLOSABLE} LIMIT 1`, watermark).length > 0;
}

/** Closes the alerts whose period ends before `watermark`. No match within the allowed lateness can join them any more. */
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

/** The alert's last match with its evidence, where stored. Where its entry was evicted, what the alert itself stores. */
function lastMatch(store: Store, alert: Alert): ShownEntry {
  const kept = store.all<{ evidence: string }>(
    'SELECT evidence FROM matches WHERE alert = ? AND seq = ? AND decision IS NOT NULL',
    alert.id,
    alert.lastSeq,
  )[0];
  const evidence = kept === undefined ? [] : JSON.parse(kept.evidence);
  const row = store.all<EntryRow>(
    'SELECT seq, id, revision, created_at, body FROM entries WHERE seq = ?',
    alert.lastSeq,
  )[0];
  if (row === undefined) return { entry: entryFromAlert(alert), evidence };
  const { id, createdAt, body } = entryFrom(row);
  return { entry: entryView(id, createdAt, body), evidence };
}

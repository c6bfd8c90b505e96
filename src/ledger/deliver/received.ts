/**
 * Whether a receiver was sent something of an alert that it was to be notified of: not where somebody acted before the message
 * went out.
 *
 * Contract: reads only, by indexes: the deliveries of the alert, and of the correlations that inhibited it. What is evicted
 * counts as sent. What waits is going to be sent.
 */
import { decisionsFrom } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

const INHIBITED_BY = 'inhibited by alert ';

/** Why a delivery was suppressed that a correlation's message lists. `by`: the correlation's alert. */
export function inhibitedBy(by: number): string {
  return `${INHIBITED_BY}${by}`;
}

/** Whether the receiver, which was to be notified of the alert, was sent something: a message of it, or one that lists it. */
export function hasReceived(store: Store, alert: number, receiver: string): boolean {
  const about = new Set([alert]);
  for (const each of about) for (const by of inhibitorsOf(store, each, receiver)) about.add(by);
  const rows = store.all<{ isSent: number; isFirst: number }>(
    `SELECT DISTINCT state IN ('waiting', 'pending', 'bundled', 'delivered') AS isSent,
       alert <> ?2 OR coalesce(shown ->> '$.kind', 'opened') = 'opened' AS isFirst
     FROM (SELECT alert, state, iif(json_valid(notification), notification, '{}') AS shown FROM deliveries
       WHERE receiver = ?1 AND alert IN (SELECT value FROM json_each(?3)))
     WHERE shown ->> '$.edits' IS NULL AND shown ->> '$.kind' IS NOT 'resolved' AND (alert = ?2
       OR EXISTS (SELECT 1 FROM json_each(shown, '$.inhibited') WHERE value ->> '$.id' = ?2)
       OR EXISTS (SELECT 1 FROM json_each(shown, '$.inhibitedRest') WHERE value = ?2))`,
    ...[receiver, alert, JSON.stringify([...about])],
  );
  // Where the first is gone, it may have been sent.
  return rows.some(({ isSent }) => isSent === 1) || !rows.some(({ isFirst }) => isFirst === 1);
}

/** The alerts of the correlations that inhibited it: as it matched, or while its own message waited. */
function inhibitorsOf(store: Store, alert: number, receiver: string): readonly number[] {
  const matched = store
    .all<{ decision: string }>(
      'SELECT decision FROM matches WHERE alert = ? AND decision LIKE \'%"inhibited"%\'',
      alert,
    )
    .flatMap(({ decision }) => decisionsFrom(decision) ?? [])
    .flatMap((decision) => (decision.reason === 'inhibited' && 'by' in decision ? [Number(decision.by)] : []));
  const waited = store
    .all<{ reason: string }>(
      `SELECT reason FROM deliveries WHERE alert = ? AND receiver = ? AND state = 'suppressed' AND reason LIKE '${INHIBITED_BY}%'`,
      ...[alert, receiver],
    )
    .map(({ reason }) => Number(reason.slice(INHIBITED_BY.length)));
  return [...matched, ...waited];
}

/**
 * What a receiver that edits its messages has to know when one is sent: the message before about the same alert, and how the
 * alerts are now.
 *
 * Contract: reads only. A message's reference is in its delivery, and is evicted with that: what was forgotten is sent as a new
 * message. How alerts are is read when a message is sent, so a late one, or one sent twice, shows what is so.
 */
import { isTest, type Notification } from '../../alert/notification.ts';
import type { AlertNow } from '../../notify/receiver.ts';
import { readAlertById } from '../store/alerts.ts';
import { readLedgerId } from '../store/identity.ts';
import type { Store } from '../store/store.ts';
import { type Due, readNotification } from './outbox.ts';

/** Null: the message is about no alert. Reads the alert's deliveries, and the alerts that the message shows. */
export function readEdited(store: Store, { receiver, notification, queuedAt }: Due): NonNullable<Due['edited']> | null {
  if (!('alert' in notification || 'group' in notification) || isTest(notification)) return null;
  const before = 'alert' in notification ? readBefore(store, receiver, notification.alert.id) : null;
  const isEdit = before !== null && 'edits' in notification;
  const shows = isEdit ? before.notification : notification;
  const alerts = alertIdsOf(shows).map((id) => readAlertNow(store, id));
  return {
    shows,
    editable: {
      ledger: readLedgerId(store),
      alerts: alerts.map(({ now }) => now),
      earlier: before?.reference ?? null,
      isEdit,
      isActedOn: queuedAt < (alerts[0]?.actedAt ?? 0),
    },
  };
}

/** The newest message about an alert: its own, or that of its group. */
function readBefore(store: Store, receiver: string, alert: number) {
  const row = store.all<{ reference: string; notification: string }>(
    `SELECT sent.reference, sent.notification FROM deliveries AS own JOIN deliveries AS sent ON sent.id = coalesce(own.digest, own.id)
     WHERE own.alert = ?1 AND sent.receiver = ?2 AND sent.reference IS NOT NULL ORDER BY sent.settled_at DESC, sent.id DESC LIMIT 1`,
    ...[alert, receiver],
  )[0];
  const notification = row === undefined ? null : readNotification(row.notification);
  return row === undefined || notification === null ? null : { reference: row.reference, notification };
}

/** The alerts that a message shows, the first one first. */
export function alertIdsOf(notification: Notification): readonly number[] {
  if ('group' in notification) {
    const { first, others } = notification.group;
    return [first.alert.id, ...others.map(({ id }) => id)];
  }
  return 'alert' in notification ? [notification.alert.id] : [];
}

/** `actedAt`: when it was acknowledged or resolved; null: it is neither. */
function readAlertNow(store: Store, id: number): { readonly now: AlertNow; readonly actedAt: number | null } {
  const alert = readAlertById(store, id);
  // Evicted.
  if (alert === null) return { now: { id, status: 'past', by: null, reason: null }, actedAt: null };
  const { status, acknowledged, resolution } = alert;
  const act = resolution ?? acknowledged;
  return { now: { id, status, by: act?.by ?? null, reason: resolution?.reason ?? null }, actedAt: act?.at ?? null };
}

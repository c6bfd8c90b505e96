/** What the ledger says of a message, for tests without one. */
import type { Notification } from '../../../src/alert/notification.ts';
import type { AlertNow, Editable, Outgoing } from '../../../src/notify/receiver.ts';

export const LEDGER = '0123456789abcdef';

export function idsOf(notification: Notification): readonly number[] {
  if ('group' in notification) {
    return [notification.group.first.alert.id, ...notification.group.others.map(({ id }) => id)];
  }
  return 'alert' in notification ? [notification.alert.id] : [];
}

/** As the ledger says it of a message that is sent for the first time. */
export function asOpen(outgoing: Outgoing, more: Partial<Editable> = {}): Outgoing {
  const alerts = idsOf(outgoing.notification)
    .filter((id) => id > 0)
    .map((id): AlertNow => ({ id, status: 'open', by: null, reason: null }));
  if (alerts.length === 0) return outgoing;
  return { ...outgoing, editable: { ledger: LEDGER, alerts, earlier: null, isEdit: false, isActedOn: false, ...more } };
}

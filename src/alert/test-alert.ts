/** A test of the receivers, as people ask for one (ledger/deliver/test-delivery.ts): it must never be taken for an alert. Pure. */
import type { Notification } from './notification.ts';

/** No alert has this number. */
export const TEST_ALERT = 0;

/** Whether it is a test: its title says so, it has no page, and no level. */
export function isTest(notification: Notification): boolean {
  return 'alert' in notification && notification.alert.id === TEST_ALERT;
}

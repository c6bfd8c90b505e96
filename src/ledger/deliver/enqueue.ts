/**
 * From what is to be said to who hears it: a delivery for each receiver that hears of the alert's level; for the others
 * a row that says why not. To be called in the transaction of the decision.
 */

import type { AlertNotification } from '../../alert/notification.ts';
import { decideRoute, type RoutedReceiver } from '../../routing/routing.ts';
import type { Store } from '../store/store.ts';
import { enqueue, enqueueSuppressed } from './outbox.ts';

/** Queues a notification about an alert for its receivers. `now`: wall, ms. */
export function enqueueNotification(
  store: Store,
  notification: AlertNotification,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const { id: alert, level } = notification.alert;
  for (const route of receivers) {
    const heard = decideRoute(route, level);
    if (heard.send) enqueue(store, { receiver: route.name, alert, notification }, now);
    else enqueueSuppressed(store, { receiver: route.name, alert, notification, reason: heard.reason }, now);
  }
}

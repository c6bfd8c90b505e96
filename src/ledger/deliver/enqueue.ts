/**
 * Routes a notification about an alert: a delivery for each receiver that takes the alert's level; for the others a
 * suppressed delivery with the reason. Call it in the transaction of the decision.
 */
import type { AlertNotification } from '../../alert/notification.ts';
import { decideRoute, type RoutedReceiver } from '../../routing/routing.ts';
import type { Store } from '../store/store.ts';
import { enqueue, enqueueSuppressed } from './outbox.ts';

/** Enqueues a notification for its receivers. `now`: wall, ms. */
export function enqueueNotification(
  store: Store,
  notification: AlertNotification,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const { id: alert, level } = notification.alert;
  for (const receiver of receivers) {
    const decision = decideRoute(receiver, level);
    if (decision.send) enqueue(store, { receiver: receiver.name, alert, notification }, now);
    else enqueueSuppressed(store, { receiver: receiver.name, alert, notification, reason: decision.reason }, now);
  }
}

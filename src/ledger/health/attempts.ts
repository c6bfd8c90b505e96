/**
 * The outbox as sending needs it: each attempt is stored with its delivery and with what it shows about the receiver.
 *
 * Contract: each method is one transaction. A dead delivery raises a health alert, unless it was a health alert itself.
 */
import type { Notification } from '../../alert/notification.ts';
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { oneLine } from '../../text/untrusted.ts';
import { backOffReceiver, type Due, type Settled, settle, takeDue } from '../deliver/outbox.ts';
import type { Store } from '../store/store.ts';
import { deadDelivery, raiseHealthAlert, resolveHealthAlert, unhealthyReceiver } from './health-alerts.ts';
import { provesUnhealthy, readHealth, storeAttempt, unhealthyReason } from './receivers.ts';

/** How many characters of an alert's title a health alert shows. */
const TITLE_CHARS = 100;

export type LedgerOutbox = ReturnType<typeof createOutbox>;

/** The outbox of a ledger. Times are wall, in ms. */
export function createOutbox(store: Store, receivers: readonly RoutedReceiver[]) {
  return {
    takeDue: (most: number, now: number): Due[] => takeDue(store, most, now),

    /** Stores how an attempt ended. */
    settle: (delivery: Due, outcome: Outcome, now: number): Settled =>
      store.transaction(() => {
        const settled = settle(store, delivery, outcome, now);
        if (settled.state === 'stale') return settled;
        const { receiver, notification } = delivery;
        recordAttempt(store, receivers, { receiver, outcome, isHealthAlert: 'health' in notification }, now);
        if (settled.state === 'dead' && !settled.isHealthAlert) {
          const summary = `${settled.reason}${about(notification)}`;
          raiseHealthAlert(store, deadDelivery(receiver), summary, receivers, now);
        }
        return settled;
      }),

    /** Pauses a receiver, for longer the more of its attempts have failed in a row. */
    backOff: (receiver: string, untried: readonly Due[], now: number): void =>
      store.transaction(() => {
        backOffReceiver(store, receiver, untried, readHealth(store).get(receiver)?.failures ?? 0, now);
      }),

    /** Stores the outcome of a test message. It counts for the receiver's health as an alert does. */
    recordTest: (receiver: string, outcome: Outcome, now: number): void =>
      store.transaction(() => recordAttempt(store, receivers, { receiver, outcome, isHealthAlert: false }, now)),
  };
}

/** What a dead message was about, for people whom it never reached; '' where it was about no alert. */
function about(notification: Notification): string {
  if (!('alert' in notification)) return '';
  const { id, level, title } = notification.alert;
  return `. It was about alert ${id}, [${level.toUpperCase()}] ${oneLine(title, TITLE_CHARS)}`;
}

/** Stores an attempt for the receiver's health, and raises or resolves its health alert. */
function recordAttempt(
  store: Store,
  receivers: readonly RoutedReceiver[],
  attempt: { readonly receiver: string; readonly outcome: Outcome; readonly isHealthAlert: boolean },
  now: number,
): void {
  const { receiver, outcome, isHealthAlert } = attempt;
  const route = receivers.find(({ name }) => name === receiver);
  // Without a setting nothing was attempted, and a removed receiver has no health.
  if (route === undefined || route.problem !== null) return;
  const health = storeAttempt(store, receiver, outcome, isHealthAlert, now);
  if (outcome.kind === 'delivered') {
    resolveHealthAlert(
      store,
      unhealthyReceiver(receiver),
      `the receiver ${receiver} takes messages again`,
      receivers,
      now,
    );
  } else if (!isHealthAlert && provesUnhealthy(health, outcome, now)) {
    raiseHealthAlert(store, unhealthyReceiver(receiver), unhealthyReason(receiver, outcome.reason), receivers, now);
  }
}

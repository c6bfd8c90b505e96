/**
 * The outbox as sending needs it: each attempt is stored with its delivery and with what it shows about the receiver.
 *
 * Contract: each method is one transaction. A dead delivery raises a health alert, unless it was a health alert itself. After
 * a success, what waited during an outage becomes one message (deliver/outage.ts), except for a receiver that programs read.
 */
import type { Notification } from '../../alert/notification.ts';
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { counted } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { type Attempt, failing, type ReceiverState, working } from '../deliver/after-attempt.ts';
import { readEdited } from '../deliver/editable.ts';
import { bundle } from '../deliver/outage.ts';
import { bringBack, type Due, type Settled, settle, type Taken, take } from '../deliver/outbox.ts';
import { beginAttempt, readReceiver, type StoredReceiver, writeReceiver } from '../deliver/receivers.ts';
import type { Store } from '../store/store.ts';
import { deadDelivery, raiseHealthAlert, resolveHealthAlert, unhealthyReceiver } from './health-alerts.ts';
import { provesUnhealthy, unhealthyReason } from './receivers.ts';

/** How many characters of an alert's title a health alert shows. */
const TITLE_CHARS = 100;

export type LedgerOutbox = ReturnType<typeof createOutbox>;

/** The outbox of a ledger. Times are wall, in ms. */
export function createOutbox(store: Store, receivers: readonly RoutedReceiver[]) {
  const bundleFor = (receiver: string, before: StoredReceiver, now: number): void => {
    const isForPrograms = receivers.find(({ name }) => name === receiver)?.forPrograms === true;
    if (!isForPrograms) bundle(store, { receiver, before }, now);
  };
  return {
    /** What a receiver is to be sent. For one that is not set, what is enqueued waits. */
    take: (receiver: string, now: number): Taken => {
      const isSet = receivers.some(({ name, problem }) => name === receiver && problem === null);
      if (!isSet) return { kind: 'nothing' };
      return store.transaction(() => {
        const taken = take(store, receiver, now);
        if (taken.kind === 'dead' && !taken.isHealthAlert) {
          raiseDead(store, receivers, { receiver, reason: taken.reason, notification: null }, now);
        }
        if (taken.kind !== 'due' || !receivers.find(({ name }) => name === receiver)?.edits) return taken;
        const edited = readEdited(store, taken.due);
        return edited === null ? taken : { ...taken, due: { ...taken.due, edited } };
      });
    },

    /** Stores how an attempt ended. */
    settle: (delivery: Due, attempt: Attempt, now: number): Settled =>
      store.transaction(() => {
        const { settled, receiver: state, isOwn, before } = settle(store, delivery, attempt, now);
        const { receiver, notification } = delivery;
        if (attempt.outcome.kind === 'delivered') bundleFor(receiver, before, now);
        const isHealthAlert = 'health' in notification;
        if (!isOwn) judge(store, receivers, { receiver, state, outcome: attempt.outcome, isHealthAlert }, now);
        if (settled.state === 'dead' && !isHealthAlert) {
          raiseDead(store, receivers, { receiver, reason: settled.reason, notification }, now);
        }
        return settled;
      }),

    /** Stores the outcome of a test message. It counts for the receiver's health as an alert does. */
    recordTest: (receiver: string, outcome: Outcome, now: number): void =>
      store.transaction(() => {
        // One that is not set was not tried.
        if (receivers.find(({ name }) => name === receiver)?.problem != null) return;
        const before = readReceiver(store, receiver);
        const { attemptOf, attemptAt } = before;
        const state = afterTest(before, outcome, now);
        if (state === null) return;
        writeReceiver(store, receiver, state);
        if (attemptOf !== null && attemptAt !== null) beginAttempt(store, receiver, attemptOf, attemptAt);
        if (outcome.kind === 'delivered') {
          bringBack(store, receiver, before);
          bundleFor(receiver, before, now);
        }
        judge(store, receivers, { receiver, state, outcome, isHealthAlert: false }, now);
      }),
  };
}

/** A receiver after a test message; null: it shows nothing. */
function afterTest(state: ReceiverState, outcome: Outcome, now: number): ReceiverState | null {
  switch (outcome.kind) {
    case 'delivered':
      // Its pace, and what it asked for, still hold; waiting because it failed is over.
      return working(state, null, state.failingSince === null ? state.nextAt : now, now);
    case 'slow down':
      return null;
    case 'retry':
    case 'refused':
      return failing(state, { reason: outcome.reason, nextAt: state.nextAt, isDoubtful: false, counts: true }, now);
  }
}

/** Raises the health alert about a delivery that has died. `notification`: null where what is stored is damaged. */
export function raiseDead(
  store: Store,
  receivers: readonly RoutedReceiver[],
  dead: { readonly receiver: string; readonly reason: string; readonly notification: Notification | null },
  now: number,
): void {
  const { receiver, reason, notification } = dead;
  const summary = `${reason}${notification === null ? '' : about(notification)}`;
  raiseHealthAlert(store, deadDelivery(receiver), summary, receivers, now);
}

/** What a dead message was about, for people whom it never reached; '' where it was about no alert. */
function about(notification: Notification): string {
  const isGroup = 'group' in notification;
  const of = isGroup ? notification.group.first : notification;
  // An older version stored a message of another kind for an outage.
  if (!('alert' in of)) return '';
  const { id, level, title } = of.alert;
  const others = isGroup ? ` and ${counted(notification.group.alerts - 1, 'more alert')}` : '';
  return `. It was about alert ${id}, [${level.toUpperCase()}] ${oneLine(title, TITLE_CHARS)}${others}`;
}

/** Raises or resolves a receiver's health alert, by the attempt that just ended. */
function judge(
  store: Store,
  receivers: readonly RoutedReceiver[],
  attempt: {
    readonly receiver: string;
    readonly state: ReceiverState;
    readonly outcome: Outcome;
    readonly isHealthAlert: boolean;
  },
  now: number,
): void {
  const { receiver, state, outcome, isHealthAlert } = attempt;
  const route = receivers.find(({ name }) => name === receiver);
  // A removed receiver has no health.
  if (route === undefined || route.problem !== null) return;
  if (outcome.kind === 'delivered') {
    const summary = `the receiver ${receiver} takes messages again`;
    resolveHealthAlert(store, unhealthyReceiver(receiver), summary, receivers, now);
  } else if (!isHealthAlert && provesUnhealthy(state, outcome, now)) {
    raiseHealthAlert(store, unhealthyReceiver(receiver), unhealthyReason(receiver, outcome.reason), receivers, now);
  }
}

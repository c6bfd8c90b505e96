/**
 * Sends due deliveries: takes them from the outbox, gives each to its receiver, stores how it ended.
 *
 * Contract: at least once; an attempt is stored before it is made. Receivers are served in parallel, each with one message
 * at a time and in order. A receiver that asks for a pause, or fails twice in a row, is paused: a single failure may be the
 * message's own and must not delay the others. A delivery that was not tried counts no attempt. Never throws for what a
 * receiver does.
 */
import { type Links, NO_LINKS } from '../../alert/links.ts';
import type { Notification } from '../../alert/notification.ts';
import type { Outcome, Outgoing, Receiver } from '../../notify/receiver.ts';
import { errorName } from '../../text/error-name.ts';
import { type Due, type Settled, TAKEN_MAX } from './outbox.ts';

/** What sending needs of the outbox. */
export interface Outbox {
  takeDue(most: number, now: number): Due[];
  settle(due: Due, outcome: Outcome, now: number): Settled;
  /** Pauses a receiver; the deliveries in `untried` were taken and not sent. */
  backOff(receiver: string, untried: readonly Due[], now: number): void;
}

/** Where a notification's buttons lead. Called when it is sent, since the links expire. */
export type LinksOf = (notification: Notification) => Promise<Links>;

/** One delivery, and how its attempt ended. */
export interface Sent {
  readonly due: Due;
  readonly outcome: Outcome;
  readonly settled: Settled;
}

/** Sends what is due now, once. More may be due afterwards. */
export async function deliver(
  outbox: Outbox,
  receivers: readonly Receiver[],
  linksOf: LinksOf,
  now: () => number,
): Promise<Sent[]> {
  const byReceiver = Map.groupBy(outbox.takeDue(TAKEN_MAX, now()), (due) => due.receiver);
  const perReceiver = [...byReceiver].map(async ([name, dues]) => {
    const receiver = receivers.find((each) => each.name === name);
    const sent: Sent[] = [];
    let failures = 0;
    for (const [index, due] of dues.entries()) {
      const outcome = await attempt(receiver, name, due, linksOf);
      failures = outcome.kind === 'retry' ? failures + 1 : 0;
      sent.push({ due, outcome, settled: outbox.settle(due, outcome, now()) });
      if (outcome.kind !== 'retry' || (outcome.afterMs === null && failures < FAILURES_IN_A_ROW)) continue;
      outbox.backOff(name, dues.slice(index + 1), now());
      break;
    }
    return sent;
  });
  return (await Promise.all(perReceiver)).flat();
}

async function attempt(receiver: Receiver | undefined, name: string, due: Due, linksOf: LinksOf): Promise<Outcome> {
  if (receiver === undefined) return { kind: 'refused', reason: `no receiver "${name}" is set any more` };
  const { notification } = due;
  // A message without buttons is better than no message.
  const links = await linksOf(notification).catch(() => NO_LINKS);
  // The time makes the id unique: a new ledger numbers its deliveries from 1 again.
  return send(receiver, { id: `delivery-${due.id}-${due.queuedAt.toString(36)}`, notification, links });
}

/** Sends a message. A receiver promises not to throw; where it does, that is a bug in it and counts as a failure. */
export async function send(receiver: Receiver, outgoing: Outgoing): Promise<Outcome> {
  try {
    return await receiver.send(outgoing);
  } catch (error) {
    // Without the error's message, which may hold the receiver's secret.
    return { kind: 'retry', reason: `the receiver failed: ${errorName(error)}`, afterMs: null };
  }
}

/** After this many failures in a row the receiver fails, not a message. */
export const FAILURES_IN_A_ROW = 2;

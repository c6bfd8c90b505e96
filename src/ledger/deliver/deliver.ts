/**
 * Sending what is due: takes deliveries from the ledger, gives each to its receiver, stores how it ended.
 *
 * Contract: at least once; an attempt is stored before it is made. Receivers are served side by side, each one message
 * at a time and in order; one that asks to wait, or fails twice running, is left in peace for a while (one failure may
 * be the message's own, and must not hold up the others), and what was not tried counts as no attempt. Never throws for
 * what a receiver does.
 */
import { type Links, NO_LINKS } from '../../alert/links.ts';
import type { Notification } from '../../alert/notification.ts';
import type { Outcome, Outgoing, Receiver } from '../../notify/receiver.ts';
import type { Due, Settled } from './outbox.ts';

/** What sending needs of the ledger. */
export interface Outbox {
  due(most: number, now: number): Due[];
  settled(due: Due, outcome: Outcome, now: number): Settled;
  /** Leaves a receiver in peace for a while; `untried` was taken and not sent. */
  backOff(receiver: string, untried: readonly Due[], now: number): void;
}

/** Taken at once of each receiver; few enough that the last is sent before its attempt is taken for lost. */
const TAKEN = 4;

/** Where a notification's buttons lead: made when it is sent, for the links expire. */
export type LinksOf = (notification: Notification) => Promise<Links>;

/** One delivery, and how its attempt ended. */
export interface Sent {
  readonly due: Due;
  readonly outcome: Outcome;
  readonly settled: Settled;
}

/** Sends what is due now, once; more may be due after. */
export async function deliver(
  outbox: Outbox,
  receivers: readonly Receiver[],
  linksOf: LinksOf,
  now: () => number,
): Promise<Sent[]> {
  const byReceiver = Map.groupBy(outbox.due(TAKEN, now()), (due) => due.receiver);
  const lines = [...byReceiver].map(async ([name, dues]) => {
    const receiver = receivers.find((each) => each.name === name);
    const sent: Sent[] = [];
    let failures = 0;
    for (const [index, due] of dues.entries()) {
      const outcome = await attempt(receiver, name, due, linksOf);
      failures = outcome.kind === 'retry' ? failures + 1 : 0;
      sent.push({ due, outcome, settled: outbox.settled(due, outcome, now()) });
      if (outcome.kind !== 'retry' || (outcome.afterMs === null && failures < FAILURES_RUNNING)) continue;
      outbox.backOff(name, dues.slice(index + 1), now());
      break;
    }
    return sent;
  });
  return (await Promise.all(lines)).flat();
}

async function attempt(receiver: Receiver | undefined, name: string, due: Due, linksOf: LinksOf): Promise<Outcome> {
  if (receiver === undefined) return { kind: 'refused', reason: `no receiver "${name}" is set any more` };
  const { notification } = due;
  // Better a message without its buttons than none.
  const links = await linksOf(notification).catch(() => NO_LINKS);
  // With the time it was queued at: the numbers of another ledger are the same.
  return trySend(receiver, { id: `delivery-${due.id}-${due.queuedAt.toString(36)}`, notification, links });
}

/** Sends, and takes what a receiver throws for a failure: its promise is not to, so this is a bug in it. */
export async function trySend(receiver: Receiver, outgoing: Outgoing): Promise<Outcome> {
  try {
    return await receiver.send(outgoing);
  } catch (error) {
    // Told without what may hold the receiver's secret.
    const name = error instanceof Error ? error.name : 'error';
    return { kind: 'retry', reason: `the receiver failed: ${name}`, afterMs: null };
  }
}

/** After so many failures running it is the receiver that fails, not a message. */
export const FAILURES_RUNNING = 2;

/**
 * Sends deliveries: a loop per receiver, while an alarm lasts.
 *
 * Contract: at least once; an attempt is stored before it is made. No receiver waits for another: each has one message at
 * a time, at its own pace, and one that hangs outlasts the alarm, not the others' messages. An alarm begins a bounded number
 * of attempts; the next alarm goes on. Never throws for what a receiver does. Rejects with what the outbox threw, once no
 * attempt is left to begin.
 */
import { type Links, NO_LINKS } from '../../alert/links.ts';
import type { Notification } from '../../alert/notification.ts';
import { within } from '../../http/deadline.ts';
import { type Outcome, type Outgoing, type Receiver, SEND_TIMEOUT_MS } from '../../notify/receiver.ts';
import { errorName } from '../../text/error-name.ts';
import type { Attempt } from './after-attempt.ts';
import { ATTEMPT_MAX_MS, type Due, type Settled, type Taken } from './outbox.ts';

/** What sending needs of the outbox. */
export interface Outbox {
  take(receiver: string, now: number): Taken;
  settle(due: Due, attempt: Attempt, now: number): Settled;
}

/** Where a notification's buttons lead, for this receiver. Called when it is sent, since the links expire. */
export type LinksOf = (notification: Notification, receiver?: string) => Promise<Links>;

/** One delivery, and how its attempt ended. */
export interface Sent {
  readonly due: Due;
  readonly outcome: Outcome;
  readonly settled: Settled;
}

export interface SenderOptions {
  readonly outbox: Outbox;
  readonly receivers: readonly Receiver[];
  readonly linksOf: LinksOf;
  readonly now: () => number;
  /** Resolves after so many ms, or once the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly sent: (sent: Sent) => void;
  /** A loop ended after the run it began in: nobody waits for it, so somebody has to set the alarm, or log the error. */
  readonly ended: (error: unknown) => void;
}

export interface Sender {
  /** Sends until nothing is due soon, or enough was begun. Attempts that hang go on by themselves. One run at a time. */
  run(): Promise<void>;
  /** Something was enqueued: a running run looks again. */
  wake(): void;
}

/**
 * How many attempts a run begins. One may be two requests (a message and its short form), and an invocation has 50 on the
 * free plan (developers.cloudflare.com/workers/platform/limits, "Subrequests").
 */
export const ATTEMPTS_MAX = 20;
/** A run ends where nothing is due within this time: a receiver's pace is waited for, a failing receiver is not. */
const LINGER_MS = 5_000;
/**
 * How many attempts are under way at once. An invocation may wait for the headers of six connections (…/workers/platform/limits,
 * "Simultaneous open connections"): a seventh would wait for its place, and its time run.
 */
const OPEN_MAX = 5;
/** A message goes without buttons where they take longer. */
const LINKS_MAX_MS = 2_000;
/** A receiver keeps to SEND_TIMEOUT_MS. This one is for a bug in it. */
const SEND_MAX_MS = 2 * SEND_TIMEOUT_MS;
if (!(SEND_MAX_MS < ATTEMPT_MAX_MS)) throw new Error('an attempt must end before it counts as interrupted');

/** A run while it lasts. */
interface Run {
  left: number;
  readonly over: PromiseWithResolvers<void>;
  /** Wakes the loops that wait; another one each time. */
  wake: AbortController;
  failure: { readonly error: unknown } | null;
}

/** Creates the sender of one outbox. */
export function createSender({ outbox, receivers, linksOf, now, pause, sent, ended }: SenderOptions): Sender {
  let run: Run | null = null;
  /** The loops by receiver; `idle`: it waits, for longer than a run would. */
  const loops = new Map<string, 'busy' | 'idle'>();
  /** The receivers that were tried least recently come first, so that a run's attempts are shared. */
  const order = [...receivers];

  /** How many attempts are under way, and the loops that wait for one of them to end, in their order. */
  let open = 0;
  const queue: (() => void)[] = [];
  /** By receiver: the shortest time that an answer took, ms. */
  const quickest = new Map<string, number>();

  /** The latest time at which a message may have arrived: every answer takes at least as long as the quickest one did. */
  const reachedAt = (name: string, startedAt: number, endedAt: number): number => {
    const tookMs = Math.max(0, endedAt - startedAt);
    const leastMs = Math.min(quickest.get(name) ?? tookMs, tookMs);
    quickest.set(name, leastMs);
    return endedAt - leastMs;
  };
  const endIfDone = (): void => {
    if (run === null || (run.left > 0 && [...loops.values()].includes('busy'))) return;
    const { over, failure, wake } = run;
    run = null;
    wake.abort();
    if (failure === null) over.resolve();
    else over.reject(failure.error);
  };
  const wait = async (name: string, ms: number): Promise<void> => {
    if (run === null) return;
    const { wake } = run;
    if (ms > LINGER_MS) loops.set(name, 'idle');
    endIfDone();
    await pause(ms, wake.signal);
    loops.set(name, 'busy');
  };
  /** True where its last attempt ended after the run. */
  const loop = async (receiver: Receiver): Promise<boolean> => {
    const { name } = receiver;
    while (run !== null && run.left > 0) {
      if (open >= OPEN_MAX) {
        await new Promise<void>((resolve) => queue.push(resolve));
        continue;
      }
      const taken = outbox.take(name, now());
      if (taken.kind === 'nothing') return false;
      if (taken.kind === 'dead') continue;
      if (taken.kind === 'wait') {
        await wait(name, taken.at - now());
        continue;
      }
      run.left--;
      order.push(...order.splice(order.indexOf(receiver), 1));
      const { due } = taken;
      const startedAt = now();
      open++;
      const sending = attempt(receiver, due, linksOf).finally(() => {
        open--;
        // Those that wait look again, in their order, before this one goes on.
        for (const goOn of queue.splice(0)) goOn();
      });
      endIfDone();
      const outcome = await sending;
      const { paceMs } = receiver;
      const settled = outbox.settle(due, { reachedAt: reachedAt(name, startedAt, now()), outcome, paceMs }, now());
      sent({ due, outcome, settled });
      if (run === null) return true;
    }
    return false;
  };
  const start = (receiver: Receiver): void => {
    void loop(receiver)
      .then(
        (outlasted) => ({ outlasted, failure: null }),
        (error: unknown) => ({ outlasted: true, failure: { error } }),
      )
      .then(({ outlasted, failure }) => {
        loops.delete(receiver.name);
        if (run !== null) run.failure ??= failure;
        else if (outlasted) ended(failure?.error ?? null);
        endIfDone();
      });
  };
  const startAll = (): void => {
    const idle = order.filter(({ name }) => !loops.has(name));
    // All of them first: a run ends when none is busy.
    for (const { name } of idle) loops.set(name, 'busy');
    idle.forEach(start);
  };
  return {
    run: () => {
      run ??= { left: ATTEMPTS_MAX, over: Promise.withResolvers(), wake: new AbortController(), failure: null };
      const { over } = run;
      startAll();
      endIfDone();
      return over.promise;
    },
    wake: () => {
      if (run === null) return;
      const { wake } = run;
      run.wake = new AbortController();
      wake.abort();
      startAll();
    },
  };
}

async function attempt(receiver: Receiver, due: Due, linksOf: LinksOf): Promise<Outcome> {
  const late: Outcome = { kind: 'retry', reason: 'the receiver did not answer in time', afterMs: null };
  return within(SEND_MAX_MS, late, async () => {
    const { shows: notification, editable } = due.edited ?? { shows: due.notification };
    // A message without buttons is better than no message.
    const links = await within(LINKS_MAX_MS, NO_LINKS, async () => linksOf(notification, receiver.name)).catch(
      () => NO_LINKS,
    );
    // The time makes the id unique: a new ledger numbers its deliveries from 1 again.
    const id = `delivery-${due.id}-${due.queuedAt.toString(36)}`;
    return send(receiver, { id, notification, links, ...(editable && { editable }) });
  });
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

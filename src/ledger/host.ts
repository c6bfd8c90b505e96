/**
 * What stands around a ledger wherever it lives: the clock, the alarm, the receivers. The Durable Object is one host;
 * the simulation is another, with the same lines between call and commit.
 *
 * The alarm is set for whatever the ledger wants next (a delivery, or what its watchdog has to say), and set again
 * after every call that finds it missing or too late. The platform gives up on an alarm that throws six times
 * (developers.cloudflare.com/durable-objects/api/alarms), so `alarm` never throws, and always sets the next.
 */
import { NO_LINKS } from '../alert/links.ts';
import type { Receiver } from '../notify/receiver.ts';
import { deliver, type LinksOf, type Sent } from './deliver/deliver.ts';
import { testNotification, tryReceivers } from './deliver/test-delivery.ts';
import type { Ledger } from './record/ledger.ts';
import type { LedgerApi, LedgerOperator } from './rpc.ts';

/** The one alarm a Durable Object has. Times are wall, in ms. */
export interface AlarmClock {
  get(): Promise<number | null>;
  set(at: number): Promise<void>;
}

export interface HostOptions {
  readonly ledger: Ledger;
  readonly receivers: readonly Receiver[];
  readonly linksOf: LinksOf;
  readonly alarm: AlarmClock;
  readonly now: () => number;
  readonly log: { sent(sent: Sent): void; failed(error: unknown): void };
}

/** After an alarm that failed, the next is no sooner than this. */
const ALARM_AGAIN_MS = 30_000;
/** Rounds of sending in one alarm; what is left is the next alarm's. */
const ROUNDS = 5;

export interface Host extends LedgerApi, LedgerOperator {
  /** What the alarm does: looks whether all is well, sends what is due, sets the next. Never throws. */
  alarm(): Promise<void>;
}

/** Puts a host around a ledger. */
export function createHost({ ledger, receivers, linksOf, alarm, now, log }: HostOptions): Host {
  /** Sets the alarm where it is missing or later than the ledger wants it: a row only then. */
  const arm = async (leastWaitMs: number): Promise<void> => {
    const wanted = ledger.wakeAt(now());
    if (wanted === null) return;
    const at = Math.max(wanted, now() + leastWaitMs);
    const set = await alarm.get();
    if (set === null || set > at) await alarm.set(at);
  };
  /** Runs a call, then sees to the alarm; a death between the two is mended by the next call. */
  const armed = async <T>(call: () => T): Promise<T> => {
    const result = call();
    await arm(0);
    return result;
  };
  return {
    begin: (input) => armed(() => ledger.begin(input, now())),
    record: (batch) => armed(() => ledger.record(batch, now())),
    flush: (expect, most) => armed(() => ledger.flush(expect, most, now())),
    quarantineCandidate: (record) => armed(() => ledger.quarantineCandidate(record, now())),
    failed: (failure) => armed(() => ledger.failed(failure, now())),
    resend: (receiver) => armed(() => ledger.resend(receiver, now())),
    testReceivers: async () => {
      const links = await linksOf(testNotification(now())).catch(() => NO_LINKS);
      const tested = await tryReceivers(receivers, links, now());
      return armed(() => {
        for (const { receiver, outcome } of tested) ledger.tested(receiver, outcome, now());
        return tested;
      });
    },
    alarm: async () => {
      let leastWaitMs = 0;
      try {
        ledger.watchdog(now());
        for (let round = 0; round < ROUNDS; round++) {
          const sent = await deliver(ledger, receivers, linksOf, now);
          sent.forEach(log.sent);
          if (sent.length === 0) break;
        }
      } catch (error) {
        leastWaitMs = ALARM_AGAIN_MS;
        log.failed(error);
      }
      // Where even this fails, every tick finds the alarm missing and sets it.
      await arm(leastWaitMs).catch(log.failed);
    },
  };
}

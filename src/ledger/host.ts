/**
 * What surrounds a ledger wherever it runs: the clock, the alarm, the receivers. The Durable Object makes one host, the
 * simulation another, with the same steps between call and commit.
 *
 * The alarm is set for the next delivery, health check, or step of a pass, and again after every call that finds it
 * missing or too late. The platform gives up on an alarm that throws six times
 * (developers.cloudflare.com/durable-objects/api/alarms), so `alarm` never throws and always sets the next.
 */
import { NO_LINKS } from '../alert/links.ts';
import { pause } from '../http/deadline.ts';
import type { Receiver } from '../notify/receiver.ts';
import { createSender, type LinksOf, type Sent } from './deliver/deliver.ts';
import { resend } from './deliver/resend.ts';
import { testNotification, testReceivers } from './deliver/test-delivery.ts';
import type { LedgerOutbox } from './health/attempts.ts';
import type { Ledger } from './record/ledger.ts';
import type { LedgerApi, LedgerOperator, LedgerProofs, LedgerSecurity } from './rpc.ts';
import { countRefusals, recordSecurity } from './security-log.ts';
import { readLedgerId } from './store/identity.ts';
import type { Store } from './store/store.ts';

/** The one alarm a Durable Object has. Times are wall, in ms. */
export interface AlarmClock {
  get(): Promise<number | null>;
  set(at: number): Promise<void>;
}

export interface HostOptions {
  readonly ledger: Ledger;
  /** The ledger's. */
  readonly store: Store;
  readonly outbox: LedgerOutbox;
  readonly receivers: readonly Receiver[];
  readonly linksOf: LinksOf;
  readonly alarm: AlarmClock;
  readonly now: () => number;
  readonly log: { sent(sent: Sent): void; failed(error: unknown): void };
}

/** After an alarm that failed, the next one comes no sooner than this. */
const RETRY_ALARM_MS = 30_000;
/** While messages are sent, what becomes due is looked for so often. A critical one may wait no longer. */
const LOOK_MS = 1_000;
/** An alarm that is overdue for so long is lost: after a restore, the platform need not know what the storage holds. */
const LOST_ALARM_MS = 15 * 60_000;

export interface Host extends LedgerApi, LedgerOperator, LedgerProofs, LedgerSecurity {
  /** Runs the watchdog and the next step of a pass, sends what is due, sets the next alarm. Never throws. */
  alarm(): Promise<void>;
}

/** Creates the host of a ledger. */
export function createHost({ ledger, store, outbox, receivers, linksOf, alarm, now, log }: HostOptions): Host {
  /** Sets the alarm where it is missing or too late. Only then is a row written. */
  const setAlarm = async (leastWaitMs: number): Promise<void> => {
    const nextAt = ledger.nextAlarmAt(now());
    if (nextAt === null) return;
    const at = Math.max(nextAt, now() + leastWaitMs);
    const stored = await alarm.get();
    const set = stored !== null && stored < now() - LOST_ALARM_MS ? null : stored;
    if (set === null || set > at) await alarm.set(at);
  };
  /** Runs a call, then sets the alarm. After a crash between the two, the next call sets it. */
  const withAlarm = async <T>(call: () => T): Promise<T> => {
    const result = call();
    sender.wake();
    await setAlarm(0);
    return result;
  };
  const sender = createSender({
    ...{ outbox, receivers, linksOf, now, pause, sent: log.sent },
    // Where this fails too, the next tick finds the alarm missing and sets it.
    ended: (error) => {
      if (error !== null) log.failed(error);
      void setAlarm(error === null ? 0 : RETRY_ALARM_MS).catch(log.failed);
    },
  });
  return {
    begin: (input) => withAlarm(() => ledger.begin(input, now())),
    record: (batch) => withAlarm(() => ledger.record(batch, now())),
    flush: (expectedVersion, most) => withAlarm(() => ledger.flush(expectedVersion, most, now())),
    quarantineCandidate: (record) => withAlarm(() => ledger.quarantineCandidate(record, now())),
    recordFailedTick: (failure) => withAlarm(() => ledger.recordFailedTick(failure, now())),
    resend: (receiver, to) =>
      withAlarm(() =>
        resend(
          store,
          receiver,
          to,
          receivers.map(({ name }) => name),
          now(),
        ),
      ),
    canRecord: async () => ledger.canRecord(now()),
    release: (name, fresh) => withAlarm(() => ledger.release(name, fresh, now())),
    drop: async (names) => ledger.drop(names),
    backfill: (request) => withAlarm(() => ledger.backfill(request, now())),
    cancelBackfill: (id) => withAlarm(() => ledger.cancelBackfill(id, now())),
    passes: async () => ledger.passes(now()),
    silence: async (request) => ledger.silence(request, now()),
    expireSilence: (id, who) => withAlarm(() => ledger.expireSilence(id, who, now())),
    act: (request) => withAlarm(() => ledger.act(request, now())),
    recordSecurity: async (event) => recordSecurity(store, event, now()),
    countRefusals: async (hours) => countRefusals(store, hours, now()),
    ledgerId: async () => readLedgerId(store),
    spendProof: async (proof) => ledger.spendProof(proof, now()),
    isProofSpent: async (proof) => ledger.isProofSpent(proof),
    testReceivers: async () => {
      const links = await linksOf(testNotification(now())).catch(() => NO_LINKS);
      const results = await testReceivers(receivers, links, now());
      return withAlarm(() => {
        for (const { receiver, outcome } of results) outbox.recordTest(receiver, outcome, now());
        return results;
      });
    },
    alarm: async () => {
      let leastWaitMs = 0;
      const failed = (error: unknown): void => {
        leastWaitMs = RETRY_ALARM_MS;
        log.failed(error);
      };
      for (const work of [ledger.watchdog, ledger.runPass]) {
        try {
          work(now());
        } catch (error) {
          failed(error);
        }
      }
      // What waits is sent all the same.
      const over = new AbortController();
      const sending = sender
        .run()
        .catch(failed)
        .finally(() => over.abort());
      // A slow receiver holds up no message whose time comes meanwhile: the next alarm rings only after this one.
      while (!over.signal.aborted) {
        await pause(LOOK_MS, over.signal);
        try {
          if (!over.signal.aborted && ledger.makeMessages(now())) sender.wake();
        } catch (error) {
          failed(error);
        }
      }
      await sending;
      // Where this fails too, the next tick finds the alarm missing and sets it.
      await setAlarm(leastWaitMs).catch(log.failed);
    },
  };
}

/** Sends what a ledger has to send, as its Durable Object does, without waiting for the clock. */
import { createSender } from '../../../src/ledger/deliver/deliver.ts';
import type { Receiver } from '../../../src/notify/receiver.ts';
import { LINKS } from '../../notify/notifications.ts';
import type { Scene } from '../scene.ts';

/** Lets the clock do what is due by `from`, and sends it to these receivers. */
export async function sendDue({ ledger, outbox }: Scene, receivers: readonly Receiver[], from: number): Promise<void> {
  let now = from;
  ledger.watchdog(now);
  await createSender({
    ...{ outbox, receivers },
    linksOf: () => Promise.resolve(LINKS),
    now: () => now,
    pause: (ms) => {
      now += Math.max(ms, 1);
      return Promise.resolve();
    },
    sent: () => undefined,
    ended: () => undefined,
  }).run();
}

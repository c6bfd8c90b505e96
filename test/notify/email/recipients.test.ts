/** Several addresses in one setting: each is a receiver of its own, so one that fails takes nothing from the others. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readReceivers } from '../../../src/config/receivers.ts';
import { createReceivers, type Receiver } from '../../../src/notify/receiver.ts';
import { RECEIVER_TYPES } from '../../../src/notify/registry.ts';
import { type MailInbox, startMailInbox } from '../../support/mail-inbox.ts';
import { OPENED, outgoing } from '../notifications.ts';

let inbox: MailInbox;
beforeEach(async () => {
  inbox = await startMailInbox();
});
afterEach(() => inbox.stop());

const BAD = 'bad@example.net';
/** More attempts than the outbox makes in a day. */
const ATTEMPTS_MAX = 110;

function receiversOf(addresses: string): readonly Receiver[] {
  const env = { EMAIL_TO: addresses, EMAIL_FROM: 'tocsin@example.com', EMAIL: inbox.binding };
  const { receivers } = readReceivers(env, RECEIVER_TYPES, null);
  return createReceivers(receivers, { fetch, now: () => Date.now() });
}

/** Sends to each receiver until its delivery ends or is given up, as the outbox does with each by itself. */
async function sendToAll(receivers: readonly Receiver[]): Promise<Record<string, string>> {
  const ends = receivers.map(async (receiver) => {
    for (let attempts = 1; ; attempts++) {
      const outcome = await receiver.send(outgoing(OPENED));
      if (outcome.kind !== 'retry' || attempts === ATTEMPTS_MAX) return [receiver.name, outcome.kind] as const;
    }
  });
  return Object.fromEntries(await Promise.all(ends));
}

/** How many mails each address was sent, whether they were accepted or not. */
function sendsByAddress(): Record<string, number> {
  const byAddress = Object.groupBy(inbox.sends, ({ to }) => to);
  return Object.fromEntries(Object.entries(byAddress).map(([address, mails]) => [address, mails?.length ?? 0]));
}

describe('of three recipients the second is bad, and the other two get exactly one mail each', () => {
  /** What happens, the platform's code, how its delivery ends, how many mails are tried for it. */
  const rows: readonly (readonly [sentence: string, code: string, end: string, tries: number])[] = [
    ['an unspecific failure is tried again, for it alone', 'E_INTERNAL_SERVER_ERROR', 'retry', ATTEMPTS_MAX],
    ['a failed delivery is tried again, for it alone', 'E_DELIVERY_FAILED', 'retry', ATTEMPTS_MAX],
    ['a rejected mail is tried once more in its short form', 'E_VALIDATION_ERROR', 'refused', 2],
    ['a suppressed address is refused at once', 'E_RECIPIENT_SUPPRESSED', 'refused', 1],
    ['an address that is not allowed is refused at once', 'E_RECIPIENT_NOT_ALLOWED', 'refused', 1],
  ];

  test.each(rows)('%s (%s)', async (_, code, end, tries) => {
    inbox.refuse(BAD, code);
    const ends = await sendToAll(receiversOf(`a@example.net, ${BAD}, b@example.net`));
    expect(ends).toEqual({ email: 'delivered', 'email/2': end, 'email/3': 'delivered' });
    expect(sendsByAddress()).toEqual({ 'a@example.net': 1, [BAD]: tries, 'b@example.net': 1 });
    expect(inbox.mails.map(({ to }) => to).toSorted()).toEqual(['a@example.net', 'b@example.net']);
  });

  test('so it is if its text is no address at all', async () => {
    const ends = await sendToAll(receiversOf('a@example.net, bad, b@example.net'));
    expect(ends).toEqual({ email: 'delivered', 'email/2': 'refused', 'email/3': 'delivered' });
    expect(sendsByAddress()).toEqual({ 'a@example.net': 1, 'b@example.net': 1 });
  });

  test('and the first one may be the bad one', async () => {
    inbox.refuse(BAD, 'E_RECIPIENT_SUPPRESSED');
    const ends = await sendToAll(receiversOf(`${BAD},a@example.net`));
    expect(ends).toEqual({ email: 'refused', 'email/2': 'delivered' });
  });
});

test('no name and no outcome holds an address, wherever it is', async () => {
  for (const code of ['E_INTERNAL_SERVER_ERROR', 'E_VALIDATION_ERROR', 'E_RECIPIENT_SUPPRESSED']) {
    inbox.refuse(BAD, code);
    for (const receiver of receiversOf(`${BAD},no address,mallory@acme`)) {
      const outcome = await receiver.send(outgoing(OPENED));
      expect(JSON.stringify([receiver.name, outcome])).not.toMatch(/bad|example\.net|no address|mallory|acme/);
    }
  }
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pause } from '../../../src/http/deadline.ts';
import { KNOWN_CODES } from '../../../src/notify/email/answer.ts';
import type { MailBinding } from '../../../src/notify/email/message.ts';
import { createEmail } from '../../../src/notify/email/send.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { type Mail, type MailInbox, startMailInbox } from '../../support/mail-inbox.ts';
import { OPENED, outgoing } from '../notifications.ts';

let inbox: MailInbox;
beforeAll(async () => {
  inbox = await startMailInbox();
});
afterEach(() => inbox.answer({ kind: 'ok' }));
afterAll(() => inbox.stop());

const SENDER = 'tocsin@example.com';
const email = (to: string, binding: MailBinding = inbox.binding, timeoutMs = 5_000) =>
  createEmail({ name: 'email', binding, sender: SENDER, to, timeoutMs });

/** Sentence, the platform's code, how the send ends, what its reason says. */
const ROWS: readonly (readonly [string, string, Outcome['kind'], RegExp])[] = [
  ['a rate limit is a request to slow down', 'E_RATE_LIMIT_EXCEEDED', 'slow down', /slow down/],
  ['an internal error is temporary', 'E_INTERNAL_SERVER_ERROR', 'retry', /failed \(E_INTERNAL_SERVER_ERROR\)/],
  ['a failed delivery is temporary', 'E_DELIVERY_FAILED', 'retry', /could not deliver the mail/],
  ['an unknown code is temporary', 'E_SOMETHING_NEW', 'retry', /E_SOMETHING_NEW/],
  ['an unverified sender must be set up', 'E_SENDER_NOT_VERIFIED', 'refused', /not verified: set it up/],
  ['a domain that may not send must be set up', 'E_SENDER_DOMAIN_NOT_AVAILABLE', 'refused', /set it up/],
  ['a suppressed recipient is final', 'E_RECIPIENT_SUPPRESSED', 'refused', /suppression list.*remove it/],
  [
    'a recipient that is not allowed is final',
    'E_RECIPIENT_NOT_ALLOWED',
    'refused',
    /does not allow the address: verify it/,
  ],
  ['a mail rejected twice is final', 'E_VALIDATION_ERROR', 'refused', /short form/],
];

describe('the outcome of what the platform answers', () => {
  test.each(ROWS)('%s: %s', async (_, code, kind, reason) => {
    inbox.answer({ kind: 'error', code });
    const outcome = await email('a@example.net').send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });

  test('a used-up daily quota is a request to slow down for an hour', async () => {
    inbox.answer({ kind: 'error', code: 'E_DAILY_LIMIT_EXCEEDED' });
    const outcome = await email('a@example.net').send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind: 'slow down', afterMs: 3_600_000 });
  });

  test.each(KNOWN_CODES)('the reason for %s is one line with the code and no address', async (code) => {
    inbox.answer({ kind: 'error', code });
    const outcome = await email('a@example.net').send(outgoing(OPENED));
    const text = JSON.stringify(outcome);
    expect(text).toContain(code);
    expect(text).not.toMatch(/example\.(net|com)/);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'boom a@example.net'],
    ['an error without a code', new Error('a@example.net')],
    ['an error whose code is an address', Object.assign(new Error('x'), { code: 'a@example.net' })],
    ['an error whose code is a JavaScript property', Object.assign(new Error('x'), { code: 'constructor' })],
  ])('throwing %s is temporary', async (_, thrown) => {
    const binding: MailBinding = {
      send: () => {
        throw thrown;
      },
    };
    const outcome = await email('a@example.net', binding).send(outgoing(OPENED));
    expect(outcome).toEqual({ kind: 'retry', reason: "Cloudflare's Email Service failed", afterMs: null });
  });

  test('a promise that never settles is not waited for', async () => {
    const binding: MailBinding = { send: () => new Promise(() => {}) };
    const outcome = await email('a@example.net', binding, 20).send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('within 0.02 s') });
  });
});

describe('a mail', () => {
  test('goes to one address', async () => {
    const before = inbox.sends.length;
    await email('a@example.net').send(outgoing(OPENED));
    expect(inbox.sends.slice(before)).toMatchObject([{ from: { name: 'Tocsin', email: SENDER }, to: 'a@example.net' }]);
  });

  /** Throws that code at the first mail, after `afterMs`. */
  function rejecting(afterMs = 0): { readonly sent: Mail[]; readonly binding: MailBinding } {
    const sent: Mail[] = [];
    const send = async (mail: Mail) => {
      if (sent.push(mail) > 1) return inbox.binding.send(mail);
      await pause(afterMs);
      throw Object.assign(new Error('x'), { code: 'E_HEADER_NOT_ALLOWED' });
    };
    return { sent, binding: { send } };
  }

  test('that is rejected as invalid is sent once more in its short form', async () => {
    const { sent, binding } = rejecting();
    expect(await email('a@example.net', binding).send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
    expect(sent.map(({ to }) => to)).toEqual(['a@example.net', 'a@example.net']);
    expect(sent[1]?.text).toMatch(/^\[HIGH\] API key deleted: api_key\.deleted by Alice Smith.*\n\n\(short form/);
  });

  test('whose short form is rejected too is not sent a third time', async () => {
    inbox.answer({ kind: 'error', code: 'E_VALIDATION_ERROR' });
    const before = inbox.sends.length;
    expect(await email('a@example.net').send(outgoing(OPENED))).toMatchObject({ kind: 'refused' });
    expect(inbox.sends.slice(before)).toHaveLength(2);
  });

  test('that is rejected when the time is over is not sent again: the delivery is retried', async () => {
    const { sent, binding } = rejecting(60);
    expect(await email('a@example.net', binding, 20).send(outgoing(OPENED))).toMatchObject({ kind: 'retry' });
    await pause(100);
    expect(sent).toHaveLength(1);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
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
const email = (to: readonly string[], binding: MailBinding = inbox.binding, timeoutMs = 5_000) =>
  createEmail({ name: 'email', binding, sender: SENDER, to, timeoutMs });

/** Sentence, the platform's code, how the send ends, what its reason says. */
const ROWS: readonly (readonly [string, string, Outcome['kind'], RegExp])[] = [
  ['a rate limit is temporary', 'E_RATE_LIMIT_EXCEEDED', 'retry', /slow down/],
  ['an internal error is temporary', 'E_INTERNAL_SERVER_ERROR', 'retry', /failed \(E_INTERNAL_SERVER_ERROR\)/],
  ['a failed delivery is temporary', 'E_DELIVERY_FAILED', 'retry', /could not deliver the mail/],
  ['an unknown code is temporary', 'E_SOMETHING_NEW', 'retry', /E_SOMETHING_NEW/],
  ['an unverified sender must be set up', 'E_SENDER_NOT_VERIFIED', 'refused', /not verified: set it up/],
  ['a domain that may not send must be set up', 'E_SENDER_DOMAIN_NOT_AVAILABLE', 'refused', /set it up/],
  ['a suppressed recipient is final', 'E_RECIPIENT_SUPPRESSED', 'refused', /suppression list.*remove it/],
  ['a recipient that is not allowed is final', 'E_RECIPIENT_NOT_ALLOWED', 'refused', /verify the address/],
  ['too many recipients are final', 'E_TOO_MANY_RECIPIENTS', 'refused', /more than 50/],
  ['a mail rejected twice is final', 'E_VALIDATION_ERROR', 'refused', /short form/],
];

describe('the outcome of what the platform answers', () => {
  test.each(ROWS)('%s: %s', async (_, code, kind, reason) => {
    inbox.answer({ kind: 'error', code });
    const outcome = await email(['a@example.net']).send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });

  test('a used-up daily quota is retried within the hour', async () => {
    inbox.answer({ kind: 'error', code: 'E_DAILY_LIMIT_EXCEEDED' });
    expect(await email(['a@example.net']).send(outgoing(OPENED))).toMatchObject({ kind: 'retry', afterMs: 3_600_000 });
  });

  test.each(KNOWN_CODES)('the reason for %s is one line with the code and no address', async (code) => {
    inbox.answer({ kind: 'error', code });
    const outcome = await email(['a@example.net', 'b@example.net']).send(outgoing(OPENED));
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
    const outcome = await email(['a@example.net'], binding).send(outgoing(OPENED));
    expect(outcome).toEqual({ kind: 'retry', reason: "Cloudflare's Email Service failed", afterMs: null });
  });

  test('a promise that never settles is not waited for', async () => {
    const binding: MailBinding = { send: () => new Promise(() => {}) };
    const outcome = await email(['a@example.net'], binding, 20).send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('within 0.02 s') });
  });
});

describe('recipients', () => {
  test('all get one mail together', async () => {
    const before = inbox.sends.length;
    await email(['a@example.net', 'b@example.net']).send(outgoing(OPENED));
    expect(inbox.sends.slice(before)).toMatchObject([
      { from: { name: 'Tocsin', email: SENDER }, to: ['a@example.net', 'b@example.net'] },
    ]);
  });

  test('if one is suppressed, each other gets one mail, and a note says which one did not', async () => {
    inbox.suppress('gone@example.net');
    const before = inbox.mails.length;
    const outcome = await email(['a@example.net', 'gone@example.net', 'b@example.net']).send(outgoing(OPENED));
    expect(
      inbox.mails
        .slice(before)
        .map(({ to }) => [to].flat().join())
        .sort(),
    ).toEqual(['a@example.net', 'b@example.net']);
    expect(outcome).toEqual({
      kind: 'delivered',
      note: expect.stringMatching(/^recipient 2 of 3 did not get it: .*suppression list.*\(E_RECIPIENT_SUPPRESSED\)$/),
    });
  });

  test('get the short form if the full mail is rejected', async () => {
    const sent: Mail[] = [];
    const binding: MailBinding = {
      send: async (mail) => {
        sent.push(mail);
        if (sent.length === 1) throw Object.assign(new Error('x'), { code: 'E_HEADER_NOT_ALLOWED' });
        return inbox.binding.send(mail);
      },
    };
    expect(await email(['a@example.net'], binding).send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
    expect(sent[1]?.text).toMatch(/^\[HIGH\] API key deleted: api_key\.deleted by Alice Smith.*\n\n\(short form/);
  });
});

describe('if one of several recipients is at fault', () => {
  const SUPPRESSED = 'E_RECIPIENT_SUPPRESSED';
  /** What the platform does with a mail to this one alone, the first time, the second, and so on: the last goes on. */
  type Scripts = { readonly [address: string]: readonly ('ok' | 'hang' | `E_${string}`)[] };

  /** A platform that refuses a mail to several, and answers each one's as its script says. */
  function platform(scripts: Scripts, several: string = SUPPRESSED) {
    const tried: string[] = [];
    const fail = (code: string) => Promise.reject(Object.assign(new Error('x'), { code }));
    const binding: MailBinding = {
      send({ to }) {
        const [address = '', ...others] = [to].flat();
        if (others.length > 0) return fail(several);
        const script = scripts[address] ?? [];
        const does = script[Math.min(tried.filter((one) => one === address).length, script.length - 1)] ?? 'ok';
        tried.push(address);
        if (does === 'hang') return new Promise(() => {});
        return does === 'ok' ? Promise.resolve({}) : fail(does);
      },
    };
    return { tried, send: (timeoutMs = 300) => email(Object.keys(scripts), binding, timeoutMs).send(outgoing(OPENED)) };
  }

  test('a valid one with a temporary error is retried once, and alone', async () => {
    const { tried, send } = platform({ bad: [SUPPRESSED], busy: ['E_RATE_LIMIT_EXCEEDED', 'ok'], good: ['ok'] });
    expect(await send()).toMatchObject({ kind: 'delivered', note: expect.stringMatching(/^recipient 1 of 3[^;]*$/) });
    expect(tried.sort()).toEqual(['bad', 'busy', 'busy', 'good']);
  });

  test('one whose error lasts is named, and the others get no second copy', async () => {
    const { send } = platform({ bad: [SUPPRESSED], busy: ['E_RATE_LIMIT_EXCEEDED'], good: ['ok'] });
    expect(await send()).toMatchObject({
      kind: 'delivered',
      note: expect.stringMatching(/^recipient 1 of 3 .*suppression.*; recipient 2 of 3 .*slow down/),
    });
  });

  test('one that hangs delays nobody, is not retried, and is named', async () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`good-${i}`, ['ok']])) as Scripts;
    const { tried, send } = platform({ hangs: ['hang'], ...many });
    expect(await send()).toMatchObject({
      kind: 'delivered',
      note: expect.stringMatching(/^recipient 1 of 10 did not get it: .*within 0\.1 s$/),
    });
    expect(tried).toHaveLength(10);
  });

  test('if the time runs out, the mails sent so far count', async () => {
    const hanging = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`hangs-${i}`, ['hang']])) as Scripts;
    const { tried, send } = platform({ good: ['ok'], ...hanging });
    expect(await send(60)).toMatchObject({ kind: 'delivered', note: expect.stringMatching(/time was over/) });
    expect(tried.length).toBeLessThan(41);
  });

  test('if nobody has it and somebody may still get it, it is retried when the platform says', async () => {
    const { send } = platform({ bad: [SUPPRESSED], busy: ['E_DAILY_LIMIT_EXCEEDED'] });
    expect(await send()).toMatchObject({ kind: 'retry', afterMs: 3_600_000, reason: expect.stringMatching(/2 of 2/) });
  });

  test('if all are at fault, it is refused', async () => {
    const { send } = platform({ a: [SUPPRESSED], b: [SUPPRESSED], c: ['E_RECIPIENT_NOT_ALLOWED'] });
    expect(await send()).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^recipients 1 and 2 of 3 .*suppression.*; recipient 3 of 3 .*verify the address/),
    });
  });

  test('if none is at fault by itself, there is no note', async () => {
    expect(await platform({ a: ['ok'], b: ['ok'] }).send()).toEqual({ kind: 'delivered' });
  });

  test('and the full mail was rejected, each gets the short form', async () => {
    let calls = 0;
    const bodies: string[] = [];
    const binding: MailBinding = {
      send: async ({ to, text }) => {
        calls += 1;
        if (calls === 1) throw Object.assign(new Error('x'), { code: 'E_HEADER_NOT_ALLOWED' });
        if ([to].flat().length > 1) throw Object.assign(new Error('x'), { code: SUPPRESSED });
        bodies.push(text);
        return {};
      },
    };
    expect(await email(['a@example.net', 'b@example.net'], binding).send(outgoing(OPENED))).toEqual({
      kind: 'delivered',
    });
    expect(bodies).toEqual([expect.stringMatching(/\(short form/), expect.stringMatching(/\(short form/)]);
  });
});

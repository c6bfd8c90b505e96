/** Tokens of forms: each is good for the session or link that its page was shown for, and for nothing else. */
import { expect, it } from 'vitest';
import { LINK_MS } from '../../src/access/link.ts';
import { SESSION_MS } from '../../src/access/session.ts';
import type { Caller } from '../../src/web/context.ts';
import { formToken, isFormToken } from '../../src/web/form-token.ts';

const NOW = Date.UTC(2026, 10, 30, 14);
const SECRETS = { linkSecret: '0'.repeat(32), linkSecretPrevious: 'f'.repeat(32) };
const OTHER = { linkSecret: 'a'.repeat(32), linkSecretPrevious: null };

const SESSION: Caller = { kind: 'viewer', id: 'v', name: 'Ada', role: 'responder', isSession: true, session: 's-1' };
const BEARER: Caller = { kind: 'viewer', id: 'v', name: 'Ada', role: 'responder', isSession: false };
const PASS = { alert: 7, ledger: 'ab'.repeat(8), expires: NOW + LINK_MS, receiver: 'slack' };
const LINK: Caller = { kind: 'link', passes: [PASS] };
const ACCESS: Caller = { kind: 'access', email: 'ada@example.com\nv' };

it.each<[string, Caller, Caller, boolean]>([
  ['the same session', SESSION, SESSION, true],
  ['the same session, renamed', SESSION, { ...SESSION, name: 'Bob' }, true],
  ['another session of the same person', SESSION, { ...SESSION, session: 's-2' }, false],
  ['the token that the session was started with', SESSION, BEARER, false],
  ['a session of that token', BEARER, SESSION, false],
  ['the same token', BEARER, BEARER, true],
  ['another token', BEARER, { ...BEARER, id: 'w' }, false],
  ['a session with the id of the token', BEARER, { ...SESSION, session: 'v' }, false],
  ['the same link', LINK, LINK, true],
  ['the same link, opened before others', LINK, { kind: 'link', passes: [{ ...PASS, alert: 8 }, PASS] }, true],
  ['a link to another alert', LINK, { kind: 'link', passes: [{ ...PASS, alert: 8 }] }, false],
  ['a link of another ledger', LINK, { kind: 'link', passes: [{ ...PASS, ledger: 'cd'.repeat(8) }] }, false],
  ['a link to another receiver', LINK, { kind: 'link', passes: [{ ...PASS, receiver: 'email' }] }, false],
  ['a link of another day', LINK, { kind: 'link', passes: [{ ...PASS, expires: NOW + 1_000 }] }, false],
  ['the same user of Access', ACCESS, ACCESS, true],
  ['another user of Access', ACCESS, { kind: 'access', email: 'ada@example.com' }, false],
  ['a session', LINK, SESSION, false],
  ['a link', SESSION, LINK, false],
])('a token is good or not for %s', (_, shownTo, sentBy, isGood) => {
  const token = formToken(SECRETS, shownTo, NOW, 7);
  expect(token).toMatch(/^\d+\.[0-9a-f]{8}\.[0-9a-f]{64}$/);
  expect(isFormToken(SECRETS, sentBy, token, NOW, 7)).toBe(isGood);
});

const TOKEN = formToken(SECRETS, SESSION, NOW);

it.each<[string, string | null, boolean]>([
  ['as it is', TOKEN, true],
  ['missing', null, false],
  ['empty', '', false],
  ['that lasts a second longer', TOKEN.replace(/^\d+/, (until) => String(Number(until) + 1)), false],
  ['with one digit changed', TOKEN.replace(/.$/, (last) => (last === '0' ? '1' : '0')), false],
  ['with a line break', `${TOKEN}\n`, false],
  ['twice', `${TOKEN}${TOKEN}`, false],
  [
    'of the secret before',
    formToken({ linkSecret: SECRETS.linkSecretPrevious, linkSecretPrevious: null }, SESSION, NOW),
    true,
  ],
  ['of another secret', formToken(OTHER, SESSION, NOW), false],
  ['of 100,000 digits', '1'.repeat(100_000), false],
])('%s', (_, token, isGood) => {
  expect(isFormToken(SECRETS, SESSION, token, NOW)).toBe(isGood);
});

it.each<[string, number, boolean]>([
  ['before it expires', NOW + SESSION_MS - 1_000, true],
  ['when it expires', NOW + SESSION_MS, false],
  ['from a clock a minute behind', NOW - 60_000, true],
  ['longer than any that we make', NOW - 61_000, false],
])('is good or not %s', (_, now, isGood) => {
  expect(isFormToken(SECRETS, SESSION, TOKEN, now)).toBe(isGood);
});

it('there is none without a secret, and for anyone who has no session and no link to the alert', () => {
  expect(formToken({ linkSecret: null, linkSecretPrevious: null }, SESSION, NOW)).toBe('');
  expect(formToken(SECRETS, LINK, NOW, 8)).toBe('');
  expect(formToken(SECRETS, { kind: 'secret' }, NOW)).toBe('');
  expect(isFormToken({ linkSecret: null, linkSecretPrevious: null }, SESSION, '', NOW)).toBe(false);
});

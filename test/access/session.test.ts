/** Sessions: valid for one viewer until they expire, and invalid after any change. */
import { expect, it } from 'vitest';
import { signPass } from '../../src/access/link.ts';
import { seal } from '../../src/access/seal.ts';
import { readSession, SESSION_MS, signSession } from '../../src/access/session.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const OTHER = 'f'.repeat(32);
const SECRETS = { linkSecret: SECRET, linkSecretPrevious: null };
const VIEWER = '0123456789abcdef';
const AT = 1_800_000_000_000;
const SESSION = { viewer: VIEWER, ledger: '00ff00ff00ff00ff', expires: AT, id: 'fedcba9876543210' };
const signed = signSession(SECRET, SESSION);

it('has its viewer and its own id until it expires', () => {
  expect(readSession(SECRETS, signed, AT - 1)).toEqual(SESSION);
  expect(readSession(SECRETS, signed, AT)).toBeNull();
  expect(readSession({ ...SECRETS, linkSecret: OTHER }, signed, AT - 1)).toBeNull();
  expect(readSession({ linkSecret: null, linkSecretPrevious: null }, signed, AT - 1)).toBeNull();
});

it.each([
  ['as it is signed', SESSION_MS, true],
  ['by a clock that is a minute ahead', SESSION_MS + 60_000, true],
  ['a second longer', SESSION_MS + 61_000, false],
  ['for years', 10 * 365 * 24 * 3_600_000, false],
])('is valid for no longer than any that is signed: %s', (_, forMs, isValid) => {
  const long = signSession(SECRET, { ...SESSION, expires: AT + forMs });
  expect(readSession(SECRETS, long, AT) !== null).toBe(isValid);
});

it('is valid while its secret is the previous one', () => {
  expect(readSession({ linkSecret: OTHER, linkSecretPrevious: SECRET }, signed, AT - 1)).toEqual(SESSION);
});

it('is invalid if any character was changed', () => {
  for (let i = 0; i < signed.length; i++) {
    const changed = `${signed.slice(0, i)}${signed[i] === '1' ? '2' : '1'}${signed.slice(i + 1)}`;
    expect(readSession(SECRETS, changed, AT - 1)).toBeNull();
  }
});

it.each([undefined, '', 'x', '....', `${VIEWER}....`, `${VIEWER}.1`, 'a'.repeat(10_000), `${signed}\n`, ` ${signed}`])(
  'is invalid: %j',
  (text) => {
    expect(readSession(SECRETS, text, AT - 1)).toBeNull();
  },
);

it('is not a proof made for another purpose', () => {
  const lines = [VIEWER, String(AT / 1000), SESSION.ledger, SESSION.id];
  expect(readSession(SECRETS, `${lines.join('.')}.${seal(SECRET, 'link', lines)}`, AT - 1)).toBeNull();
  const pass = signPass(SECRET, { alert: 1, ledger: SESSION.id, expires: AT });
  expect(readSession(SECRETS, pass, AT - 1)).toBeNull();
});

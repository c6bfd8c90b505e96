/** Sessions: valid for one viewer until they expire, and invalid after any change. */
import { expect, it } from 'vitest';
import { signPass } from '../../src/access/link.ts';
import { mac } from '../../src/access/mac.ts';
import { readSession, signSession } from '../../src/access/session.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const ID = '0123456789abcdef';
const AT = 1_800_000_000_000;

it('has the id of its viewer until it expires', async () => {
  const session = await signSession(SECRET, ID, AT);
  expect(await readSession(SECRET, session, AT - 1)).toBe(ID);
  expect(await readSession(SECRET, session, AT)).toBeNull();
  expect(await readSession('f'.repeat(32), session, AT - 1)).toBeNull();
});

it('is invalid if any character was changed', async () => {
  const session = await signSession(SECRET, ID, AT);
  for (let i = 0; i < session.length; i++) {
    const changed = `${session.slice(0, i)}${session[i] === '1' ? '2' : '1'}${session.slice(i + 1)}`;
    expect(await readSession(SECRET, changed, AT - 1)).toBeNull();
  }
});

it.each([undefined, '', 'x', '..', `${ID}..`, `${ID}.1`, 'a'.repeat(10_000)])('is invalid: %j', async (text) => {
  expect(await readSession(SECRET, text, AT)).toBeNull();
});

it('is not a proof made for another purpose', async () => {
  const until = String(AT / 1000);
  const link = await mac(SECRET, 'link', [ID, until]);
  expect(await readSession(SECRET, `${ID}.${until}.${link}`, AT - 1)).toBeNull();
  expect(await readSession(SECRET, await signPass(SECRET, { alert: 1, expires: AT }), AT - 1)).toBeNull();
});

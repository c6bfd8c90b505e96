/** Viewer tokens: their form, and what is not accepted. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/access/seal.ts';
import {
  includesRole,
  isMadeHere,
  isTokenOf,
  isValid,
  makeToken,
  ROLES,
  recordFrom,
  recordText,
  TOKEN_BYTES,
  tokenId,
  VIEWER_ID,
  viewerName,
} from '../../src/access/viewer.ts';

const LINK_SECRET = '0123456789abcdef0123456789abcdef';
const made = () => makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), LINK_SECRET);
/** What a secret scanner would look for. */
const SCANNED = /\btocsin_[0-9a-f]{16}_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/;

describe('a token', () => {
  it('has a form that secret scanners find, whatever its bytes', () => {
    const edges = [0x00, 0xff, 0xfb, 0xbf].map((byte) =>
      makeToken(new Uint8Array(TOKEN_BYTES).fill(byte), LINK_SECRET),
    );
    for (const { id, token } of [...edges, ...Array.from({ length: 100 }, made)]) {
      expect(token).toMatch(SCANNED);
      expect(id).toMatch(VIEWER_ID);
      expect(tokenId(token)).toBe(id);
    }
  });

  it('is different each time, and contains all of its bytes', () => {
    expect(new Set(Array.from({ length: 100 }, () => made().token)).size).toBe(100);
    const bytes = new Uint8Array(TOKEN_BYTES);
    const tokens = Array.from({ length: TOKEN_BYTES }, (_, i) => {
      const one = bytes.slice();
      one[i] = 1;
      return makeToken(one, LINK_SECRET).token;
    });
    expect(new Set(tokens).size).toBe(TOKEN_BYTES);
    expect(() => makeToken(new Uint8Array(TOKEN_BYTES - 1), LINK_SECRET)).toThrow(RangeError);
  });

  it('proves that it was made with the current or the previous LINK_SECRET, whatever became of it', () => {
    const { token } = made();
    const by = (linkSecret: string | null, linkSecretPrevious: string | null = null) =>
      isMadeHere({ linkSecret, linkSecretPrevious }, token);
    const other = 'f'.repeat(32);
    expect([by(LINK_SECRET), by(other, LINK_SECRET), by(null, LINK_SECRET)]).toEqual([true, true, true]);
    expect([by(other), by(null), by(other, `${other}0`)]).toEqual([false, false, false]);
    for (let i = 'tocsin_'.length; i < token.length; i++) {
      const changed = `${token.slice(0, i)}${token[i] === '1' ? '2' : '1'}${token.slice(i + 1)}`;
      expect(isMadeHere({ linkSecret: LINK_SECRET, linkSecretPrevious: null }, changed), String(i)).toBe(false);
    }
    const unproven = makeToken(new Uint8Array(TOKEN_BYTES), null).token;
    expect(isMadeHere({ linkSecret: LINK_SECRET, linkSecretPrevious: null }, unproven)).toBe(false);
    expect(isMadeHere({ linkSecret: null, linkSecretPrevious: null }, unproven)).toBe(false);
  });

  it('matches its own record only', async () => {
    const [one, other] = [made(), made()];
    const record = { hash: await sha256(one.token), name: 'x', createdAt: 0, expiresAt: null, role: 'viewer' as const };
    expect(await isTokenOf(record, one.token)).toBe(true);
    for (const text of [other.token, '', one.token.slice(0, -1), `${one.token} `, record.hash]) {
      expect(await isTokenOf(record, text)).toBe(false);
    }
  });

  it.each([
    '',
    'tocsin_',
    'Bearer x',
    `tocsin_${'0'.repeat(16)}_${'A'.repeat(42)}`,
    `tocsin_${'0'.repeat(16)}_${'A'.repeat(44)}`,
    `tocsin_${'G'.repeat(16)}_${'A'.repeat(43)}`,
    `TOCSIN_${'0'.repeat(16)}_${'A'.repeat(43)}`,
    `tocsin_${'0'.repeat(16)}_${'A'.repeat(43)}\n`,
    `tocsin_${'0'.repeat(16)}_${'/'.repeat(43)}`,
    `tocsin_../../../../../x_${'A'.repeat(43)}`,
  ])('without the form of a token has no id: %j', (text) => {
    expect(tokenId(text)).toBeNull();
  });
});

it('a role includes itself and those before it, and an operator’s is the highest', () => {
  const included = ROLES.map((role) => ROLES.filter((other) => includesRole(role, other)));
  expect(included).toEqual([['viewer'], ['viewer', 'responder'], ['viewer', 'responder', 'operator']]);
});

describe('a record', () => {
  const record = { hash: 'a'.repeat(64), name: 'Ada', createdAt: 1, expiresAt: 2, role: 'operator' as const };
  it('is read as it was written', () => {
    expect(recordFrom(recordText(record))).toEqual(record);
    expect(recordFrom(recordText({ ...record, expiresAt: null }))).toEqual({ ...record, expiresAt: null });
  });

  it('from before there were roles is a viewer’s', () => {
    expect(recordFrom(JSON.stringify({ ...record, role: undefined }))).toEqual({ ...record, role: 'viewer' });
  });

  it.each([
    null,
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{}',
    JSON.stringify({ ...record, hash: 'short' }),
    JSON.stringify({ ...record, hash: undefined }),
    JSON.stringify({ ...record, name: 7 }),
    JSON.stringify({ ...record, expiresAt: 'never' }),
    JSON.stringify({ ...record, expiresAt: undefined }),
    JSON.stringify({ ...record, role: 'admin' }),
    JSON.stringify({ ...record, role: null }),
    JSON.stringify({ ...record, role: ['operator'] }),
  ])('is null for another text: %j', (text) => {
    expect(recordFrom(text)).toBeNull();
  });

  it('is valid until its expiry, and not at it', () => {
    expect(isValid(record, 1)).toBe(true);
    expect(isValid(record, 2)).toBe(false);
    expect(isValid({ ...record, expiresAt: null }, Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});

it.each([
  ['Ada Lovelace', 'Ada Lovelace'],
  [' ada@example.com ', 'ada@example.com'],
  ['Zoë ci-bot_2.0+x', 'Zoë ci-bot_2.0+x'],
  ['警鐘', '警鐘'],
  ['', null],
  [' ', null],
  ['-rf', null],
  ['a\nb', null],
  ['a\u202eb', null],
  ['<b>', null],
  ['a'.repeat(64), 'a'.repeat(64)],
  ['a'.repeat(65), null],
  [7, null],
  [null, null],
])('a name: %j is read as %j', (given, name) => {
  expect(viewerName(given)).toBe(name);
});

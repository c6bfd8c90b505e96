/** Viewer tokens: their form, and what is not accepted. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/access/mac.ts';
import {
  includesRole,
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

const made = () => makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)));
/** What a secret scanner would look for. */
const SCANNED = /\btocsin_[0-9a-f]{16}_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/;

describe('a token', () => {
  it('has a form that secret scanners find, whatever its bytes', () => {
    const edges = [0x00, 0xff, 0xfb, 0xbf].map((byte) => makeToken(new Uint8Array(TOKEN_BYTES).fill(byte)));
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
      return makeToken(one).token;
    });
    expect(new Set(tokens).size).toBe(TOKEN_BYTES);
    expect(() => makeToken(new Uint8Array(TOKEN_BYTES - 1))).toThrow(RangeError);
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

/** Seals: a key for each purpose, the right one of two secrets, and nothing but the exact lines. */
import { describe, expect, it } from 'vitest';
import { isSealed, type Purpose, seal } from '../../src/access/seal.ts';
import { deriveKey, hmacHex } from '../../src/text/hmac.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const OTHER = 'fedcba9876543210fedcba9876543210';
const PURPOSES: readonly Purpose[] = ['link', 'session', 'operator'];
const LINES = ['a', 'b', '7'];
const by = (linkSecret: string | null, linkSecretPrevious: string | null = null) => ({
  linkSecret,
  linkSecretPrevious,
});

const text = new TextEncoder();
/** Web Crypto as the reference. */
async function referenceKey(secret: string, purpose: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', text.encode(secret), 'HKDF', false, ['deriveBits']);
  const info = text.encode(`tocsin ${purpose}`);
  const salt = new Uint8Array();
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, 256));
}

describe('a key', () => {
  it.each(['link', 'session', 'operator', 'viewer', 'mark', 'key id'])(
    'is HKDF-SHA-256 of the secret: %s',
    async (purpose) => {
      expect([...deriveKey(SECRET, purpose)]).toEqual([...(await referenceKey(SECRET, purpose))]);
    },
  );

  it('is another for each purpose and secret', () => {
    const keys = [SECRET, OTHER].flatMap((secret) =>
      [...PURPOSES, 'viewer', 'mark', 'key id'].map((of) => hmacHex(deriveKey(secret, of), '')),
    );
    expect(new Set(keys).size).toBe(12);
  });
});

describe('a seal', () => {
  it('is the key id and an HMAC-SHA-256 of the lines', async () => {
    const key = await crypto.subtle.importKey(
      'raw',
      (await referenceKey(SECRET, 'link')) as BufferSource,
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const hmac = Buffer.from(await crypto.subtle.sign('HMAC', key, text.encode('a\nb\n7'))).toString('hex');
    const [id, given] = seal(SECRET, 'link', LINES).split('.');
    expect(given).toBe(hmac);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(SECRET).not.toContain(id);
  });

  it.each(PURPOSES)('is valid for its purpose only: %s', (purpose) => {
    const given = seal(SECRET, purpose, LINES);
    expect(PURPOSES.filter((other) => isSealed(by(SECRET), other, LINES, given))).toEqual([purpose]);
  });

  it('is verified by the secret that made it, current or previous', () => {
    const given = seal(SECRET, 'link', LINES);
    expect(isSealed(by(SECRET, OTHER), 'link', LINES, given)).toBe(true);
    expect(isSealed(by(OTHER, SECRET), 'link', LINES, given)).toBe(true);
    for (const secrets of [by(OTHER), by(null), by(null, OTHER), by(OTHER, OTHER)]) {
      expect(isSealed(secrets, 'link', LINES, given)).toBe(false);
    }
    // The key id of one secret with the HMAC of another.
    const crossed = `${given.slice(0, 8)}${seal(OTHER, 'link', LINES).slice(8)}`;
    expect(isSealed(by(SECRET, OTHER), 'link', LINES, crossed)).toBe(false);
  });

  it('is for exactly these lines', () => {
    const given = seal(SECRET, 'link', LINES);
    for (const lines of [['a', 'b'], ['a', 'b', '7', ''], ['ab', '7'], ['a', 'b7'], ['b', 'a', '7'], []]) {
      expect(isSealed(by(SECRET), 'link', lines, given)).toBe(false);
    }
    for (const other of ['', given.slice(1), `${given}0`, given.toUpperCase(), given.replace('.', '')]) {
      expect(isSealed(by(SECRET), 'link', LINES, other)).toBe(false);
    }
  });
});

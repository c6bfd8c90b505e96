import { createHash } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Bytes, sha256Hex } from '../../src/text/sha256.ts';

/** FIPS 180-2, appendix B: https://csrc.nist.gov/pubs/fips/180-2/upd1/final */
it.each([
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
])('the library returns the standard’s hash of a test vector', (text, hex) => {
  expect(Buffer.from(sha256(Buffer.from(text))).toString('hex')).toBe(hex);
});

it('hashes the UTF-16 code units, high byte first', () => {
  const check = (text: string): void => {
    const expected = createHash('sha256').update(Buffer.from(text, 'utf16le').swap16()).digest('hex');
    expect(sha256Hex(text)).toBe(expected);
    expect(Buffer.from(sha256Bytes(text)).toString('hex')).toBe(expected);
  };
  for (let length = 0; length < 100; length++) check('é'.repeat(length));
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check));
});

it('gives lone surrogates different hashes', () => {
  expect(new Set(['\ud800', '\ud801', '\udc00', '\ufffd'].map(sha256Hex)).size).toBe(4);
});

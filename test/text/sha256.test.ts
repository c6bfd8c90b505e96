import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Bytes, sha256Hex } from '../../src/text/sha256.ts';

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

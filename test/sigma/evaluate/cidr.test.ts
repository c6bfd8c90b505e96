/** Addresses and ranges, against arithmetic on whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRange, createRangeTest, parseRange } from '../../../src/sigma/evaluate/cidr.ts';
import { inRange } from './reference.ts';

describe('ranges of addresses', () => {
  test.each([
    { kind: fc.ipV4(), size: 32 },
    { kind: fc.ipV6(), size: 128 },
  ])('hold what their $size leading bits say', ({ kind, size }) => {
    fc.assert(
      fc.property(kind, kind, fc.nat(size), (address, base, bits) => {
        for (const text of [`${base}/${bits}`, `${address}/${bits}`, address]) {
          const range = parseRange(text);
          if (range === null) throw new Error(`unread: ${text}`);
          expect(createRangeTest([range])(address)).toBe(inRange(address, text));
        }
      }),
    );
  });

  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    ':::',
    '1::2::3',
    'g::',
    '::a1.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '::/129',
    'x',
  ])('%s is not an address', (text) => {
    expect(parseRange(text)).toBe(null);
  });

  test.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.0.0.0/8', null],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['::1/128', null],
    ['::/0', null],
    ['203.0.113.9', null],
  ])('%s should be written %s', (text, tidy) => {
    expect(parseRange(text)).not.toBe(null);
    expect(canonicalRange(text)).toBe(tidy);
  });
});

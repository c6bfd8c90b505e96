/** Addresses and ranges, against arithmetic on whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRange, createRangeTest, networkOf, parseRange } from '../../../src/sigma/evaluate/cidr.ts';
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

describe('the network of an address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['192.000.002.001', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1/128', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8:0:0:ffff:ffff:ffff:ffff', '2001:db8::/64'],
    ['2001:db8:0:1::', '2001:db8:0:1::/64'],
    ['2001:db8::/64', '2001:db8::/64'],
    ['2001:db8::1:2:3:4/96', '2001:db8::/64'],
    ['::', '0::/64'],
    ['2001:db8::/32', null],
    ['2001:db8::/63', null],
    ['192.0.2.0/24', null],
    ['::ffff:192.0.2.0/120', null],
    ['192.0.2.256', null],
    ['192.0.2.1 ', null],
    ['fe80::1%eth0', null],
    ['localhost', null],
    ['', null],
  ])('%s: %s', (text, network) => {
    expect(networkOf(text)).toBe(network);
    if (network !== null) expect(networkOf(network)).toBe(network);
  });

  test.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:0:1:aaaa::7', '2001:db8::/48'],
    ['2001:DB8:7:1:bbbb:cccc:dddd:eeee', '2001:db8:7::/48'],
    ['::1', '0::/48'],
    ['203.0.0.0/16', null],
    ['', null],
  ])('around %s, of 24 or 48 bits: %s', (text, network) => {
    expect(networkOf(text, [24, 48])).toBe(network);
  });
});

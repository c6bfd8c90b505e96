/** Addresses and ranges, against arithmetic on whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalRange, inRange, parseAddress, parseRange } from '../../../src/sigma/evaluate/cidr.ts';

const asNumber = (groups: readonly number[]) => groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n);

describe('ranges of addresses', () => {
  test.each([fc.ipV4(), fc.ipV6()].map((kind) => ({ kind })))('hold what their leading bits say', ({ kind }) => {
    fc.assert(
      fc.property(kind, kind, fc.nat(128), (a, b, wanted) => {
        const [first, second] = [parseAddress(a), parseAddress(b)];
        if (first === null || second === null) throw new Error(`unread: ${a} ${b}`);
        if (first.length !== second.length) return;
        const size = first.length * 16;
        const bits = Math.min(wanted, size);
        const rest = BigInt(size - bits);
        expect(inRange(first, { base: second, bits })).toBe(asNumber(first) >> rest === asNumber(second) >> rest);
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
    const range = parseRange(text);
    expect(range === null ? 'none' : canonicalRange(range)).toBe(tidy);
  });
});

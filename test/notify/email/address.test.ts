import { describe, expect, test } from 'vitest';
import { parseMailAddress, parseMailAddresses } from '../../../src/notify/email/email.ts';

const right = [
  'a@example.com',
  'on.call+tocsin@security.example.co.uk',
  "o'brien@example.com",
  'x_{}~!#$%&*/=?^`|-@a-b.xn--p1ai',
  `${'l'.repeat(64)}@example.com`,
];
const wrong = [
  '',
  'oncall',
  '@example.com',
  'a@',
  'a@localhost',
  'a@b@example.com',
  'a b@example.com',
  '"a b"@example.com',
  'A <a@example.com>',
  '<a@example.com>',
  'a@[127.0.0.1]',
  'a@example.com.',
  'a@.example.com',
  'a@-x.com',
  '.a@example.com',
  'a.@example.com',
  'a..b@example.com',
  'a@exämple.com',
  'a\u202e@example.com',
  'a@example.com\r\nBcc: evil@example.com',
  'a@example.com\n',
  'a\r\n@example.com',
  'a@example.com;b@example.com',
  `${'l'.repeat(65)}@example.com`,
  `a@${'b'.repeat(64)}.com`,
  `a@${'b.'.repeat(130)}com`,
];

describe('one address', () => {
  test.each(right)('%j', (text) => {
    expect(parseMailAddress(text)).toEqual({ kind: 'value', value: text });
  });

  test.each([...wrong, 'a@example.com,b@example.com'])('%j is refused, and not shown', (text) => {
    const read = parseMailAddress(text);
    expect(read).toEqual({ kind: 'wrong', problem: 'is not an email address such as tocsin@example.com' });
  });
});

describe('several addresses', () => {
  const at = (place: number, address: string) => ({ place, address: { kind: 'value', value: address } });
  const invalid = (place: number, all: number) => ({
    place,
    address: {
      kind: 'wrong',
      problem: `has an invalid address (${place} of ${all}), not one such as oncall@example.com`,
    },
  });

  test.each<[sentence: string, text: string, addresses: readonly object[]]>([
    ['one', 'a@example.com', [at(1, 'a@example.com')]],
    [
      'each has its place, with or without spaces',
      'c@example.com, a@example.com ,b@example.com',
      [at(1, 'c@example.com'), at(2, 'a@example.com'), at(3, 'b@example.com')],
    ],
    ['the same one twice is one', 'a@example.com,a@example.com', [at(1, 'a@example.com')]],
    ['in another case too: the first counts', 'a@example.com,A@Example.com', [at(1, 'a@example.com')]],
    [
      'what follows a duplicate keeps its place in the setting',
      'a@example.com,A@example.com,b@example.com',
      [at(1, 'a@example.com'), at(3, 'b@example.com')],
    ],
    [
      'a trailing comma adds nothing',
      'a@example.com,b@example.com, ',
      [at(1, 'a@example.com'), at(2, 'b@example.com')],
    ],
    ['one with a trailing comma is one', 'a@example.com,', [at(1, 'a@example.com')]],
    [
      'nothing between two commas is a wrong address',
      'a@example.com,,b@example.com',
      [at(1, 'a@example.com'), invalid(2, 3), at(3, 'b@example.com')],
    ],
    [
      'each wrong one has its place',
      'oncall,a@example.com,boss',
      [invalid(1, 3), at(2, 'a@example.com'), invalid(3, 3)],
    ],
    [
      'alone, a wrong one needs none',
      'oncall',
      [{ place: 1, address: { kind: 'wrong', problem: 'is not an email address such as oncall@example.com' } }],
    ],
  ])('%s: %j', (_, text, addresses) => {
    expect(parseMailAddresses(text)).toEqual({ kind: 'value', value: addresses });
  });

  test.each(wrong)('%j among them is named by its place, and not shown; the others are right', (text) => {
    // Line breaks around an address, as when pasted, are not part of it.
    const second = text === 'a@example.com\n' ? [] : [invalid(2, 3)];
    expect(parseMailAddresses(`a@example.com,${text},b@example.com`)).toEqual({
      kind: 'value',
      value: [at(1, 'a@example.com'), ...second, at(3, 'b@example.com')],
    });
  });

  test('at most 20 different ones', () => {
    const of = (count: number) => Array.from({ length: count }, (_, i) => `a${i}@example.com`).join(',');
    expect(parseMailAddresses(of(20)).kind).toBe('value');
    expect(parseMailAddresses(of(21))).toEqual({ kind: 'wrong', problem: 'has 21 addresses, more than 20' });
    expect(parseMailAddresses(`${of(20)},A0@example.com`).kind).toBe('value');
  });
});

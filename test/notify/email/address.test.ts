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
  test.each<[text: string, addresses: string[]]>([
    ['a@example.com', ['a@example.com']],
    ['a@example.com, b@example.com ,c@example.com', ['a@example.com', 'b@example.com', 'c@example.com']],
    ['a@example.com,A@Example.com', ['A@Example.com']],
  ])('%j', (text, addresses) => {
    expect(parseMailAddresses(text)).toEqual({ kind: 'value', value: addresses });
  });

  test.each(wrong)('%j among them is named by its position, and not shown', (text) => {
    const read = parseMailAddresses(`a@example.com,${text},b@example.com`);
    // Line breaks around an address, as when pasted, are not part of it.
    if (text === 'a@example.com\n') expect(read.kind).toBe('value');
    else
      expect(read).toMatchObject({ problem: expect.stringMatching(/^has an entry \(2 of 3\) that is not an email/) });
  });

  test('at most as many as one message may have', () => {
    const of = (count: number) => Array.from({ length: count }, (_, i) => `a${i}@example.com`).join(',');
    expect(parseMailAddresses(of(50)).kind).toBe('value');
    expect(parseMailAddresses(of(51))).toEqual({ kind: 'wrong', problem: 'has 51 addresses, more than 50' });
    expect(parseMailAddresses(`${of(50)},a0@example.com`).kind).toBe('value');
  });
});

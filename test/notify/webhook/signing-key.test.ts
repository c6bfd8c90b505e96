import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { parseSigningKey } from '../../../src/notify/webhook/webhook.ts';

const of = (length: number) => `whsec_${Buffer.alloc(length, 'tocsin').toString('base64')}`;

describe('a signing key', () => {
  test.each([24, 25, 26, 32, 64])('of %i bytes', (length) => {
    expect(parseSigningKey(of(length))).toEqual({
      kind: 'value',
      value: new Uint8Array(Buffer.alloc(length, 'tocsin')),
    });
  });

  test('is the same as in the standard’s own library', async () => {
    const read = parseSigningKey(of(32));
    if (read.kind !== 'value') throw new Error('the key is not valid');
    const at = new Date(1_790_000_000_000);
    const key = await crypto.subtle.importKey(
      'raw',
      Uint8Array.from(read.value),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const text = new TextEncoder().encode(`msg_1.${at.getTime() / 1000}.{}`);
    const signature = Buffer.from(await crypto.subtle.sign('HMAC', key, text)).toString('base64');
    expect(`v1,${signature}`).toBe(new Webhook(of(32)).sign('msg_1', at, '{}'));
  });
});

describe('an invalid signing key', () => {
  test.each([
    ['no prefix', of(32).slice(6), 'does not begin with whsec_'],
    ['another prefix', of(32).replace('whsec', 'whpk'), 'is a key for asymmetric signatures'],
    ['a private key', of(32).replace('whsec', 'whsk'), 'is a key for asymmetric signatures'],
    ['nothing after the prefix', 'whsec_', 'has something other than base64 after whsec_'],
    ['the alphabet of URLs', `whsec_${'-_'.repeat(20)}`, 'has something other than base64'],
    ['white space', `whsec_${'AAAA '.repeat(10)}`, 'has something other than base64'],
    ['a length that no base64 has', `whsec_${'A'.repeat(41)}`, 'has something other than base64'],
    ['hexadecimal digits of 12 bytes', 'whsec_0123456789abcdef01234567', 'has 18 bytes, fewer than 24'],
    ['23 bytes', of(23), 'has 23 bytes, fewer than 24'],
    ['65 bytes', of(65), 'has 65 bytes, more than 64'],
  ])('%s', (_, text, problem) => {
    const read = parseSigningKey(text);
    expect(read).toEqual({ kind: 'wrong', problem: expect.stringContaining(problem) });
    if (text.length > 10) expect(JSON.stringify(read)).not.toContain(text.slice(6));
  });
});

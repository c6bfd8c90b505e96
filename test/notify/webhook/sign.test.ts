import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { signatureHeaders } from '../../../src/notify/webhook/sign.ts';

const KEY = Uint8Array.from({ length: 24 }, (_, i) => i * 10);

test('is the same as by the standard’s own library', async () => {
  const at = Date.UTC(2026, 0, 31, 9, 30, 0, 900);
  const body = '{"a":"ä😀"}';
  const headers = await signatureHeaders(KEY, { id: 'delivery-7', at, body });
  const library = new Webhook(`whsec_${Buffer.from(KEY).toString('base64')}`);
  expect(headers).toEqual({
    'webhook-id': 'delivery-7',
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': library.sign('delivery-7', new Date(at), body),
  });
});

test('an id has no dot, which would let part of a body pass for it', async () => {
  const { 'webhook-id': id } = await signatureHeaders(KEY, { id: 'a.b\r\nc: d', at: 0, body: '' });
  expect(id).toBe('a_b__c__d');
});

test('another key, time, id or body has another signature', async () => {
  const one = { id: 'a', at: 0, body: 'b' };
  const of = async (key: Uint8Array, what: typeof one) => (await signatureHeaders(key, what))['webhook-signature'];
  const all = await Promise.all([
    of(KEY, one),
    of(KEY.slice(1), one),
    of(KEY, { ...one, at: 1_000 }),
    of(KEY, { ...one, id: 'c' }),
    of(KEY, { ...one, body: 'c' }),
  ]);
  expect(new Set(all).size).toBe(all.length);
});

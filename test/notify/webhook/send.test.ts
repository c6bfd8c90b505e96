import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { createWebhook } from '../../../src/notify/webhook/send.ts';
import { startWebhookInbox, type WebhookInbox } from '../../support/webhook-inbox.ts';
import { OPENED, outgoing } from '../notifications.ts';

let inbox: WebhookInbox;
beforeAll(async () => {
  inbox = await startWebhookInbox();
});
afterAll(() => inbox.stop());

const webhook = (options: Partial<Parameters<typeof createWebhook>[0]> = {}) =>
  createWebhook({
    name: 'webhook',
    url: inbox.url,
    key: inbox.key,
    fetch,
    now: () => Date.now(),
    timeoutMs: 5_000,
    ...options,
  });

/** Status, how the send ends, what its reason says: by the standard, all failures but two are tried again. */
const ROWS: readonly (readonly [number, Outcome['kind'], RegExp | null])[] = [
  [200, 'delivered', null],
  [202, 'delivered', null],
  [204, 'delivered', null],
  [301, 'refused', /redirects are not followed; set the URL that/],
  [304, 'refused', /redirects/],
  [400, 'retry', /400/],
  [401, 'retry', /same signing key/],
  [403, 'retry', /same signing key/],
  [404, 'retry', /404/],
  [408, 'retry', /408/],
  [410, 'refused', /wants no more/],
  [429, 'slow down', /slow down/],
  [500, 'retry', /500/],
  [502, 'retry', /502/],
  [503, 'retry', /503/],
  [504, 'retry', /504/],
];

describe('the outcome of what a webhook answers', () => {
  test.each(ROWS)('%i', async (status, kind, reason) => {
    inbox.answer({ status, headers: { location: inbox.url } });
    const outcome = await webhook().send(outgoing(OPENED));
    expect(outcome.kind).toBe(kind);
    if (outcome.kind !== 'delivered') expect(outcome.reason).toMatch(reason ?? /^$/);
  });

  test.each([
    [429, 'slow down'],
    [500, 'retry'],
    [503, 'retry'],
  ])('a %i may say when to try again', async (status, kind) => {
    inbox.answer({ status, headers: { 'retry-after': '120' } });
    expect(await webhook().send(outgoing(OPENED))).toMatchObject({ kind, afterMs: 120_000 });
  });

  test('a redirect is not followed', async () => {
    const before = inbox.posts.length;
    inbox.answer({ status: 307, headers: { location: inbox.url } });
    await webhook().send(outgoing(OPENED));
    expect(inbox.posts).toHaveLength(before + 1);
  });
});

describe('the URL stays secret', () => {
  const address = 'https://s3cr3thost.example.net/hook/a%2Fb%20token%21/k3y?pin=12345';

  test.each([400, 401, 404, 410, 500, 302])('of a %i only the status is shown', async (status) => {
    const echo = `no POST /hook/a/b token!/k3y on s3cr3thost.example.net (pin 12345), ${address}`;
    const echoing = () => Promise.resolve(new Response(echo, { status }));
    const outcome = await webhook({ url: address, fetch: echoing }).send(outgoing(OPENED));
    const text = JSON.stringify(outcome);
    expect(text).toContain(String(status));
    expect(text).not.toMatch(/s3cr3thost|token|k3y|12345|hook\//);
  });
});

describe('the signature', () => {
  test('is new at every attempt, with our time; id and body stay the same', async () => {
    inbox.answer({ status: 204 });
    const before = inbox.posts.length;
    const now = Date.now();
    for (const at of [now - 60_000, now]) await webhook({ now: () => at }).send(outgoing(OPENED));
    const [first, second] = inbox.posts.slice(before);
    expect(second?.timestamp).toBe(Math.floor(now / 1000));
    expect(first?.timestamp).toBe(Math.floor((now - 60_000) / 1000));
    expect(second).toMatchObject({ id: 'delivery-7', body: first?.body });
  });

  test('with another key is rejected, and the reason says what to check', async () => {
    inbox.answer({ status: 204 });
    const problems = inbox.problems.length;
    const outcome = await webhook({ key: new Uint8Array(32) }).send(outgoing(OPENED));
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('401') });
    expect(inbox.problems).toHaveLength(problems + 1);
  });

  test('with an invalid key is an outcome', async () => {
    const outcome = await webhook({ key: new Uint8Array(0) }).send(outgoing(OPENED));
    expect(outcome.kind).toBe('retry');
  });
});

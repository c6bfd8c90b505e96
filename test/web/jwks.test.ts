/** The keys of Cloudflare Access, fetched from a real server, cached, and not fetched more often than needed. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { AppDeps } from '../../src/web/context.ts';
import { accessKey } from '../../src/web/jwks.ts';

const MINUTE = 60_000;
let status = 200;
let published: unknown;
let requests = 0;
let delayMs = 0;
let team = 0;
let now = 1_800_000_000_000;
const server = createServer((_, response) => {
  requests++;
  const answer = () => response.writeHead(status, { location: '/elsewhere' }).end(JSON.stringify(published));
  setTimeout(answer, delayMs);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  status = 200;
  delayMs = 0;
  published = { keys: [key('a'), key('b')] };
  requests = 0;
  team++;
});

const key = (kid: string) => ({ kid, kty: 'RSA', alg: 'RS256', use: 'sig', n: `n-${kid}`, e: 'AQAB' });

function find(kid: string): Promise<{ readonly n: string } | null> {
  const domain = `team-${team}.cloudflareaccess.com`;
  const reach: AppDeps['fetch'] = (to, init) => fetch(to.replace(`https://${domain}`, url), init);
  return accessKey(domain, kid, { fetch: reach, now: () => now } as AppDeps);
}

it('are fetched once', async () => {
  for (let i = 0; i < 10; i++) expect(await find('a')).toMatchObject({ n: 'n-a' });
  expect(await find('b')).toMatchObject({ n: 'n-b' });
  expect(requests).toBe(1);
});

it('are fetched for unknown ids at most once a minute', async () => {
  expect(await find('a')).not.toBeNull();
  for (let i = 0; i < 50; i++) expect(await find(`made-up-${i}`)).toBeNull();
  expect(requests).toBe(1);
  now += MINUTE;
  published = { keys: [key('c')] };
  expect(await find('c')).toMatchObject({ n: 'n-c' });
  expect(await find('a')).toBeNull();
  expect(requests).toBe(2);
});

it('are fetched once for 40 requests at once, of known and unknown ids, cold and after an hour', async () => {
  delayMs = 30;
  const kids = Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? 'a' : `made-up-${index}`));
  for (const fetches of [1, 2]) {
    const found = await Promise.all(kids.map(find));
    expect(found.map((each) => each?.n ?? null)).toEqual(kids.map((kid) => (kid === 'a' ? 'n-a' : null)));
    expect(requests).toBe(fetches);
    now += 61 * MINUTE;
  }
});

it('that fail to come fail all requests at once, with one fetch', async () => {
  delayMs = 30;
  status = 500;
  const found = await Promise.allSettled(Array.from({ length: 40 }, (_, index) => find(`made-up-${index}`)));
  expect(found.map((each) => each.status)).toEqual(Array(40).fill('rejected'));
  expect(requests).toBe(1);
});

it('are fetched again where the request that fetched them was lost with its answer', async () => {
  const domain = 'lost.cloudflareaccess.com';
  const lost = { fetch: () => new Promise<Response>(() => {}), now: () => now } as unknown as AppDeps;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const waiting = Promise.allSettled([accessKey(domain, 'a', lost), accessKey(domain, 'b', lost)]);
  await vi.advanceTimersByTimeAsync(10_000);
  vi.useRealTimers();
  expect((await waiting).map((each) => each.status)).toEqual(['rejected', 'rejected']);
  // At once: nobody waits for a minute because of somebody who went away.
  const reach: AppDeps['fetch'] = (_to, init) => fetch(url, init);
  expect(await accessKey(domain, 'a', { fetch: reach, now: () => now } as AppDeps)).toMatchObject({ n: 'n-a' });
});

it('are fetched again after an hour; while that fails, the cached ones count', async () => {
  await find('a');
  now += 61 * MINUTE;
  status = 500;
  expect(await find('a')).toMatchObject({ n: 'n-a' });
  expect(await find('a')).toMatchObject({ n: 'n-a' });
  expect(requests).toBe(2);
  now += MINUTE;
  status = 200;
  published = { keys: [key('b')] };
  expect(await find('a')).toBeNull();
});

it.each([
  ['a failure', 500, {}],
  ['a redirect', 302, {}],
  ['no keys', 200, { keys: [] }],
  [
    'keys of other types',
    200,
    { keys: [null, 7, {}, { kty: 'EC', kid: 'a' }, { kty: 'RSA', kid: 7, n: 'n', e: 'e' }] },
  ],
  ['something else', 200, 'hello'],
  ['a response that is too long', 200, { keys: [{ ...key('a'), n: 'x'.repeat(200_000) }] }],
])('can’t be read from %s: throws, and is not fetched again at once', async (_, code, body) => {
  status = code;
  published = body;
  await expect(find('a')).rejects.toThrow('keys of Cloudflare Access');
  await expect(find('a')).rejects.toThrow('keys of Cloudflare Access');
  expect(requests).toBe(1);
});

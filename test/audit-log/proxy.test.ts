/** The proxy's contract, against a real server that each test scripts. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProxy, type Proxied, type ProxyFailure } from '../../src/audit-log/proxy.ts';

const KEY = 'nvk-proxy-0123456789abcdef';
const JSON_TYPE = { 'content-type': 'application/json' };
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
}[];
const server = createServer((request, response) => {
  seen.push({ method: request.method, url: request.url, headers: request.headers });
  answer(request, response);
});
let baseUrl: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  seen = [];
  answer = (_, response) => response.setHeader('content-type', 'application/json').end('{}');
});

function proxy(changes: Partial<Parameters<typeof createProxy>[0]> = {}) {
  return createProxy({ baseUrl, apiKey: KEY, fetch, ...changes });
}

function textOf(result: Proxied | ProxyFailure): string {
  if (result.kind === 'failure') throw new Error(result.message);
  return new TextDecoder().decode(result.body ?? new Uint8Array());
}

/** For the caller's SDK. */
const AGAIN = { 'x-should-retry': 'true' };
const FINAL = { 'x-should-retry': 'false' };

describe('the request', () => {
  it('is a GET with our key and our headers, and no others', async () => {
    await proxy().list('');
    const { method, url, headers } = seen[0] ?? { method: '', url: '', headers: {} };
    expect([method, url]).toEqual(['GET', '/v1/audit_logs']);
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(headers['user-agent']).toMatch(/^Tocsin\//);
    const own = ['host', 'connection', 'authorization', 'accept', 'user-agent'];
    const fromFetch = ['accept-language', 'sec-fetch-mode', 'accept-encoding', 'cache-control', 'pragma'];
    expect(Object.keys(headers).filter((name) => ![...own, ...fromFetch].includes(name))).toEqual([]);
  });

  it.each([
    '?',
    '?limit=100&cursor=Rhwni%2B%2F%3D%3D',
    '?a=1&a=2&a=1&b&c=&=d',
    '?sort=created_at:asc,status_code:desc',
    '?path=/v1/../..//x&q=%00%0d%0aX:1',
    '?@evil.example/&//evil.example',
    '?action=%F0%9F%94%94&x=%ff&y=%zz',
    '?plus=a+b&space=a%20b',
  ])('has the caller’s query unchanged: %s', async (search) => {
    await proxy().list(search);
    await proxy().get('id_1-A', search);
    expect(seen.map(({ url }) => url)).toEqual([`/v1/audit_logs${search}`, `/v1/audit_logs/id_1-A${search}`]);
  });

  it('goes below the path of the base URL', async () => {
    await proxy({ baseUrl: `${baseUrl}/api/` }).list('?x=1');
    expect(seen[0]?.url).toBe('/api/v1/audit_logs?x=1');
  });
});

describe('the answer', () => {
  it.each([200, 206, 400, 404, 408, 409, 418, 422, 429, 500, 502, 503, 504, 529])(
    '%i is passed on unchanged',
    async (status) => {
      const body = '{ "message" : "as\\u0020it is",\n"n":1.0,"n":12345678901234567890 }';
      answer = (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      const result = await proxy().list('');
      expect(result).toMatchObject({ kind: 'answer', status });
      expect(textOf(result)).toBe(body);
    },
  );

  it('has the same bytes, even if they are not text', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256));
    answer = (_, response) => response.setHeader('content-type', 'application/json').end(bytes);
    const result = await proxy().list('');
    expect(result.kind === 'answer' && Buffer.from(result.body ?? []).equals(bytes)).toBe(true);
  });

  it.each([204, 304])('%i has no body, and no type of one', async (status) => {
    answer = (_, response) =>
      response.writeHead(status, { 'content-type': 'text/html', 'x-request-id': 'req_1' }).end();
    const result = await proxy().list('');
    expect(result).toMatchObject({ kind: 'answer', status, body: null, headers: { 'x-request-id': 'req_1' } });
    expect('content-type' in result.headers).toBe(false);
  });

  it('has the passed headers, and no others', async () => {
    const passed = {
      'content-type': 'application/json; charset=utf-8',
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-should-retry': 'true',
      'x-request-id': 'req_1',
      'ratelimit-limit': '100',
      'x-ratelimit-remaining': '3',
    };
    const dropped = {
      'set-cookie': 'a=b',
      location: 'https://elsewhere.example',
      'access-control-allow-origin': '*',
      'content-security-policy': 'default-src *',
      'cache-control': 'public, max-age=3600',
      'clear-site-data': '"*"',
      'x-tocsin-source': 'ledger',
      server: 'nginx',
      link: '<x>; rel=preload',
      'service-worker-allowed': '/',
      refresh: '0; url=https://elsewhere.example',
    };
    answer = (_, response) => response.writeHead(429, { ...passed, ...dropped }).end('{}');
    const result = await proxy().list('');
    const { date, ...headers } = result.kind === 'answer' ? result.headers : {};
    expect(headers).toEqual(passed);
    expect(Date.parse(date ?? '')).not.toBeNaN();
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('is decoded from %s, without content-encoding', async (encoding, pack) => {
    answer = (_, response) =>
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': encoding }).end(pack('{"a":1}'));
    const result = await proxy().list('');
    expect(textOf(result)).toBe('{"a":1}');
    expect(result.kind === 'answer' && 'content-encoding' in result.headers).toBe(false);
  });
});

describe('a failure', () => {
  it.each([
    [401, 'API key', false],
    [403, 'API key', false],
    [301, 'redirect', false],
    [302, 'redirect', false],
    [307, 'redirect', false],
    [308, 'redirect', false],
  ])('%i', async (status, says, retry) => {
    answer = (_, response) =>
      response.writeHead(status, { location: `${baseUrl}/v1/user` }).end(`{"message":"${KEY}"}`);
    const result = await proxy().list('');
    const headers = retry ? AGAIN : FINAL;
    expect(result).toMatchObject({ kind: 'failure', status: 502, headers, message: expect.stringContaining(says) });
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain(KEY);
  });

  it.each([99, 100, 101, 103, 199, 600, 799, 999, 65_535])('the status %i, which no answer has', async (status) => {
    // Servers and `fetch` differ in which of these they let through.
    const odd = Object.defineProperty(new Response('{}', { headers: JSON_TYPE }), 'status', { value: status });
    const result = await proxy({ fetch: async () => odd }).list('');
    const message = expect.stringContaining(`status ${status}`);
    expect(result).toMatchObject({ kind: 'failure', status: 502, headers: AGAIN, message });
  });

  it('the statuses on either side of those are answers', async () => {
    for (const status of [200, 599]) {
      answer = (_, response) => response.writeHead(status, JSON_TYPE).end('{}');
      expect(await proxy().list('')).toMatchObject({ kind: 'answer', status });
    }
  });

  it('an unknown encoding', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-encoding': 'x-own' }).end('?');
    expect(await proxy().list('')).toMatchObject({ status: 502, message: expect.stringContaining('encoding') });
  });

  it.each([
    ['declared', (response: ServerResponse) => response.setHeader('content-length', 1001).end('x'.repeat(1001))],
    [
      'not declared',
      (response: ServerResponse) => response.write('x'.repeat(600), () => response.end('x'.repeat(401))),
    ],
  ])('one byte too many, %s length', async (_, send) => {
    answer = (_request, response) => {
      send(response.setHeader('content-type', 'application/json'));
    };
    expect(await proxy({ maxBytes: 1000 }).list('')).toMatchObject({ status: 502, headers: FINAL });
    answer = (_request, response) => response.setHeader('content-type', 'application/json').end('x'.repeat(1000));
    expect(await proxy({ maxBytes: 1000 }).list('')).toMatchObject({ kind: 'answer', status: 200 });
  });

  it.each([
    ['nothing', () => undefined],
    ['half', (response: ServerResponse) => response.write('{"items":[')],
  ])('an answer of which %s comes in time', async (_, send) => {
    answer = (_request, response) => {
      send(response.setHeader('content-type', 'application/json'));
    };
    expect(await proxy({ timeoutMs: 50 }).list('')).toMatchObject({ kind: 'failure', status: 504, headers: AGAIN });
  });

  it('an interrupted answer', async () => {
    answer = (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.write('{"items":[', () => setTimeout(() => response.destroy(), 20));
    };
    expect(await proxy().list('')).toMatchObject({ kind: 'failure', status: 502, headers: AGAIN });
  });

  it('an unreachable upstream; the message does not contain the key', async () => {
    const refused = async (): Promise<Response> => {
      throw new TypeError(`fetch failed: Authorization: Bearer ${KEY}\r\nX: 1`);
    };
    const result = await proxy({ fetch: refused }).list('');
    expect(result).toMatchObject({ kind: 'failure', status: 502 });
    expect(JSON.stringify(result)).not.toContain(KEY);
  });
});

describe('a body', () => {
  const BOM = '\ufeff';
  it.each([
    ['application/json', '{"a":1}'],
    ['application/json; charset=utf-8', '{"a":1}'],
    ['application/json;charset=utf-8', '{"a":1}'],
    ['Application/JSON', '{"a":1}'],
    ['application/problem+json', '{"message":"no"}'],
    ['application/vnd.nirvana.v1+json; charset=utf-8', '{"a":1}'],
    ['application/json', `${BOM}{"a":1}`],
    ['application/json', '<script>alert(1)</script>'],
    ['application/json', ''],
  ])('of the type %s is passed on: %j', async (type, body) => {
    for (const status of [200, 404, 500]) {
      answer = (_, response) => response.writeHead(status, { 'content-type': type }).end(body);
      const result = await proxy().list('');
      expect(result).toMatchObject({ kind: 'answer', status, headers: { 'content-type': type } });
      const bytes = result.kind === 'answer' ? result.body : null;
      expect(Buffer.from(bytes ?? []).toString('utf8')).toBe(body);
    }
  });

  it.each([
    'text/html',
    'text/html; charset=utf-8',
    'text/plain',
    'application/xhtml+xml',
    'image/svg+xml',
    'application/jsonp',
    'application/json-seq',
    'text/html; x=application/json',
    'text/html, application/json',
    '+json',
    'application/x-json',
    null,
  ])('of the type %s is not', async (type) => {
    const head = type === null ? {} : { 'content-type': type };
    const passed = { 'retry-after': '7', 'x-should-retry': 'true', 'x-request-id': 'req_1' };
    for (const status of [400, 404, 429, 500, 503, 599]) {
      answer = (_, response) => response.writeHead(status, { ...head, ...passed }).end('<script>alert(1)</script>');
      const result = await proxy().list('');
      expect(result).toMatchObject({ kind: 'failure', status, headers: passed });
      expect('content-type' in result.headers).toBe(false);
      expect(JSON.stringify(result)).not.toContain('script');
    }
    for (const status of [200, 201, 206]) {
      answer = (_, response) => response.writeHead(status, { ...head, ...passed }).end('<script>alert(1)</script>');
      const message = expect.stringContaining(`${status} with something other than JSON`);
      expect(await proxy().list('')).toEqual({ kind: 'failure', status: 502, message, headers: AGAIN });
    }
  });
});

describe('our key', () => {
  const ECHOES = [
    KEY,
    `Bearer ${KEY}`,
    encodeURIComponent(KEY),
    btoa(KEY),
    btoa(`Bearer ${KEY}`),
    btoa(`x${KEY}`),
    JSON.stringify({ authorization: KEY }),
    KEY.replace('n', '\\u006e'),
    Array.from(KEY, (character) => `\\u00${character.charCodeAt(0).toString(16)}`).join(''),
  ];
  it.each(ECHOES)('is not passed on in a body: %s', async (echo) => {
    for (const status of [200, 400, 500]) {
      // In two parts, so that it comes in two pieces.
      answer = (_, response) => {
        response.writeHead(status, JSON_TYPE);
        const half = echo.length >> 1;
        response.write(`{"a":"${echo.slice(0, half)}`, () =>
          setTimeout(() => response.end(`${echo.slice(half)}"}`), 5),
        );
      };
      const text = textOf(await proxy().list(''));
      expect(text).toContain('[redacted]');
      expect(text.replaceAll(/\\u00(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))).not.toContain(
        KEY,
      );
      for (const form of [KEY, btoa(KEY).slice(0, -4), btoa(`x${KEY}`).slice(4, -4)]) expect(text).not.toContain(form);
    }
  });

  it('is not passed on in a header', async () => {
    answer = (_, response) =>
      response.writeHead(429, { ...JSON_TYPE, 'x-request-id': `for-${KEY}`, 'retry-after': KEY }).end('{}');
    const result = await proxy().list('');
    expect(result).toMatchObject({ headers: { 'x-request-id': 'for-[redacted]' } });
    expect(JSON.stringify(result)).not.toContain(KEY);
  });
});

import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type ClientOptions, createClient } from '../../src/audit-log/client.ts';
import { UpstreamError, type UpstreamErrorKind } from '../../src/audit-log/errors.ts';
import { createUserAgents, isGenuine, markKey, readMark, USER_AGENT } from '../../src/audit-log/mark.ts';
import type { FaultName, KnobsPatch } from '../sandbox/faults.ts';
import { entryAt } from '../sandbox/odd.ts';
import { type RunningSandbox, startSandbox } from '../sandbox/server.ts';

const NOW = Date.parse('2026-03-04T10:00:00.500Z');
const KEY = 'nv_live+k/ey=&"~0123456789%41';

let upstream: RunningSandbox;
let elsewhere: RunningSandbox;
let slept: number[] = [];

beforeAll(async () => {
  upstream = await startSandbox({ apiKey: KEY, now: () => NOW });
  elsewhere = await startSandbox({ apiKey: KEY });
});
afterAll(async () => {
  await upstream.stop();
  await elsewhere.stop();
});
beforeEach(() => {
  upstream.reset({ dialect: 'sorted', logOwnReads: false });
  upstream.append(...Array.from({ length: 30 }, (_, i) => entryAt(NOW - 60_000 + i * 1000, `entry-${i}`)));
  slept = [];
});

function client(options: Partial<ClientOptions> = {}) {
  return createClient({
    baseUrl: upstream.url,
    apiKey: KEY,
    fetch: (url, init) => fetch(url, init),
    sleep: async (ms) => void slept.push(ms),
    now: () => NOW,
    random: () => 0,
    timeoutMs: 5000,
    ...options,
  });
}

async function failure(promise: Promise<unknown>): Promise<UpstreamError> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UpstreamError);
  return error as UpstreamError;
}

describe('every fault of the upstream', () => {
  interface Row {
    readonly knobs: KnobsPatch;
    readonly fault: FaultName;
    readonly kind: UpstreamErrorKind;
    /** Attempts if the fault persists. */
    readonly tries: 1 | 3;
    readonly says: RegExp;
  }
  const always = { probability: 1 };
  const rows: readonly Row[] = [
    { fault: 'rateLimit', knobs: { rateLimit: always }, kind: 'rate-limited', tries: 3, says: /\(429\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 500 } }, kind: 'unavailable', tries: 3, says: /\(500\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 503 } }, kind: 'unavailable', tries: 3, says: /\(503\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 409 } }, kind: 'unavailable', tries: 3, says: /\(409\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 408 } }, kind: 'timeout', tries: 3, says: /\(408\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 400 } }, kind: 'bad-request', tries: 1, says: /cursor/ },
    { fault: 'error', knobs: { error: { ...always, status: 422 } }, kind: 'bad-request', tries: 1, says: /cursor/ },
    { fault: 'error', knobs: { error: { ...always, status: 410 } }, kind: 'bad-request', tries: 1, says: /\(410\)/ },
    { fault: 'error', knobs: { error: { ...always, status: 401 } }, kind: 'unauthorized', tries: 1, says: /expired/ },
    { fault: 'error', knobs: { error: { ...always, status: 403 } }, kind: 'forbidden', tries: 1, says: /permission/ },
    { fault: 'error', knobs: { error: { ...always, status: 404 } }, kind: 'not-found', tries: 1, says: /\(404\)/ },
    { fault: 'echo', knobs: { echo: always }, kind: 'bad-request', tries: 1, says: /\[redacted\]/ },
    { fault: 'hang', knobs: { hang: always }, kind: 'timeout', tries: 3, says: /within 100 ms/ },
    { fault: 'stall', knobs: { stall: always }, kind: 'timeout', tries: 3, says: /within 100 ms/ },
    { fault: 'latency', knobs: { latency: { ...always, ms: 2000 } }, kind: 'timeout', tries: 3, says: /within 100 ms/ },
    { fault: 'reset', knobs: { reset: always }, kind: 'network', tries: 3, says: /could not be reached/ },
    { fault: 'breakOff', knobs: { breakOff: always }, kind: 'network', tries: 3, says: /could not be reached/ },
    { fault: 'truncated', knobs: { truncated: always }, kind: 'not-json', tries: 1, says: /application\/json/ },
    { fault: 'html', knobs: { html: always }, kind: 'not-json', tries: 1, says: /text\/html/ },
    { fault: 'wrongJson', knobs: { wrongJson: always }, kind: 'wrong-shape', tries: 1, says: /no items/ },
    {
      fault: 'oversized',
      knobs: { oversized: { ...always, bytes: 17e6 } },
      kind: 'too-large',
      tries: 1,
      says: /fewer/,
    },
    { fault: 'redirect', knobs: { redirect: always }, kind: 'redirect', tries: 1, says: /not followed/ },
  ];
  it.each(rows)('$fault: $kind after $tries tries, saying $says', async ({ fault, knobs, kind, tries, says }) => {
    upstream.faults.set(knobs);
    const subject = client(kind === 'timeout' ? { timeoutMs: 100 } : {});
    const error = await failure(subject.list({ limit: 100 }));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain('\n');
    expect(subject.requests).toBe(tries);
    expect(upstream.faults.hits[fault]).toBe(tries);
    expect(slept).toHaveLength(tries - 1);
  });

  it.each(['rateLimit', 'error', 'hang', 'reset', 'breakOff', 'stall'] as const)(
    '%s twice, then a page',
    async (fault) => {
      upstream.faults.set({ [fault]: { next: 2 } });
      const subject = client({ timeoutMs: 300 });
      expect((await subject.list({ limit: 100 })).entries).toHaveLength(30);
      expect(subject.requests).toBe(3);
    },
  );

  it.each(['truncated', 'html', 'wrongJson', 'redirect'] as const)(
    '%s once, and the next call succeeds',
    async (fault) => {
      upstream.faults.set({ [fault]: { next: 1 } });
      const subject = client();
      await failure(subject.list({ limit: 100 }));
      expect((await subject.list({ limit: 100 })).entries).toHaveLength(30);
    },
  );

  it('a rejected cursor is a bad request', async () => {
    const { nextCursor } = await client().list({ limit: 10 });
    upstream.faults.set({ rejectedCursor: { next: 1 } });
    expect((await failure(client().list({ limit: 10, cursor: nextCursor as string }))).kind).toBe('bad-request');
  });

  it('a page that is too large is available at limit 10', async () => {
    upstream.faults.set({ oversized: { probability: 1, bytesPerItem: 600_000 } });
    expect((await failure(client().list({ limit: 100 }))).kind).toBe('too-large');
    expect((await client().list({ limit: 10 })).entries).toHaveLength(10);
  });
});

describe('retries', () => {
  it('waits as long as asked, then backs off', async () => {
    upstream.faults.set({ rateLimit: { next: 1, waitMs: 3000 }, error: { next: 1 } });
    await client().list({ limit: 10 });
    expect(slept).toEqual([3000, 1000]);
  });

  it('leaves a long wait to the next tick', async () => {
    upstream.faults.set({ rateLimit: { probability: 1, waitMs: 120_000 } });
    const subject = client();
    const error = await failure(subject.list({ limit: 10 }));
    expect(error).toMatchObject({ kind: 'rate-limited', status: 429, retryAfterMs: 120_000 });
    expect(subject.requests).toBe(1);
    expect(slept).toEqual([]);
  });

  it.each(['seconds', 'date', 'ms'] as const)('reads how long to wait from %s', async (form) => {
    upstream.faults.set({ rateLimit: { next: 1, waitMs: 7500, form } });
    await client().list({ limit: 10 });
    expect(slept).toEqual([{ seconds: 8000, date: 7500, ms: 7500 }[form]]);
  });

  it('follows x-should-retry', async () => {
    upstream.faults.set({ error: { probability: 1, status: 503, shouldRetry: false } });
    const forbidden = client();
    await failure(forbidden.list({ limit: 10 }));
    expect(forbidden.requests).toBe(1);
    upstream.faults.set({ error: { probability: 1, status: 400, shouldRetry: true } });
    const asked = client();
    await failure(asked.list({ limit: 10 }));
    expect(asked.requests).toBe(3);
  });

  it('are zero if the option says so', async () => {
    upstream.faults.set({ error: { probability: 1 } });
    const subject = client({ retries: 0 });
    await failure(subject.list({ limit: 10 }));
    expect(subject.requests).toBe(1);
  });
});

describe('the key', () => {
  function expectNoKey(text: string): void {
    const tail = KEY.slice(-12);
    const encodings = [KEY, tail, encodeURIComponent(KEY), btoa(KEY).slice(2, -4), btoa(`Bearer ${KEY}`).slice(12, -4)];
    for (const encoding of encodings) expect(text).not.toContain(encoding);
  }
  function everything(error: UpstreamError): string {
    return [error.message, error.stack, String(error), JSON.stringify(error), inspect(error, { depth: 9 })].join('\n');
  }

  it.each([400, 401, 403, 404, 422, 500])('is not in the error when the upstream echoes it with %i', async (status) => {
    upstream.faults.set({ echo: { probability: 1, status } });
    const error = await failure(client().list({ limit: 10 }));
    expect(error.message).toContain('[redacted]');
    expectNoKey(everything(error));
  });

  it('is not in the error of a fetch that quotes it', async () => {
    const quoting = async (): Promise<Response> => {
      throw new TypeError(`bad header Bearer ${KEY}`, {
        cause: new Error(`${btoa(`x${KEY}`)} ${encodeURIComponent(KEY)}`),
      });
    };
    const error = await failure(client({ fetch: quoting, retries: 0 }).list({ limit: 10 }));
    expect(error.kind).toBe('network');
    expect(error.cause).toBeUndefined();
    expectNoKey(everything(error));
  });

  it('is not in an error or an entry where the upstream escapes or splits it', async () => {
    const escaped = Array.from(KEY, (character) => `\\u00${character.charCodeAt(0).toString(16)}`).join('');
    const answering = (status: number, body: string) => async () => new Response(body, { status });
    const split = `${KEY.slice(0, 9)}\u200b${KEY.slice(9)}`;
    for (const body of [`{"message":"no: ${escaped}"}`, JSON.stringify({ message: split })]) {
      const error = await failure(client({ fetch: answering(400, body), retries: 0 }).list({ limit: 10 }));
      expect(error.message).toContain('[redacted]');
      expectNoKey(everything(error));
    }
    const entry = `{"id":"e-1","n":12345678901234567890,"path":"/v1?${escaped}"}`;
    expect(await client({ fetch: answering(200, entry) }).get('e-1')).toMatchObject({
      body: '{"id":"e-1","n":12345678901234567890,"path":"/v1?[redacted]"}',
    });
  });

  it.each([
    [200, '<html>'],
    [200, `<html>${KEY}`],
    [200, ''],
    [200, '[]'],
    [500, '<html>'],
    [302, ''],
  ])('is not in the error of an answer whose headers echo it: %i %s', async (status, body) => {
    const names = ['content-type', 'location', 'date', 'retry-after', 'x-request-id', 'content-encoding', 'server'];
    const headers = Object.fromEntries(names.map((name) => [name, `text/html; echo="Bearer ${KEY}"`]));
    const subject = client({ fetch: async () => new Response(body, { status, headers }), retries: 0 });
    for (const error of [await failure(subject.list({ limit: 10 })), await failure(subject.get('e-1'))]) {
      expectNoKey(everything(error));
    }
  });

  it('is redacted in a page or an entry', async () => {
    upstream.append(
      entryAt(NOW - 1000, 'echoing', { path: `/v1/vms?key=${KEY}`, user_agent: encodeURIComponent(KEY) }),
    );
    const found = await client().get('echoing');
    expectNoKey(JSON.stringify(found));
    expect(found).toMatchObject({ entry: { path: '/v1/vms?key=[redacted]', user_agent: '[redacted]' } });
    expectNoKey(JSON.stringify(await client().list({ limit: 100 })));
  });

  it('does not follow a redirect', async () => {
    upstream.faults.set({ redirect: { probability: 1, location: `${elsewhere.url}/v1/audit_logs` } });
    await failure(client().list({ limit: 10 }));
    await failure(client().get('entry-1'));
    expect(elsewhere.requests.count).toBe(0);
  });

  it.each([
    ['empty', ''],
    ['with a line end', 'key\n'],
    ['not ASCII', 'kéy'],
  ])('is not sent if it is %s', async (_, apiKey) => {
    const error = await failure(client({ apiKey }).list({ limit: 10 }));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toContain('NIRVANA_LABS_API_KEY');
    expect(upstream.requests.count).toBe(0);
  });

  it('if it is wrong, the error says what to check', async () => {
    const error = await failure(client({ apiKey: 'another' }).list({ limit: 10 }));
    expect(error).toMatchObject({ kind: 'unauthorized', status: 401 });
    expect(error.message).toMatch(/check NIRVANA_LABS_API_KEY; it may have expired/);
  });
});

describe('list', () => {
  it('sends the query, and follows its cursor', async () => {
    const query = { limit: 10, sort: 'created_at:asc', created_at_min: new Date(NOW - 50_000).toISOString() };
    const first = await client().list(query);
    const second = await client().list({ ...query, cursor: first.nextCursor as string });
    expect([...first.entries, ...second.entries].map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, i) => `entry-${i + 10}`),
    );
    expect(second.nextCursor).toBeNull();
    expect(upstream.requests.recent[0]).toMatchObject({
      method: 'GET',
      path: '/v1/audit_logs',
      query: { limit: '10', sort: 'created_at:asc', created_at_min: query.created_at_min },
      userAgent: USER_AGENT,
    });
  });

  it('marks each attempt, and knows a page that ends in one of its requests', async () => {
    upstream.reset({ logOwnReads: true });
    upstream.append(entryAt(NOW - 60_000, 'entry-0'));
    const secret = 'a3f1c95be07d4826a3f1c95be07d4826';
    const userAgent = createUserAgents(secret, () => NOW);
    const subject = client({ userAgent });
    upstream.faults.set({ error: { next: 2, status: 503 } });
    expect((await subject.list({ limit: 10, sort: 'created_at:asc' })).endsInOwnRead).toBeUndefined();
    const sent = upstream.requests.recent.map((request) => request.userAgent);
    expect(sent).toHaveLength(3);
    expect(new Set(sent).size).toBe(3);
    for (const each of sent) {
      const mark = readMark(each);
      expect(mark !== null && isGenuine(mark, markKey(secret))).toBe(true);
    }
    expect((await subject.list({ limit: 10, sort: 'created_at:asc' })).endsInOwnRead).toBe(true);
    expect((await client({ userAgent }).list({ limit: 10, sort: 'created_at:asc' })).endsInOwnRead).toBeUndefined();
  });

  it('sends its version', () => {
    expect(USER_AGENT).toBe(`Tocsin/${packageJson.version}`);
  });

  it.each([
    ['/', '/v1/audit_logs'],
    ['/proxy/', '/proxy/v1/audit_logs'],
  ])('keeps the path of the base URL: %s', async (path, asked) => {
    let requested = '';
    const recording = async (url: string): Promise<Response> => {
      requested = url;
      return Response.json({ items: [] });
    };
    await client({ baseUrl: `https://api.example${path}`, fetch: recording }).list({ limit: 10 });
    expect(requested).toBe(`https://api.example${asked}?limit=10`);
  });

  it.each<[string, KnobsPatch, number | null]>([
    ['the Date header', {}, Math.floor(NOW / 1000) * 1000],
    ['the Date header, even if it is ahead', { clockSkewMs: 90_000 }, Math.floor((NOW + 90_000) / 1000) * 1000],
    ['our clock alone, without a Date header', { missingDate: { next: 1 } }, null],
    ['our clock alone, if it is unreadable', { oddDate: { next: 1 } }, null],
  ])('takes the time of the answer from %s', async (_, knobs, date) => {
    upstream.faults.set(knobs);
    expect((await client().list({ limit: 10 })).times).toEqual({ askedAt: NOW, answeredAt: NOW, date });
  });
});

describe('get', () => {
  it('returns the entry and its JSON', async () => {
    const found = await client().get('entry-3');
    const { body } = entryAt(NOW - 57_000, 'entry-3');
    expect(found?.entry).toEqual(body);
    expect(JSON.parse(found?.body ?? '')).toEqual(body);
  });

  it('returns null for an unknown id', async () => {
    expect(await client().get('no-such-entry')).toBeNull();
  });

  it.each(['', '..', '../api_keys', 'a/b', 'a?b', 'a#b', 'a%2Fb', 'a b', 'é', 'a\n', 'x'.repeat(129)])(
    'sends no request for %j',
    async (id) => {
      expect((await failure(client().get(id))).kind).toBe('bad-request');
      expect(upstream.requests.count).toBe(0);
    },
  );

  it('fails like list', async () => {
    upstream.faults.set({ html: { next: 1 } });
    expect((await failure(client().get('entry-3'))).kind).toBe('not-json');
    const none = client({ fetch: async () => Response.json([]) });
    expect((await failure(none.get('entry-3'))).kind).toBe('wrong-shape');
  });
});

describe('what is cut short', () => {
  it('reads no further than the cap', async () => {
    let sent = 0;
    let cancelled = false;
    const endless = async (): Promise<Response> => {
      const body = new ReadableStream({
        pull(controller) {
          sent += 1000;
          controller.enqueue(new Uint8Array(1000).fill(32));
        },
        cancel() {
          cancelled = true;
        },
      });
      return new Response(body);
    };
    const subject = client({ fetch: endless, maxBytes: 10_000 });
    expect((await failure(subject.list({ limit: 10 }))).kind).toBe('too-large');
    expect(sent).toBeLessThanOrEqual(13_000);
    expect(cancelled).toBe(true);
    expect(subject.requests).toBe(1);
  });

  it('takes a body of just the cap', async () => {
    const text = JSON.stringify({ items: [] });
    const exact = client({ fetch: async () => new Response(text), maxBytes: text.length });
    expect((await exact.list({ limit: 10 })).entries).toEqual([]);
    const less = client({ fetch: async () => new Response(text), maxBytes: text.length - 1 });
    expect((await failure(less.list({ limit: 10 }))).kind).toBe('too-large');
  });

  it('times out even where fetch does not heed its signal', async () => {
    const deaf = client({ fetch: () => new Promise(() => {}), timeoutMs: 20, retries: 0 });
    expect((await failure(deaf.list({ limit: 10 }))).kind).toBe('timeout');
  });

  it('keeps the status of an error whose body never ends', async () => {
    const body = (): ReadableStream => new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(5)) });
    const subject = client({ fetch: async () => new Response(body(), { status: 401 }), timeoutMs: 20 });
    expect(await failure(subject.list({ limit: 10 }))).toMatchObject({ kind: 'unauthorized', status: 401 });
  });

  it('stops with its caller’s reason: while it waits for an answer', async () => {
    upstream.faults.set({ hang: { next: 1 } });
    const stop = new AbortController();
    const subject = client({ signal: stop.signal }).list({ limit: 10 });
    setTimeout(() => stop.abort(new Error('out of time')), 20);
    await expect(subject).rejects.toThrow('out of time');
  });

  it('stops with its caller’s reason: while it sleeps', async () => {
    upstream.faults.set({ error: { next: 1 } });
    const stop = new AbortController();
    const sleep = (): Promise<void> => {
      stop.abort(new Error('out of time'));
      return new Promise(() => {});
    };
    await expect(client({ signal: stop.signal, sleep }).list({ limit: 10 })).rejects.toThrow('out of time');
  });

  it('stops with its caller’s reason: before it begins', async () => {
    const signal = AbortSignal.abort(new Error('out of time'));
    await expect(client({ signal }).list({ limit: 10 })).rejects.toThrow('out of time');
    expect(upstream.requests.count).toBe(0);
  });
});

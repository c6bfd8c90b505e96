/**
 * The proxied lookup in workerd, used as the vendor's SDKs do: responses are the same as from the upstream, byte for byte,
 * in every dialect and with every fault.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { AllDeps } from '../../src/web/context.ts';
import type { KnobsPatch } from '../sandbox/faults.ts';
import { entryAt } from '../sandbox/odd.ts';
import { ApiError, ConnectionError, createSdk, type SdkOptions } from '../support/sdk-client.ts';
import { ALERT, ENTRY, entryText, OTHER_ENTRY } from './ledger-stub.ts';
import { createSampleLog } from './sample-log.ts';
import { addViewer, bearer, createSite, ORIGIN, passFor, type Site } from './site.ts';
import { DIALECTS, HOUR, MINUTE } from './world.ts';

let token: string;
beforeAll(async () => {
  ({ token } = await addViewer('sdk'));
});

/** The same client twice: for the upstream itself, and for Tocsin. */
function clients(site: Site, changes: Partial<SdkOptions> = {}) {
  const common = { sleep: async () => undefined, ...changes };
  const { url, apiKey } = site.world;
  return {
    direct: createSdk({ baseURL: url, apiKey, fetch: (to, init) => fetch(to, init), ...common }),
    through: createSdk({
      baseURL: ORIGIN,
      apiKey: token,
      fetch: (to, init) => site.visit(to.slice(ORIGIN.length), init),
      ...common,
    }),
  };
}

/** The result of a call: its text, or what it threw. */
async function outcome(call: Promise<{ readonly text: string }>): Promise<unknown> {
  try {
    return { text: (await call).text };
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, text: error.text };
    if (error instanceof ConnectionError) return 'no connection';
    return String(error);
  }
}

async function siteWithLog(
  dialect: (typeof DIALECTS)[number] = 'sorted',
  size?: number,
): Promise<Site & { ids: string[] }> {
  const site = await createSite({ world: { dialect } });
  const { records, ids } = createSampleLog(Date.now() - MINUTE, size === undefined ? {} : { size });
  await site.world.append(records);
  return { ...site, ids: [...ids] };
}

describe.each(DIALECTS)('an upstream that is %s', (dialect) => {
  it('is paged to its end, each page byte for byte', async () => {
    const site = await siteWithLog(dialect);
    const { direct, through } = clients(site);
    const pages = { direct: [] as string[], through: [] as string[] };
    for await (const { text } of direct.pages({ limit: 40 })) pages.direct.push(text);
    for await (const { text } of through.pages({ limit: 40 })) pages.through.push(text);
    expect(pages.direct).toHaveLength(7);
    expect(pages.through).toEqual(pages.direct);
  });

  it('is filtered and sorted by the query', async () => {
    const site = await siteWithLog(dialect);
    const { direct, through } = clients(site);
    for (const params of [
      {},
      { limit: 10, sort: 'created_at:asc' },
      { limit: 10, sort: 'status_code:desc,created_at:asc' },
      { created_at_min: new Date(Date.now() - 20 * MINUTE).toISOString(), actor_type: 'api_key' },
      { path: '/v1/compute', method: 'POST', status_code_min: 200, status_code_max: 299 },
      { action: 'vm.created & co+', client_ip: '2001:db8::1', unknown: 'é?#/..' },
      { limit: 5 },
      { cursor: 'no-cursor-of-ours' },
    ]) {
      expect(await outcome(through.list(params))).toEqual(await outcome(direct.list(params)));
    }
  });

  it('is asked for single entries, also for one that does not exist', async () => {
    const site = await siteWithLog(dialect);
    const { direct, through } = clients(site);
    for (const id of [...site.ids.slice(0, 5), 'no-such-entry']) {
      expect(await outcome(through.get(id))).toEqual(await outcome(direct.get(id)));
    }
  });
});

describe('a failing upstream', () => {
  const ALWAYS = { probability: 1 };
  const FAULTS: readonly (readonly [name: string, knobs: KnobsPatch])[] = [
    ['429 with seconds', { rateLimit: { ...ALWAYS, waitMs: 2_000, form: 'seconds' } }],
    ['429 with milliseconds', { rateLimit: { ...ALWAYS, waitMs: 1_500, form: 'ms' } }],
    ['429 without a wait', { rateLimit: { ...ALWAYS, form: 'none' } }],
    ['429 once', { rateLimit: { next: 1, waitMs: 1_000 } }],
    ['500', { error: { ...ALWAYS, status: 500 } }],
    ['500 with x-should-retry: false', { error: { ...ALWAYS, status: 500, shouldRetry: false } }],
    ['503 twice', { error: { next: 2, status: 503 } }],
    ['400', { error: { ...ALWAYS, status: 400, message: 'created_at_min: “x” is no time' } }],
    ['404', { error: { ...ALWAYS, status: 404 } }],
    ['408', { error: { ...ALWAYS, status: 408 } }],
    ['409', { error: { ...ALWAYS, status: 409 } }],
    ['422', { error: { ...ALWAYS, status: 422 } }],
    ['422 with x-should-retry: true', { error: { ...ALWAYS, status: 422, shouldRetry: true } }],
    ['half a JSON text', { truncated: ALWAYS }],
    ['JSON without items', { wrongJson: ALWAYS }],
    ['five megabytes', { oversized: { ...ALWAYS, bytesPerItem: 50_000 } }],
    ['slow', { latency: { ...ALWAYS, ms: 200 } }],
  ];

  it.each(FAULTS)('%s: looks the same through Tocsin, with the same waits', async (_, knobs) => {
    const site = await siteWithLog();
    const { direct, through } = clients(site, { random: () => 0.5 });
    await site.world.knobs(knobs);
    const one = await outcome(direct.list({ limit: 100 }));
    await site.world.clearKnobs();
    await site.world.knobs(knobs);
    expect(await outcome(through.list({ limit: 100 }))).toEqual(one);
    expect(through.waits).toEqual(direct.waits);
  });

  it('429 with a date: the date is passed on', async () => {
    const site = await siteWithLog();
    await site.world.knobs({ rateLimit: { ...ALWAYS, waitMs: 20_000, form: 'date' } });
    const answer = await site.visit('/v1/audit_logs', bearer(token));
    expect(answer.status).toBe(429);
    expect(Date.parse(answer.headers.get('retry-after') ?? '')).toBeGreaterThan(Date.now() + 10_000);
  });

  it.each([401, 403])('%i about our own key is a 502 for the caller', async (status) => {
    const site = await siteWithLog();
    await site.world.knobs({ error: { ...ALWAYS, status, message: 'key expired' } });
    const { through } = clients(site);
    const error = (await through.list().catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.status).toBe(502);
    expect(error.text).toContain("Tocsin's own API key");
    expect(error.text).not.toContain('key expired');
    expect(error.headers.get('x-tocsin-source')).toBe('tocsin');
    expect(through.waits).toEqual([]);
  });

  it.each([
    ['a redirect', { redirect: ALWAYS }, 502, 0],
    ['a lost connection', { reset: ALWAYS }, 502, 2],
    ['a response that breaks off', { breakOff: ALWAYS }, 502, 2],
    ['a response that is too large', { oversized: { ...ALWAYS, bytes: 17 * 1024 * 1024, bytesPerItem: 0 } }, 502, 0],
  ] as const)('%s has a message of Tocsin', async (_, knobs, status, retries) => {
    const site = await siteWithLog();
    await site.world.knobs(knobs);
    const { through } = clients(site);
    const error = (await through.list().catch((thrown: unknown) => thrown)) as ApiError;
    expect(error.status).toBe(status);
    expect(JSON.parse(error.text)).toEqual({ message: expect.stringContaining('the upstream') });
    expect(error.headers.get('x-tocsin-source')).toBe('tocsin');
    expect(error.headers.has('location')).toBe(false);
    expect(through.waits).toHaveLength(retries);
  });

  it('HTML is not passed on: as a 502, or under the status of the error', async () => {
    const site = await siteWithLog();
    await site.world.knobs({ html: ALWAYS });
    const { through } = clients(site);
    const error = (await through.list().catch((thrown: unknown) => thrown)) as ApiError;
    expect([error.status, through.waits.length]).toEqual([502, 2]);
    expect(JSON.parse(error.text)).toEqual({ message: expect.stringContaining('other than JSON') });
    expect(error.headers.get('content-type')).toContain('application/json');
    expect(error.headers.get('x-tocsin-source')).toBe('tocsin');
  });

  it.each([600, 799, 999])('a status of %i is a 502', async (status) => {
    const site = await siteWithLog();
    await site.world.knobs({ error: { ...ALWAYS, status } });
    for (const path of ['/v1/audit_logs', `/v1/audit_logs/${site.ids[0]}`]) {
      const answer = await site.visit(path, bearer(token));
      expect(answer.status).toBe(502);
      expect(await answer.json()).toEqual({ message: expect.stringContaining('the upstream') });
    }
  });

  it('our key is redacted in the response', async () => {
    const site = await siteWithLog();
    await site.world.knobs({ echo: { ...ALWAYS, status: 400 } });
    const answer = await site.visit('/v1/audit_logs', bearer(token));
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toEqual([400, { message: expect.stringContaining('[redacted]') }]);
    for (const key of [site.world.apiKey, btoa(site.world.apiKey), btoa(`Bearer ${site.world.apiKey}`)]) {
      expect(text).not.toContain(key);
    }
  });

  it('no upstream is set up: 503, without retries', async () => {
    const site = await createSite({ settings: { NIRVANA_LABS_API_KEY: undefined } });
    const { through } = clients(site);
    expect(await outcome(through.list())).toMatchObject({ status: 503 });
    expect(through.waits).toEqual([]);
    expect(JSON.parse((await through.get(ENTRY)).text)).toMatchObject({ id: ENTRY });
  });
});

describe('one entry', () => {
  it('that is stored whole comes from the ledger, without asking the upstream', async () => {
    const site = await siteWithLog();
    const answer = await site.visit(`/v1/audit_logs/${ENTRY}`, bearer(token));
    expect([answer.status, await answer.text()]).toEqual([200, entryText(ENTRY)]);
    expect(answer.headers.get('x-tocsin-source')).toBe('ledger');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await site.world.requests()).toBe(0);
  });

  it('that is not stored comes from the upstream', async () => {
    const site = await siteWithLog();
    const answer = await site.visit(`/v1/audit_logs/${site.ids[0]}`, bearer(token));
    expect(answer.headers.get('x-tocsin-source')).toBe('upstream');
    expect(await site.world.requests()).toBe(1);
  });

  it('comes from the upstream if the ledger fails, but not for callers with a link', async () => {
    const site = await siteWithLog();
    const failing = { ...site.ledger, entryText: () => Promise.reject(new Error('no ledger today')) };
    for (const ledger of [failing, null]) {
      const answer = await site.visit(`/v1/audit_logs/${site.ids[0]}`, bearer(token), { deps: { ledger } });
      expect([answer.status, answer.headers.get('x-tocsin-source')]).toEqual([200, 'upstream']);
      const pass = passFor(ALERT);
      const asked = await site.world.requests();
      const linked = await site.visit(`/v1/audit_logs/${site.ids[0]}?pass=${pass}`, {}, { deps: { ledger } });
      expect(linked.status).toBe(503);
      expect(await site.world.requests()).toBe(asked);
    }
  });

  const queriesAt = async (site: Site) => {
    const { recent } = (await (await fetch(`${site.world.url}/__sandbox/requests`)).json()) as { recent: unknown[] };
    return recent;
  };

  it('that is stored cut comes from the upstream, also for its alert’s link, whose query does not go there', async () => {
    const site = await siteWithLog();
    const ledger = { ...site.ledger, entryText: () => Promise.resolve(null) };
    const deps = { ledger };
    const pass = passFor(ALERT);
    const held = { headers: { cookie: `__Host-tocsin-links=${pass}` } };
    const at = async (path: string, init: RequestInit = {}) => {
      const { status, headers } = await site.visit(path, init, { deps });
      return [status, headers.get('x-tocsin-source')];
    };
    expect(await at(`/v1/audit_logs/${ENTRY}?pass=${pass}&x=1`)).toEqual([404, 'upstream']);
    expect(await at(`/v1/audit_logs/${ENTRY}?x=1&cursor=c&limit=5`, held)).toEqual([404, 'upstream']);
    expect(await at(`/v1/audit_logs/${OTHER_ENTRY}?pass=${pass}&x=1`)).toEqual([404, 'tocsin']);
    const path = `/v1/audit_logs/${ENTRY}`;
    expect(await queriesAt(site)).toMatchObject([
      { path, query: {} },
      { path, query: {} },
    ]);
  });

  it.each([
    ['x=1', (pass: string) => `pass=${pass}&x=1`],
    ['x=1', () => 'pass=made-up&x=1&pass'],
    ['x=1', () => 'x=1&%70a%73s=1.2.3&pass='],
    ['x=1&PASS=2&pass_=3', () => 'x=1&PASS=2&pass=4&pass_=3'],
  ])('of a viewer is asked for with their query, without a pass: %s', async (query, of) => {
    const site = await siteWithLog();
    const pass = passFor(ALERT);
    for (const path of [`/v1/audit_logs/${site.ids[0]}`, '/v1/audit_logs']) {
      await site.visit(`${path}?${of(pass)}`, bearer(token));
      const [asked] = (await queriesAt(site)).slice(-1);
      expect(asked).toMatchObject({ path, query: Object.fromEntries(new URLSearchParams(query)) });
      expect(Object.keys((asked as { query: object }).query)).not.toContain('pass');
    }
  });

  const HOSTILE = [
    '..',
    '%2e%2e',
    '%2e%2e%2f',
    '..%2foperator',
    'a%2fb',
    'a%5cb',
    'a%00b',
    'a%0d%0ax-header:%201',
    'a%20b',
    'a%3fb=c',
    'a%23b',
    'a%252e',
    '%ff',
    '%',
    'ä',
    '%c3%a4',
    '\u202e',
    'a;b',
    'a:b@c',
    'a'.repeat(129),
    'a'.repeat(5_000),
  ];
  it.each(HOSTILE)('with an invalid id is not requested: %j', async (id) => {
    const site = await siteWithLog();
    const answer = await site.visit(`/v1/audit_logs/${id}`, bearer(token));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ message: 'not found' });
    expect(await site.world.requests()).toBe(0);
    expect(site.asked).toEqual([]);
    expect((await site.visit(`/v1/audit_logs/${id}`)).status).toBe(401);
  });
});

describe('the real ledger', () => {
  async function watched() {
    const site = await siteWithLog();
    await site.world.untilEnded();
    const ledger = site.world.stub as unknown as AllDeps['ledger'];
    const visit: Site['visit'] = (path, init, more) => site.visit(path, init, { ...more, deps: { ledger } });
    return { ...site, visit };
  }

  it('returns each entry as the upstream does, byte for byte', async () => {
    const site = await watched();
    const { direct, through } = clients(site);
    const requests = await site.world.requests();
    const kept = await Promise.all(site.ids.map((id) => through.get(id)));
    expect(await site.world.requests()).toBe(requests);
    expect(new Set(kept.map(({ headers }) => headers.get('x-tocsin-source')))).toEqual(new Set(['ledger']));
    const asked = await Promise.all(site.ids.map((id) => direct.get(id)));
    expect(kept.map(({ text }) => text)).toEqual(asked.map(({ text }) => text));
  });

  it.each([
    ['number beyond 2^53', 2 ** 60, 'upstream'],
    ['number with an exponent', 1e300, 'upstream'],
    ['number with too many digits', 0.1 + 0.2, 'upstream'],
    ['ordinary number', -1234.5, 'ledger'],
    ['text of digits', '1152921504606846976', 'ledger'],
  ])('an entry with a %s is read from where it is exact', async (_what, value, source) => {
    const site = await siteWithLog();
    await site.world.append([entryAt(Date.now() - 60_000, 'exact', { value })]);
    await site.world.untilEnded();
    const ledger = site.world.stub as unknown as AllDeps['ledger'];
    const answer = await site.visit('/v1/audit_logs/exact', bearer(token), { deps: { ledger } });
    expect([answer.status, answer.headers.get('x-tocsin-source')]).toEqual([200, source]);
    expect(await answer.json()).toMatchObject({ id: 'exact', value });
  });

  it('gives a link the entries of its alert, and the same response for any other as for one that does not exist', async () => {
    const site = await watched();
    const alerts = await site.world.sql<{ id: number }>('SELECT id FROM alerts ORDER BY id');
    expect(alerts.length).toBeGreaterThan(1);
    const [ledgerId] = await site.world.sql<{ id: string }>('SELECT id FROM identity');
    for (const { id: alert } of alerts) {
      const page = await site.world.stub.alert(alert, null);
      const own = new Set(page?.timeline.map(({ entry }) => entry?.id ?? ''));
      expect(own.size).toBeGreaterThan(0);
      const pass = passFor(alert, HOUR, ledgerId?.id);
      const other = site.ids.find((id) => !own.has(id)) ?? '';
      for (const id of own) expect((await site.visit(`/v1/audit_logs/${id}?pass=${pass}`)).status).toBe(200);
      const [beside, none] = await Promise.all(
        [other, 'no-such-entry'].map((id) => site.visit(`/v1/audit_logs/${id}?pass=${pass}`)),
      );
      expect([beside?.status, await beside?.text()]).toEqual([404, await none?.text()]);
      expect([...(beside?.headers ?? [])]).toEqual([...(none?.headers ?? [])]);
    }
  });
});

describe('a query', () => {
  it('that is too long is refused', async () => {
    const site = await siteWithLog();
    const answer = await site.visit(`/v1/audit_logs?cursor=${'a'.repeat(9_000)}`, bearer(token));
    expect(answer.status).toBe(414);
    expect(await site.world.requests()).toBe(0);
  });

  it.each([
    '//evil.example/v1/audit_logs',
    '/\\evil.example/v1/audit_logs',
    '/v1/audit_logs/',
    '/v1//audit_logs',
    '/V1/audit_logs',
    '/v1/audit_logs/a/b',
  ])('on another path is not found: %s', async (path) => {
    const site = await siteWithLog();
    expect((await site.visit(path, bearer(token))).status).toBe(404);
    expect(await site.world.requests()).toBe(0);
  });

  it('with another Host goes to the same upstream', async () => {
    const site = await siteWithLog();
    const init = {
      headers: { authorization: `Bearer ${token}`, host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    };
    const answer = await site.visit('/v1/audit_logs?@evil.example/', init, { origin: 'https://evil.example' });
    expect([answer.status, answer.headers.get('x-tocsin-source')]).toEqual([200, 'upstream']);
    expect(await site.world.requests()).toBe(1);
  });
});

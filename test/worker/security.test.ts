/** The security log over HTTP, with a real ledger: what is recorded of whom, and what refused requests cost. */

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import { makeToken, TOKEN_BYTES } from '../../src/access/viewer.ts';
import type { LedgerSecurity } from '../../src/ledger/rpc.ts';
import { KV_REWIND } from '../../src/poller/poll.ts';
import { sha256Hex } from '../../src/text/sha256.ts';
import type { RefusalMemory } from '../../src/web/context.ts';
import { addViewer, bearer, createRequests, createSite, passFor, SECRET, type SiteChanges, sessionOf } from './site.ts';
import { HOUR, logged, MINUTE } from './world.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
const FROM = { 'cf-connecting-ip': '203.0.113.7', 'user-agent': 'curl/8\u009b' };

/** A site over a real ledger. */
async function createReal(changes: SiteChanges = {}) {
  const { world } = await createSite();
  const ledger = world.stub;
  const real = await createSite({ ...changes, deps: { ledger, reconnect: () => ledger as never, ...changes.deps } });
  const signIn = (token: string) =>
    real.visit('/session', {
      method: 'POST',
      headers: { ...FORM, ...FROM },
      body: new URLSearchParams({ token, next: '/' }).toString(),
    });
  const events = async () => (await ledger.securityLog(null)).events;
  return { ...real, ledger, world, signIn, events };
}

const memory = (reportAt = Number.POSITIVE_INFINITY): RefusalMemory => ({ hours: [], reportAt });
/** What a memory holds, of all hours. */
function heldIn({ hours }: RefusalMemory): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { counts } of hours) for (const [why, n] of Object.entries(counts)) sum[why] = (sum[why] ?? 0) + n;
  return sum;
}

/** The lines that were logged since, by `at`. */
function linesOf(at: string, from: number) {
  return logged
    .slice(from)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.at === at);
}

describe('a sign-in', () => {
  it('is recorded with who, from where and with what, and is a line', async () => {
    const { signIn, events } = await createReal();
    const { id, token } = await addViewer('Ada', null, 'operator');
    const from = logged.length;
    expect((await signIn(token)).status).toBe(303);
    const event = {
      act: 'sign-in',
      who: `Ada (${id})`,
      detail: 'operator',
      address: '203.0.113.7',
      agent: 'curl/8\u009b',
    };
    expect(await events()).toEqual([{ ...event, id: expect.any(Number), at: expect.any(Number) }]);
    expect(linesOf('security', from)).toEqual([{ at: 'security', ...event, outcome: 'recorded' }]);
    expect(logged.slice(from).join()).not.toContain('\u009b');
    expect(logged.slice(from).join()).not.toContain(token.slice(-20));
  });

  it('is done 100 times a day, then refused until 00:00 UTC, by viewer', async () => {
    const { signIn, ledger, events } = await createReal();
    const [ada, bob] = [await addViewer('Ada'), await addViewer('Bob')];
    const event = { act: 'sign-in', who: `Ada (${ada.id})`, detail: null, address: null, agent: null } as const;
    for (let i = 0; i < 99; i++) await ledger.recordSecurity(event);
    expect((await signIn(ada.token)).status).toBe(303);
    const refused = await signIn(ada.token);
    const wait = Number(refused.headers.get('retry-after'));
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([429, null]);
    expect(Math.abs((Date.now() / 1000 + wait) % 86_400)).toBeLessThan(5);
    expect((await signIn(bob.token)).status).toBe(303);
    expect((await events())[0]?.who).toContain('Bob');
  });

  it.each([
    ['fails', () => Promise.reject(new Error('database or disk is full'))],
    ['is full', async () => 'full' as const],
    ['does not answer', () => new Promise<never>(() => {})],
  ])('is done all the same where the ledger %s, and the line says so', async (_, recordSecurity) => {
    const { ledger, token } = { ledger: { recordSecurity, ledgerId: async () => 'x' }, ...(await addViewer('Ada')) };
    const refusals = memory();
    const { signIn } = await createReal({ deps: { ledger: ledger as never, refusals } });
    const from = logged.length;
    expect((await signIn(token)).status).toBe(303);
    expect(linesOf('security', from)).toMatchObject([{ outcome: expect.stringMatching(/^failed$|^full$/) }]);
    expect(heldIn(refusals)).toEqual({ 'event not recorded': 1 });
  });

  it('ends with a sign-out that is recorded too, unless nobody was signed in', async () => {
    const { signIn, visit, events } = await createReal();
    const { id, token } = await addViewer('Ada');
    const cookie = /^[^;]+/.exec((await signIn(token)).headers.get('set-cookie') ?? '')?.[0] ?? '';
    expect((await visit('/sign-out', { method: 'POST', headers: { ...FORM, cookie } })).status).toBe(303);
    expect((await visit('/sign-out', { method: 'POST', headers: FORM })).status).toBe(303);
    expect((await events()).map(({ act, who }) => [act, who])).toEqual([
      ['sign-out', `Ada (${id})`],
      ['sign-in', `Ada (${id})`],
    ]);
  });
});

describe('a sign-out', () => {
  it('is of the session’s viewer, not of anyone else who the request says it is from', async () => {
    const { visit, events, ledger } = await createReal();
    const [ada, bob] = [await addViewer('Ada'), await addViewer('Bob', null, 'operator')];
    const requestOf = await createRequests();
    const assertion = new Headers((await requestOf('an Access user', 'POST', '/sign-out')).init.headers);
    const others: HeadersInit[] = [
      { authorization: `Bearer ${bob.token}` },
      { 'cf-access-jwt-assertion': assertion.get('cf-access-jwt-assertion') ?? '' },
    ];
    for (const other of others) await visit('/sign-out', { method: 'POST', headers: { ...FORM, ...other } });
    expect(await events()).toEqual([]);
    for (const other of others) {
      const cookie = `__Host-tocsin=${sessionOf(ada.id, { ledger: await ledger.ledgerId() })}`;
      await visit('/sign-out', { method: 'POST', headers: { ...FORM, ...other, cookie } });
    }
    expect((await events()).map(({ act, who }) => [act, who])).toEqual([
      ['sign-out', `Ada (${ada.id})`],
      ['sign-out', `Ada (${ada.id})`],
    ]);
  });

  it('by strangers with made-up tokens reads nothing', async () => {
    let reads = 0;
    const KV = new Proxy(env.KV, {
      get: (kv, name) => {
        const value: unknown = Reflect.get(kv, name);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          if (name === 'get') reads++;
          return value.apply(kv, given);
        };
      },
    });
    const { visit } = await createReal({ settings: { KV } });
    for (let i = 0; i < 20; i++) {
      const { token } = makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), 'f'.repeat(32));
      await visit('/sign-out', { method: 'POST', headers: { ...FORM, authorization: `Bearer ${token}` } });
    }
    expect(reads).toBe(0);
  });
});

describe('an operator’s act', () => {
  const AT = '2026-01-31T09:00:00.000Z';
  const ROWS: readonly (readonly [method: string, path: string, body: unknown, act: string, detail: unknown])[] = [
    [
      'POST',
      '/operator/viewers',
      { name: 'Eve', role: 'responder', expiresAt: null },
      'viewer added',
      expect.stringMatching(/^Eve \([0-9a-f]{16}\), responder, never expires$/),
    ],
    [
      'POST',
      '/operator/rewind',
      { id: 'r-1', to: AT, suppress: true },
      'rewind',
      expect.stringContaining('2026-01-31'),
    ],
    ['POST', '/operator/test', null, 'receivers tested', null],
    ['POST', '/operator/resend', { receiver: null }, 'resend', 'of all receivers'],
    ['POST', '/operator/backfill/cancel', { id: 7 }, 'backfill', 'cancel 7'],
    ['POST', '/operator/quarantine/release', { records: ['a'] }, 'quarantine', 'release 1: a'],
    ['POST', '/operator/quarantine/drop', { records: ['a', '<b>', 'a'] }, 'quarantine', 'drop 2: a, <b>'],
  ];

  it.each(ROWS)(
    '%s %s is recorded, by an operator’s token and by the secret',
    async (method, path, body, act, detail) => {
      const { visit, events } = await createReal();
      const { id, token } = await addViewer('Ada', null, 'operator');
      const text = body === null ? '' : JSON.stringify(body);
      for (const isSecret of [false, true]) {
        const asked = text.replace('Eve', `Eve ${isSecret ? 2 : 1} ${Date.now()}`);
        const given = isSecret ? await operatorToken(SECRET, method, path, asked, Date.now()) : token;
        const response = await visit(path, { ...bearer(given), method, body: asked });
        expect(response.status).toBeLessThan(300);
      }
      const shown = (await events()).map((event) => [
        event.act,
        event.who,
        event.detail?.replace(/^Eve .*? \(/, 'Eve (') ?? null,
      ]);
      expect(shown).toEqual([
        [act, 'operator secret', detail],
        [act, `Ada (${id})`, detail],
      ]);
    },
  );

  it('that is refused or only reads is not recorded', async () => {
    const { visit, events } = await createReal();
    const { token } = await addViewer('Ada', null, 'operator');
    const other = await addViewer('Bob', null, 'responder');
    for (const [method, path, body] of ROWS) {
      expect((await visit(path, { ...bearer(token), method: 'GET' })).status).toBeLessThan(500);
      if (body !== null) expect((await visit(path, { ...bearer(token), method, body: '{' })).status).toBe(422);
      expect((await visit(path, { ...bearer(other.token), method, body: JSON.stringify(body) })).status).toBe(404);
    }
    expect(await events()).toEqual([]);
  });

  it('revokes a viewer, with name and role', async () => {
    const { visit, events } = await createReal();
    const { token } = await addViewer('Ada', null, 'operator');
    const eve = await addViewer('Eve', null, 'responder');
    await visit(`/operator/viewers/${eve.id}`, { ...bearer(token), method: 'DELETE' });
    await visit(`/operator/viewers/${eve.id}`, { ...bearer(token), method: 'DELETE' });
    expect(await events()).toMatchObject([{ act: 'viewer revoked', detail: `Eve (${eve.id}), responder` }]);
  });
});

describe('what can’t be recorded', () => {
  const asked = (token: string, path: string, body: unknown, method = 'POST') =>
    [path, { ...bearer(token), method, body: body === null ? null : JSON.stringify(body) }] as const;

  it.each(['too many', 'full'] as const)(
    'because it is “%s” is not done by an operator, but revoking is',
    async (outcome) => {
      const done: string[] = [];
      const { world } = await createSite();
      await env.KV.delete(KV_REWIND);
      const ledger = {
        status: () => world.stub.status(),
        recordSecurity: async () => outcome,
        resend: async () => void done.push('resend'),
        testReceivers: async () => void done.push('test'),
        release: async () => void done.push('release'),
        drop: async () => void done.push('drop'),
      };
      const refusals = memory();
      const { visit } = await createReal({ deps: { ledger: ledger as never, refusals } });
      const { token } = await addViewer('Ada', null, 'operator');
      const eve = await addViewer('Eve', null, 'responder');
      const before = (await env.KV.list({ prefix: 'viewer:' })).keys.length;
      const rewind = { id: `r-${outcome}`, to: '2026-01-31T09:00:00.000Z', suppress: true };
      const refused = [
        asked(token, '/operator/viewers', { name: `backdoor ${outcome}`, role: 'operator', expiresAt: null }),
        asked(token, '/operator/rewind', rewind),
        asked(token, '/operator/test', null),
        asked(token, '/operator/resend', { receiver: null }),
        asked(token, '/operator/quarantine/release', { records: ['a'] }),
        asked(token, '/operator/quarantine/drop', { records: ['a'] }),
      ];
      for (const [path, init] of refused) {
        const response = await visit(path, init);
        expect([path, response.status]).toEqual([path, 429]);
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await response.json()).toMatchObject({ message: expect.stringContaining('limit') });
      }
      expect(await env.KV.get(KV_REWIND)).toBeNull();
      expect([done, (await env.KV.list({ prefix: 'viewer:' })).keys.length]).toEqual([[], before]);
      expect((await visit(...asked(token, `/operator/viewers/${eve.id}`, null, 'DELETE'))).status).toBe(200);
      expect(await env.KV.get(`viewer:${eve.id}`)).toBeNull();
      expect(heldIn(refusals)).toEqual({ 'too many today': refused.length, 'event not recorded': 1 });
    },
  );

  it('by one operator after a thousand acts of another kind is nothing: a viewer added is in the log', async () => {
    const { visit, ledger, events } = await createReal();
    const { id, token } = await addViewer('Ada', null, 'operator');
    const act = { act: 'resend', who: `Ada (${id})`, detail: null, address: null, agent: null } as const;
    for (let i = 0; i < 1_000; i += 50) await Promise.all(Array.from({ length: 50 }, () => ledger.recordSecurity(act)));
    const name = `backdoor ${Date.now()}`;
    const body = { name, role: 'operator', expiresAt: null };
    expect((await visit(...asked(token, '/operator/viewers', body))).status).toBe(201);
    expect((await events())[0]).toMatchObject({ act: 'viewer added', detail: expect.stringContaining(name) });
    expect((await visit(...asked(token, '/operator/resend', { receiver: null }))).status).toBe(429);
  }, 30_000);

  it('because the ledger does not answer is done within a few seconds, and the line says so', async () => {
    const never = () => new Promise<never>(() => {});
    const ledger = { recordSecurity: never, ledgerId: never, spendProof: never, isProofSpent: never };
    const { visit, signIn } = await createReal({ deps: { ledger: ledger as never } });
    const { id, token } = await addViewer('Ada', null, 'operator');
    const cookie = `__Host-tocsin=${sessionOf(id)}`;
    const from = logged.length;
    const name = `new ${Date.now()}`;
    const secret = await operatorToken(SECRET, 'POST', '/operator/test', '', Date.now());
    const answers = await Promise.all([
      signIn(token),
      visit(...asked(token, '/operator/viewers', { name })),
      visit('/sign-out', { method: 'POST', headers: { ...FORM, cookie } }),
      visit('/operator/test', { ...bearer(secret), method: 'POST' }),
      visit('/rules', { headers: { cookie } }),
    ]);
    // What a ledger must confirm is not done.
    expect(answers.map(({ status }) => status)).toEqual([503, 201, 503, 503, 503]);
    const outcomes = linesOf('security', from).map(({ act, outcome }) => [act, outcome]);
    expect(outcomes).toContainEqual(['viewer added', 'failed']);
  }, 20_000);
});

describe('what was dropped', () => {
  it.each([
    ['a long name first', ['x'.repeat(300), 'the-evidence'], 'drop 2: xxx'],
    ['a name many times', [...Array.from({ length: 99 }, () => 'x'), 'the-evidence'], 'drop 2: x, '],
    ['a hundred names', Array.from({ length: 100 }, (_, i) => `the-evidence ${i}`), 'drop 100: the-evidence 0, '],
  ])('is recorded whole after %s', async (_, records, start) => {
    const { visit, events } = await createReal();
    const { token } = await addViewer('Ada', null, 'operator');
    await visit('/operator/quarantine/drop', { ...bearer(token), method: 'POST', body: JSON.stringify({ records }) });
    const { detail = '' } = (await events())[0] ?? {};
    expect(detail).toContain(start);
    for (const name of records.slice(1)) expect(detail?.split(', ').some((part) => part.endsWith(name))).toBe(true);
  });

  it('is recorded by the hash in its key where its names are too long', async () => {
    const { visit, events } = await createReal();
    const { token } = await addViewer('Ada', null, 'operator');
    const records = Array.from({ length: 100 }, (_, i) => `${'\u0001'.repeat(500)}${i}`);
    await visit('/operator/quarantine/drop', { ...bearer(token), method: 'POST', body: JSON.stringify({ records }) });
    const { detail = '' } = (await events())[0] ?? {};
    const hashes = records.map((name) => sha256Hex(name).slice(0, 16));
    expect(detail).toBe(`drop 100: ${hashes.join(', ')}`);
  });
});

describe('the page and the API', () => {
  it('show the log, a page at a time, to operators, who alone have a link to it', async () => {
    const { visit, ledger, signIn } = await createReal();
    const [ada, bob] = [await addViewer('Ada', null, 'operator'), await addViewer('Bob')];
    const from = { detail: '<b>', address: null, agent: null };
    for (let i = 0; i < 51; i++) await ledger.recordSecurity({ act: 'resend', who: `someone ${i}.`, ...from });
    await ledger.countRefusals([{ from: Date.now(), counts: { 'rate limit': 1_234 } }]);
    const cookie = /^[^;]+/.exec((await signIn(ada.token)).headers.get('set-cookie') ?? '')?.[0] ?? '';
    const headers = { cookie, accept: 'text/html' };
    const first = await (await visit('/security', { headers })).text();
    expect(first).toContain(`Ada`);
    expect(first).toContain('&lt;b&gt;');
    expect(first).toContain('rate limit 1,234');
    expect(first).not.toContain('someone 1.');
    const [, older = ''] = /href="(\/security\?before=\d+)"/.exec(first) ?? [];
    const second = await (await visit(older, { headers })).text();
    expect(second).toContain('someone 1.');
    expect(second).not.toContain('someone 2.');
    expect(await (await visit('/rules', { headers })).text()).toContain('href="/security"');
    const bobs = { headers: { ...bearer(bob.token).headers, accept: 'text/html' } };
    expect(await (await visit('/rules', bobs)).text()).not.toContain('href="/security"');
    expect((await visit('/security', bobs)).status).toBe(404);
    const json = await visit(older.replace('/security', '/operator/security'), bearer(ada.token));
    expect(await json.json()).toMatchObject({ events: [{ who: 'someone 1.' }, { who: 'someone 0.' }], next: null });
    expect((await visit('/operator/security?before=x', bearer(ada.token))).status).toBe(422);
  });
});

describe('a refused request', () => {
  it('counts in the hour when it came, also where it is reported later', async () => {
    const refusals = memory(0);
    const given: unknown[] = [];
    const works: (() => Promise<void>)[] = [];
    const later = (work: () => Promise<void>) => void works.push(work);
    const ledger = { countRefusals: async (hours: unknown) => void given.push(hours) } as never;
    const hour = Math.floor(Date.now() / HOUR) * HOUR;
    let now = hour + HOUR - 1;
    const site = await createSite({ deps: { refusals, later, ledger, now: () => now } });
    await site.visit('/none');
    now += 2;
    await site.visit('/none');
    await works[0]?.();
    const counts = { unauthenticated: 1 };
    expect(given).toEqual([
      [
        { from: hour + HOUR, counts },
        { from: hour, counts },
      ],
    ]);
  });

  it('is a line that says why, with the network and without the query, and is counted', async () => {
    const requestOf = await createRequests();
    const refusals = memory();
    const limited = { RATE_LIMIT: { limit: async () => ({ success: false }) } };
    const { visit, signIn } = await createReal({ deps: { refusals } });
    const from = logged.length;
    const headers = { 'cf-connecting-ip': '2001:db8:0:1:aaaa::7' };
    await visit('/alerts?secret=1', { headers });
    await visit('/none', { headers });
    await visit('/alerts/5', { headers: { ...headers } }, { settings: limited });
    await visit(`/alerts/5?pass=${await passFor(5, -HOUR)}`);
    await visit('/operator/status', (await requestOf('a viewer', 'GET', '/operator/status')).init);
    await visit('/sign-out', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
    await visit('/session', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } });
    await signIn('please');
    expect(heldIn(refusals)).toEqual({
      unauthenticated: 2,
      'rate limit': 1,
      'expired link': 1,
      'not allowed': 1,
      'form of another site': 2,
      'wrong token at sign-in': 1,
    });
    const lines = linesOf('refused', from);
    expect(lines).toHaveLength(8);
    expect(lines[0]).toEqual({
      at: 'refused',
      why: 'unauthenticated',
      method: 'GET',
      path: '/alerts',
      network: expect.stringMatching(/^2001:db8:0:1?:?.*\/\d+$/),
    });
    expect(logged.slice(from).join()).not.toContain('pass=');
  });

  it('is a line without a token, a pass or a session that is in its path or anywhere else', async () => {
    const { visit, events } = await createReal();
    const { id, token } = await addViewer('Ada', null, 'operator');
    const signed = await operatorToken(SECRET, 'POST', '/', '', Date.now());
    const secrets = [token, passFor(5), sessionOf(id), signed];
    const from = logged.length;
    for (const secret of secrets) {
      const headers = { 'user-agent': secret };
      await visit(`/operator/viewers/${secret}`, { method: 'DELETE', headers });
      await visit(`/alerts/${secret}`, { headers });
      await visit('/operator/quarantine/drop', {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${token}` },
        body: JSON.stringify({ records: [secret] }),
      });
    }
    const text = logged.slice(from).join() + JSON.stringify(await events());
    for (const secret of secrets) expect(text).not.toContain(secret.slice(-40));
    expect(text).toContain(`/operator/viewers/tocsin_${id}_…`);
    expect(await events()).toHaveLength(secrets.length);
  });

  it('that others are in the middle of is counted once, and again where the ledger does not take it', async () => {
    const given: unknown[] = [];
    const works: (() => Promise<void>)[] = [];
    const refusals = memory(0);
    let answer: () => Promise<boolean> = async () => true;
    const countRefusals: LedgerSecurity['countRefusals'] = (hours) => {
      given.push(heldIn({ hours, reportAt: 0 }));
      return answer();
    };
    let now = Date.now();
    const ledger = { countRefusals } as never;
    const later = (work: () => Promise<void>) => void works.push(work);
    const site = await createSite({ deps: { refusals, later, ledger, now: () => now } });
    const refuse = () => site.visit('/none');
    const report = () => works.shift()?.();
    await refuse();
    await refuse();
    expect([works.length, given]).toEqual([1, []]);
    await report();
    now += 9 * MINUTE;
    await refuse();
    expect(works.length).toBe(0);
    now += MINUTE;
    await refuse();
    answer = async () => false;
    await report();
    now += MINUTE;
    answer = () => Promise.reject(new Error('the ledger is away'));
    await refuse();
    await report();
    now += MINUTE;
    answer = async () => true;
    await refuse();
    await report();
    expect(given).toEqual([2, 2, 3, 4].map((n) => ({ unauthenticated: n })));
    expect(refusals.hours).toEqual([]);
  });

  it('10,000 times a day in three isolates costs a few hundred rows, and all are counted', async () => {
    const site = await createSite();
    const { world } = site;
    // To the beginning of a day.
    await world.advance(24 * HOUR - (Date.now() % (24 * HOUR)));
    await world.countRows();
    const works: (() => Promise<void>)[] = [];
    const memories = [0, 1, 2].map(() => memory(0));
    let requests = 0;
    const ledger = {
      countRefusals: (hours: never) => {
        requests++;
        return world.stub.countRefusals(hours);
      },
    } as never;
    const later = (work: () => Promise<void>) => void works.push(work);
    for (let minute = 0; minute < 24 * 60; minute += 3) {
      for (let i = 0; i < 21; i++) {
        const refusals = memories[i % 3] as RefusalMemory;
        await site.visit('/wp-login.php', {}, { deps: { refusals, later, ledger } });
      }
      for (const work of works.splice(0)) await work();
      await world.advance(3 * MINUTE);
    }
    expect(world.costs.rows).toBeLessThan(450);
    expect(requests).toBeLessThan(3 * 24 * 10);
    const stored = await world.sql<{ counts: string }>('SELECT counts FROM refusals');
    const held = memories.map((each) => heldIn(each).unauthenticated ?? 0);
    const counted = stored.map(({ counts }) => (JSON.parse(counts) as { unauthenticated: number }).unauthenticated);
    expect([...counted, ...held].reduce((sum, n) => sum + n, 0)).toBe(10_080);
    expect(stored.length).toBeLessThanOrEqual(25);
    expect(Math.max(...held)).toBeLessThan(200);
  }, 60_000);
});

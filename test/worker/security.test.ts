/** The security log over HTTP, with a real ledger: what is recorded of whom, and what refused requests cost. */
import { describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import type { LedgerSecurity } from '../../src/ledger/rpc.ts';
import type { RefusalMemory } from '../../src/web/context.ts';
import { addViewer, bearer, createRequests, createSite, passFor, SECRET, type SiteChanges } from './site.ts';
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
  ])('is done all the same where the ledger %s, and the line says so', async (_, recordSecurity) => {
    const { ledger, token } = { ledger: { recordSecurity }, ...(await addViewer('Ada')) };
    const refusals = { counts: {}, reportAt: Number.POSITIVE_INFINITY };
    const { signIn } = await createReal({ deps: { ledger: ledger as never, refusals } });
    const from = logged.length;
    expect((await signIn(token)).status).toBe(303);
    expect(linesOf('security', from)).toMatchObject([{ outcome: expect.stringMatching(/^failed$|^full$/) }]);
    expect(refusals.counts).toEqual({ 'event not recorded': 1 });
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
    ['POST', '/operator/quarantine/release', { records: ['a'] }, 'quarantine', 'release a'],
    ['POST', '/operator/quarantine/drop', { records: ['a', '<b>'] }, 'quarantine', 'drop a, <b>'],
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

describe('the page and the API', () => {
  it('show the log, a page at a time, to operators, who alone have a link to it', async () => {
    const { visit, ledger, signIn } = await createReal();
    const [ada, bob] = [await addViewer('Ada', null, 'operator'), await addViewer('Bob')];
    const from = { detail: '<b>', address: null, agent: null };
    for (let i = 0; i < 51; i++) await ledger.recordSecurity({ act: 'resend', who: `someone ${i}.`, ...from });
    await ledger.countRefusals({ 'rate limit': 1_234 });
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
  it('is a line that says why, with the network and without the query, and is counted', async () => {
    const requestOf = await createRequests();
    const refusals: RefusalMemory = { counts: {}, reportAt: Number.POSITIVE_INFINITY };
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
    expect(refusals.counts).toEqual({
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

  it('that others are in the middle of is counted once, and again where the ledger does not take it', async () => {
    const given: unknown[] = [];
    const works: (() => Promise<void>)[] = [];
    const refusals: RefusalMemory = { counts: {}, reportAt: 0 };
    let answer: () => Promise<boolean> = async () => true;
    const countRefusals: LedgerSecurity['countRefusals'] = (counts) => {
      given.push(counts);
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
    expect(refusals.counts).toEqual({});
  });

  it('10,000 times a day in three isolates costs a few hundred rows, and all are counted', async () => {
    const site = await createSite();
    const { world } = site;
    // To the beginning of a day.
    await world.advance(24 * HOUR - (Date.now() % (24 * HOUR)));
    await world.countRows();
    const works: (() => Promise<void>)[] = [];
    const memories: RefusalMemory[] = [0, 1, 2].map(() => ({ counts: {}, reportAt: 0 }));
    let requests = 0;
    const ledger = {
      countRefusals: (counts: never) => {
        requests++;
        return world.stub.countRefusals(counts);
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
    expect(world.costs.rows).toBeLessThan(400);
    expect(requests).toBeLessThan(3 * 24 * 10);
    const stored = await world.sql<{ counts: string }>('SELECT counts FROM refusals');
    const held = memories.map(({ counts }) => counts.unauthenticated ?? 0);
    const counted = stored.map(({ counts }) => (JSON.parse(counts) as { unauthenticated: number }).unauthenticated);
    expect([...counted, ...held].reduce((sum, n) => sum + n, 0)).toBe(10_080);
    expect(stored.length).toBeLessThanOrEqual(25);
    expect(Math.max(...held)).toBeLessThan(200);
  }, 60_000);
});

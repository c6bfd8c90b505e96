/** Signing in and out in a browser: from our own pages only, and to our own pages only. */
import { describe, expect, it } from 'vitest';
import { SESSION_MS } from '../../src/access/session.ts';
import { fill } from './full-storage.ts';
import { ALERT, LEDGER_ID } from './ledger-stub.ts';
import { addViewer, bearer, createSite, ORIGIN, passFor, type Site, type SiteChanges, sessionOf } from './site.ts';

const FORM = 'application/x-www-form-urlencoded';
const OURS = { 'content-type': FORM, 'sec-fetch-site': 'same-origin' };

async function signIn(
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = OURS,
  changes: SiteChanges = {},
): Promise<Response> {
  const site = await createSite();
  const body = new URLSearchParams(fields).toString();
  return site.visit('/session', { method: 'POST', headers, body }, changes);
}

describe('signing in', () => {
  it('with a token redirects, with a cookie that scripts and other sites can’t use', async () => {
    const { id, token } = await addViewer('Ada');
    const response = await signIn({ token: ` ${token}\n`, next: '/alerts?state=all' });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/alerts?state=all']);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      new RegExp(
        `^__Host-tocsin=${id}\\.\\d+\\.${LEDGER_ID}\\.[0-9a-f]{16}\\.[0-9a-f]{8}\\.[0-9a-f]{64}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax$`,
      ),
    );
    expect(cookie).not.toContain(token.slice(-20));
    const site = await createSite();
    const [pair = ''] = cookie.split(';');
    expect((await site.visit('/alerts', { headers: { cookie: `x=y; ${pair}; z=1` } })).status).toBe(200);
  });

  it('on localhost over http sets a cookie that works without https', async () => {
    const { token } = await addViewer('local');
    const response = await signIn({ token }, OURS, { origin: 'http://127.0.0.1:8787' });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^tocsin=.*HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain('Secure');
    const elsewhere = await signIn({ token }, OURS, { origin: 'http://tocsin.example' });
    expect(elsewhere.headers.get('set-cookie')).toContain('Secure');
    const site = await createSite();
    const [pair = ''] = cookie.split(';');
    expect(
      (await site.visit('/alerts', { headers: { cookie: pair } }, { origin: 'http://localhost:8787' })).status,
    ).toBe(200);
    // Over https, only the `__Host-` cookie counts, which no other host can set.
    expect((await site.visit('/alerts', { headers: { cookie: pair } })).status).toBe(404);
  });

  it.each([
    ['a wrong token', async () => `${(await addViewer('x')).token.slice(0, -4)}AAAA`],
    ['an expired token', async () => (await addViewer('x', Date.now() - 1)).token],
    ['no token', async () => ''],
    ['a word', async () => 'please'],
    ['a session', async () => sessionOf('0'.repeat(16))],
  ])('with %s is refused with the same page', async (_, token) => {
    const response = await signIn({ token: await token(), next: '/alerts' });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
    const none = await signIn({ token: 'x', next: '/alerts' });
    expect(await response.text()).toBe(await none.text());
  });

  it.each(['//evil.example', 'https://evil.example/', '/\\evil.example', '/.//evil.example', 'javascript:alert(1)'])(
    'redirects to our own pages only: %s',
    async (next) => {
      const { token } = await addViewer('x');
      expect((await signIn({ token, next })).headers.get('location')).toBe('/');
      const wrong = await (await signIn({ token: 'wrong', next })).text();
      expect(wrong).not.toContain('evil');
      const site = await createSite();
      expect(await (await site.visit(`/sign-in?next=${encodeURIComponent(next)}`)).text()).not.toContain('evil');
    },
  );

  it.each([
    ['another site', { 'content-type': FORM, 'sec-fetch-site': 'cross-site', origin: ORIGIN }],
    ['another host of ours', { 'content-type': FORM, 'sec-fetch-site': 'same-site' }],
    ['nowhere', { 'content-type': FORM, 'sec-fetch-site': 'none' }],
    ['an old browser on another site', { 'content-type': FORM, origin: 'https://evil.example' }],
    ['an old browser with a null origin', { 'content-type': FORM, origin: 'null' }],
    ['no browser', { 'content-type': FORM }],
  ])('from %s is refused without reading the form', async (_, headers) => {
    const { token } = await addViewer('x');
    const response = await signIn({ token }, headers);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
  });

  it('from an old browser on our own page is accepted', async () => {
    const { token } = await addViewer('x');
    expect((await signIn({ token }, { 'content-type': FORM, origin: ORIGIN })).status).toBe(303);
  });

  it('with anything except a short form is refused', async () => {
    const { token } = await addViewer('x');
    const json = await signIn({ token }, { ...OURS, 'content-type': 'application/json' });
    expect([json.status, json.headers.get('set-cookie')]).toEqual([401, null]);
    const long = await signIn({ token, padding: 'x'.repeat(10_000) });
    expect([long.status, long.headers.get('set-cookie')]).toEqual([401, null]);
  });

  it.each([
    ['in capitals', 'Application/X-WWW-Form-Urlencoded', 303],
    ['with a charset', `${FORM}; charset=utf-8`, 303],
    ['with a charset, without a space', `${FORM};charset=UTF-8`, 303],
    ['with a letter more', `${FORM}X`, 401],
    ['with a type before it', `text/plain, ${FORM}`, 401],
    ['that is multipart', 'multipart/form-data; boundary=x', 401],
    ['of JSON', 'application/json', 401],
    ['of no type', '', 401],
  ])('with a media type %s', async (_, type, status) => {
    const { token } = await addViewer('x');
    expect((await signIn({ token }, { ...OURS, 'content-type': type })).status).toBe(status);
  });

  it('with a body that never ends gets the form again, and no session', async () => {
    const site = await createSite();
    const { token } = await addViewer('slow');
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`token=${token}`));
      },
    });
    const began = Date.now();
    const response = await site.visit('/session', { method: 'POST', headers: OURS, body });
    expect(Date.now() - began).toBeLessThan(15_000);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([408, null]);
    expect(await response.text()).toContain('did not arrive in time');
  }, 20_000);

  it('with a body that breaks off gets the form again', async () => {
    const site = await createSite();
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error('connection lost'));
      },
    });
    expect((await site.visit('/session', { method: 'POST', headers: OURS, body })).status).toBe(408);
  });

  it('is unavailable if KV or the ledger is down or LINK_SECRET is not set, and is limited by address', async () => {
    const { token } = await addViewer('x');
    const ledgerId = () => Promise.reject(new Error('no ledger today'));
    for (const ledger of [null, { ...(await createSite()).ledger, ledgerId }]) {
      const response = await signIn({ token }, OURS, { deps: { ledger } });
      expect([response.status, response.headers.get('set-cookie')]).toEqual([503, null]);
    }
    const KV = { get: () => Promise.reject(new Error('down')), put: () => {}, delete: () => {} };
    expect((await signIn({ token }, OURS, { settings: { KV } })).status).toBe(503);
    expect((await signIn({ token }, OURS, { settings: { LINK_SECRET: undefined } })).status).toBe(503);
    const RATE_LIMIT = { limit: async () => ({ success: false }) };
    expect((await signIn({ token }, OURS, { settings: { RATE_LIMIT } })).status).toBe(429);
  });
});

describe('signing out', () => {
  const out = (site: Site, cookie = '', headers: Readonly<Record<string, string>> = OURS, changes: SiteChanges = {}) =>
    site.visit('/sign-out', { method: 'POST', headers: { ...headers, cookie } }, changes);
  const removed = (response: Response) =>
    response.headers.getSetCookie().flatMap((set) => /^([^=]+)=; Max-Age=0;/.exec(set)?.[1] ?? []);
  const isIn = async (site: Site, cookie: string, changes: SiteChanges = {}) =>
    (await site.visit('/alerts', { headers: { cookie } }, changes)).status;

  it('deletes the cookies and what the browser has stored, from our own pages only', async () => {
    const site = await createSite();
    const response = await out(site);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in']);
    expect(response.headers.getSetCookie()).toEqual(
      ['__Host-tocsin', '__Host-tocsin-links'].map(
        (name) => `${name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
      ),
    );
    expect(response.headers.get('clear-site-data')).toBe('"cache", "storage"');
    const { id } = await addViewer('abroad');
    const cookie = `__Host-tocsin=${sessionOf(id)}`;
    const foreign = await out(site, cookie, { 'sec-fetch-site': 'cross-site' });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    expect(await isIn(site, cookie)).toBe(200);
  });

  it('ends the session at once and everywhere, in one row, and no other session of the viewer', async () => {
    const site = await createSite();
    await site.world.untilEnded();
    const deps = { ledger: site.world.stub as unknown as Site['deps']['ledger'] };
    const { id } = await addViewer('in twice');
    const ledger = await site.world.stub.ledgerId();
    const [one, other] = [1, 2].map(() => `__Host-tocsin=${sessionOf(id, { ledger })}`);
    if (one === undefined || other === undefined) throw new Error('no session');
    expect([await isIn(site, one, { deps }), await isIn(site, other, { deps })]).toEqual([200, 200]);
    expect((await out(site, one, OURS, { deps })).status).toBe(303);
    // As from another location: nothing but the ledger knows.
    const elsewhere = await createSite();
    expect([await isIn(elsewhere, one, { deps }), await isIn(elsewhere, other, { deps })]).toEqual([404, 200]);
    // Again, and again with what is over: no row more.
    for (const cookie of [one, one, `__Host-tocsin=${sessionOf(id, { expires: Date.now() - 1 })}`, '__Host-tocsin=x']) {
      expect((await out(site, cookie, OURS, { deps })).status).toBe(303);
    }
    const rows = await site.world.sql<{ until: number }>('SELECT until FROM spent_proofs');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.until).toBeGreaterThan(Date.now() + SESSION_MS - 60_000);
    await site.world.evict();
    expect([await isIn(site, one, { deps }), await isIn(site, other, { deps })]).toEqual([404, 200]);
  });

  it('where the ledger can’t be asked removes the cookies, and says that the session is not ended', async () => {
    const site = await createSite();
    const { id, token } = await addViewer('stuck');
    const cookie = `__Host-tocsin=${sessionOf(id)}`;
    const fails = () => Promise.reject(new Error('no ledger today'));
    const broken = { ...site.ledger, spendProof: fails, isProofSpent: fails };
    for (const ledger of [broken, null]) {
      const deps = { ledger };
      const response = await out(site, cookie, OURS, { deps });
      expect(response.status).toBe(503);
      expect(removed(response)).toEqual(['__Host-tocsin', '__Host-tocsin-links']);
      expect(response.headers.get('clear-site-data')).toBe('"cache", "storage"');
      expect(await response.text()).toContain('could not be ended everywhere');
      expect(await isIn(site, cookie, { deps })).toBe(503);
      // Nothing else depends on it.
      expect((await out(site, '', OURS, { deps })).status).toBe(303);
      expect(
        (await site.visit('/rules', bearer(token), { deps: { ledger: { ...site.ledger, ...broken } } })).status,
      ).toBe(200);
    }
    expect(await isIn(site, cookie)).toBe(200);
  });

  it('where the database is full does the same, and nobody else is kept out', async () => {
    const site = await createSite();
    await site.world.untilEnded();
    const deps = { ledger: site.world.stub as unknown as Site['deps']['ledger'] };
    const { id, token } = await addViewer('a full house');
    const empty = await fill(site.world);
    const body = new URLSearchParams({ token }).toString();
    const signedIn = await site.visit('/session', { method: 'POST', headers: OURS, body }, { deps });
    const [cookie = ''] = (signedIn.headers.get('set-cookie') ?? '').split(';');
    expect([signedIn.status, await isIn(site, cookie, { deps })]).toEqual([303, 200]);
    const response = await out(site, cookie, OURS, { deps });
    expect([response.status, removed(response)]).toEqual([503, ['__Host-tocsin', '__Host-tocsin-links']]);
    expect(await response.text()).toContain('an operator can revoke the viewer token');
    // That is so: a copy is still good, until it is ended, here or by revoking.
    expect(await isIn(site, cookie, { deps })).toBe(200);
    await empty();
    expect((await out(site, cookie, OURS, { deps })).status).toBe(303);
    expect(await isIn(site, cookie, { deps })).toBe(404);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('of too many requests removes the cookies all the same, from our own pages, and asks the ledger nothing', async () => {
    const RATE_LIMIT = { limit: async () => ({ success: false }) };
    const site = await createSite({ settings: { RATE_LIMIT } });
    const { id } = await addViewer('in a hurry');
    let asked = 0;
    const spendProof = async () => {
      asked++;
      return true;
    };
    const deps = { ledger: { ...site.ledger, spendProof } };
    const cookie = `__Host-tocsin=${sessionOf(id)}`;
    const response = await out(site, cookie, OURS, { deps });
    expect([response.status, removed(response)]).toEqual([503, ['__Host-tocsin', '__Host-tocsin-links']]);
    const foreign = await out(site, cookie, { 'sec-fetch-site': 'cross-site' }, { deps });
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null]);
    expect(asked).toBe(0);
  });

  it('works where a neighbour without any proof used up the limit of forms', async () => {
    const counts = new Map<string, number>();
    const limit = async ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= 120 };
    };
    const site = await createSite({ settings: { RATE_LIMIT: { limit } } });
    const { id } = await addViewer('beside a guesser');
    const headers = { ...OURS, 'cf-connecting-ip': '192.0.2.1' };
    for (let i = 0; i < 121; i++) await site.visit('/session', { method: 'POST', headers, body: 'token=x' });
    expect((await site.visit('/session', { method: 'POST', headers, body: 'token=x' })).status).toBe(429);
    expect((await out(site, `__Host-tocsin=${sessionOf(id)}`, headers)).status).toBe(303);
  });

  it('asks the ledger for no session that is not valid otherwise', async () => {
    let asked = 0;
    const site = await createSite();
    const ledger = {
      ...site.ledger,
      isProofSpent: async () => {
        asked++;
        return false;
      },
    };
    const viewer = await addViewer('counted');
    const expired = await addViewer('expired', Date.now() - 1);
    const over = { expires: Date.now() - 1 };
    for (const session of [
      sessionOf(viewer.id, over),
      sessionOf(viewer.id, { secret: 'f'.repeat(32) }),
      sessionOf(expired.id),
      sessionOf('0'.repeat(16)),
      'x',
    ]) {
      expect(await isIn(site, `__Host-tocsin=${session}`, { deps: { ledger } })).toBe(404);
    }
    expect(asked).toBe(0);
    expect(await isIn(site, `__Host-tocsin=${sessionOf(viewer.id)}`, { deps: { ledger } })).toBe(200);
    expect(asked).toBe(1);
  });

  it('is for the ledger that it was made with: another, with the same secrets, takes no session of the first', async () => {
    const [site, other] = [await createSite(), await createSite()];
    const [first, second] = [site, other].map(({ world }) => world.stub as unknown as Site['deps']['ledger']);
    if (first === undefined || second === undefined) throw new Error('no ledger');
    const { token } = await addViewer('moves house');
    const body = new URLSearchParams({ token }).toString();
    const signedIn = await site.visit('/session', { method: 'POST', headers: OURS, body }, { deps: { ledger: first } });
    const [cookie = ''] = (signedIn.headers.get('set-cookie') ?? '').split(';');
    const inEach = async () => [
      await isIn(site, cookie, { deps: { ledger: first } }),
      await isIn(site, cookie, { deps: { ledger: second } }),
    ];
    expect(await inEach()).toEqual([200, 404]);
    expect((await out(site, cookie, OURS, { deps: { ledger: first } })).status).toBe(303);
    expect(await inEach()).toEqual([404, 404]);
  });

  it('takes the links along', async () => {
    const site = await createSite();
    const links = `__Host-tocsin-links=${passFor(ALERT)}`;
    const response = await out(site, links);
    expect(response.headers.getSetCookie().some((set) => set.startsWith('__Host-tocsin-links=;'))).toBe(true);
  });
});

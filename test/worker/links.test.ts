/** Links in the browser: a pass becomes a cookie and leaves the address, several are open at once, and none loops. */
import { describe, expect, it } from 'vitest';
import { LINK_MS, signPass } from '../../src/access/link.ts';
import { ALERT, ENTRY, LEDGER_ID, OTHER_ALERT, OTHER_ENTRY } from './ledger-stub.ts';
import { addViewer, bearer, createSite, passFor, SECRET, type Site, type SiteChanges, sessionOf } from './site.ts';
import { HOUR } from './world.ts';

const HTML = { accept: 'text/html' };

/** A browser: keeps cookies, and follows redirects. */
function browserOf(site: Site, takesCookies = true) {
  const jar = new Map<string, string>();
  const seen: string[] = [];
  async function open(path: string, changes: SiteChanges = {}): Promise<Response> {
    seen.push(path);
    if (seen.length > 20) throw new Error(`it loops: ${seen.join(' ')}`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await site.visit(path, { headers: { ...HTML, ...(cookie === '' ? {} : { cookie }) } }, changes);
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (!takesCookies) continue;
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const to = response.headers.get('location');
    return to === null ? response : open(to, changes);
  }
  return { open, jar, seen };
}

describe('a link', () => {
  it('becomes a cookie and leaves the address, with one redirect', async () => {
    const site = await createSite();
    const pass = passFor(ALERT);
    const response = await site.visit(`/alerts/${ALERT}?a=1&pass=${pass}&b=%2F`);
    expect([response.status, response.headers.get('location')]).toEqual([303, `/alerts/${ALERT}?a=1&b=%2F`]);
    expect(response.headers.get('set-cookie')).toMatch(
      new RegExp(`^__Host-tocsin-links=${pass}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax$`),
    );
    // Its use is recorded, and nothing is read for it.
    expect(site.asked).toEqual(['recordSecurity']);
    const browser = browserOf(site);
    expect((await browser.open(`/alerts/${ALERT}?pass=${pass}`)).status).toBe(200);
    expect(browser.seen).toEqual([`/alerts/${ALERT}?pass=${pass}`, `/alerts/${ALERT}`]);
    expect((await browser.open(`/entries/${ENTRY}`)).status).toBe(200);
    expect((await browser.open(`/v1/audit_logs/${ENTRY}`)).status).toBe(200);
    for (const path of ['/', '/alerts', '/rules', `/alerts/${OTHER_ALERT}`, `/entries/${OTHER_ENTRY}`]) {
      expect((await browser.open(path)).status).toBe(404);
    }
  });

  it('to an entry of any id leads to that entry', async () => {
    const site = await createSite();
    const response = await site.visit(`/entries/a%2F..%2F..%2Foperator?pass=${passFor(ALERT)}`);
    expect(response.headers.get('location')).toBe('/entries/a%2F..%2F..%2Foperator');
  });

  it('on localhost over http sets a cookie that works without https', async () => {
    const site = await createSite();
    const http = { origin: 'http://127.0.0.1:8787' };
    const response = await site.visit(`/alerts/${ALERT}?pass=${passFor(ALERT)}`, {}, http);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^tocsin-links=.*HttpOnly; SameSite=Lax$/);
    const [pair = ''] = cookie.split(';');
    expect((await site.visit(`/alerts/${ALERT}`, { headers: { cookie: pair } }, http)).status).toBe(200);
    expect((await site.visit(`/alerts/${ALERT}`, { headers: { cookie: pair } })).status).toBe(404);
  });

  it('where the browser takes no cookies does not loop: the page is refused and says that links need them', async () => {
    const browser = browserOf(await createSite(), false);
    const response = await browser.open(`/alerts/${ALERT}?pass=${passFor(ALERT)}`);
    expect([response.status, browser.seen.length]).toEqual([404, 2]);
    expect(await response.text()).toContain('need cookies');
  });

  it('opens its alert beside those of the links before', async () => {
    const browser = browserOf(await createSite());
    await browser.open(`/alerts/${ALERT}?pass=${passFor(ALERT)}`);
    await browser.open(`/entries/${OTHER_ENTRY}?pass=${passFor(OTHER_ALERT)}`);
    for (const path of [`/alerts/${ALERT}`, `/alerts/${OTHER_ALERT}`, `/entries/${ENTRY}`, `/entries/${OTHER_ENTRY}`]) {
      expect([path, (await browser.open(path)).status]).toEqual([path, 200]);
    }
    expect([...browser.jar.values()][0]?.split('_')).toHaveLength(2);
  });

  it('that is opened twenty times, each of another alert, keeps the cookie below 4 KB', async () => {
    const browser = browserOf(await createSite());
    for (let alert = 999_999_999_999_000; alert < 999_999_999_999_020; alert++) {
      browser.seen.length = 0;
      await browser.open(`/alerts/${alert}?pass=${passFor(alert, LINK_MS)}`);
    }
    expect([...browser.jar.values()][0]?.split('_')).toHaveLength(10);
    expect(JSON.stringify([...browser.jar]).length).toBeLessThan(3_500);
  });

  it('that expires is refused as one that has, and an older one of the cookie goes on', async () => {
    const site = await createSite();
    const [soon, later] = [passFor(ALERT, HOUR), passFor(OTHER_ALERT, 3 * HOUR)];
    const headers = { cookie: `__Host-tocsin-links=${soon}_${later}`, ...HTML };
    const at = async (path: string, ms: number) =>
      (await site.visit(path, { headers }, { deps: { now: () => Date.now() + ms } })).status;
    expect([await at(`/alerts/${ALERT}`, 0), await at(`/alerts/${OTHER_ALERT}`, 0)]).toEqual([200, 200]);
    expect([await at(`/alerts/${ALERT}`, 2 * HOUR), await at(`/alerts/${OTHER_ALERT}`, 2 * HOUR)]).toEqual([404, 200]);
    expect(await at(`/alerts/${OTHER_ALERT}`, 4 * HOUR)).toBe(410);
  });

  it.each([
    ['expired', () => passFor(ALERT, -HOUR)],
    ['tampered', () => passFor(OTHER_ALERT).replace(/^\d+/, String(ALERT))],
    ['empty', () => ''],
  ])('that is %s displaces neither a session nor the cookie', async (_, pass) => {
    const site = await createSite();
    const { id } = await addViewer('beside a link');
    for (const cookie of [`__Host-tocsin=${sessionOf(id)}`, `__Host-tocsin-links=${passFor(ALERT)}`]) {
      const response = await site.visit(`/alerts/${ALERT}?pass=${pass()}`, { headers: { cookie, ...HTML } });
      expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false]);
    }
  });

  it('beside a token or a session does not limit it', async () => {
    const site = await createSite();
    const { id, token } = await addViewer('both');
    const linked = `/alerts/${ALERT}?pass=${passFor(OTHER_ALERT)}`;
    const browser = browserOf(site);
    browser.jar.set('__Host-tocsin', sessionOf(id));
    expect((await browser.open(linked)).status).toBe(200);
    expect((await browser.open('/alerts')).status).toBe(200);
    const response = await site.visit(linked, bearer(token));
    expect((await site.visit(response.headers.get('location') ?? '', bearer(token))).status).toBe(200);
  });

  it('given twice: the first counts', async () => {
    const site = await createSite();
    const [good, other] = [passFor(ALERT), passFor(OTHER_ALERT)];
    expect((await browserOf(site).open(`/alerts/${ALERT}?pass=${good}&pass=${other}`)).status).toBe(200);
    expect((await browserOf(site).open(`/alerts/${ALERT}?pass=${other}&pass=${good}`)).status).toBe(404);
  });

  it('for programs works as a parameter, without a redirect or a cookie', async () => {
    const site = await createSite();
    const response = await site.visit(`/v1/audit_logs/${ENTRY}?pass=${passFor(ALERT)}`);
    expect([response.status, response.headers.has('set-cookie')]).toEqual([200, false]);
  });

  it.each(['/', '/alerts', '/rules', '/sign-in', '/healthz', '/none', '/operator/status'])(
    'changes nothing at %s, which links do not open',
    async (path) => {
      const site = await createSite();
      const [with_, without] = [await site.visit(`${path}?pass=${passFor(ALERT)}`), await site.visit(path)];
      expect([with_.status, with_.headers.has('set-cookie')]).toEqual([without.status, false]);
    },
  );

  it('has a HEAD like GET', async () => {
    const site = await createSite();
    const response = await site.visit(`/alerts/${ALERT}?pass=${passFor(ALERT)}`, { method: 'HEAD' });
    expect([response.status, response.headers.get('location')]).toEqual([303, `/alerts/${ALERT}`]);
  });
});

describe('a changed LINK_SECRET', () => {
  const NEXT = 'another secret of 32 characters.';
  const rotated = { settings: { LINK_SECRET: NEXT, LINK_SECRET_PREVIOUS: SECRET } };
  const forgotten = { settings: { LINK_SECRET: NEXT } };

  it('leaves links and sessions valid while the old one is the previous one', async () => {
    const site = await createSite();
    const { id } = await addViewer('before the change');
    const path = `/alerts/${ALERT}?pass=${passFor(ALERT)}`;
    const session = { headers: { cookie: `__Host-tocsin=${sessionOf(id)}` } };
    const cookie = { headers: { cookie: `__Host-tocsin-links=${passFor(ALERT)}` } };
    for (const [changes, link, held, signedIn] of [
      [rotated, 303, 200, 200],
      [forgotten, 404, 404, 404],
      [{ settings: { LINK_SECRET: undefined, LINK_SECRET_PREVIOUS: SECRET } }, 303, 200, 200],
    ] as const) {
      expect((await site.visit(path, {}, changes)).status).toBe(link);
      expect((await site.visit(`/alerts/${ALERT}`, cookie, changes)).status).toBe(held);
      expect((await site.visit('/alerts', session, changes)).status).toBe(signedIn);
    }
  });

  it('signs with the new one alone', async () => {
    const site = await createSite();
    const { token } = await addViewer('after the change');
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const init = { method: 'POST', headers, body: new URLSearchParams({ token }).toString() };
    const [cookie = ''] = ((await site.visit('/session', init, rotated)).headers.get('set-cookie') ?? '').split(';');
    expect((await site.visit('/alerts', { headers: { cookie } }, forgotten)).status).toBe(200);
    expect((await site.visit('/alerts', { headers: { cookie } })).status).toBe(404);
  });

  it('keeps links of both apart in one cookie', async () => {
    const site = await createSite();
    const pass = signPass(NEXT, { alert: OTHER_ALERT, ledger: LEDGER_ID, expires: Date.now() + HOUR });
    const browser = browserOf(site);
    await browser.open(`/alerts/${ALERT}?pass=${passFor(ALERT)}`);
    await browser.open(`/alerts/${OTHER_ALERT}?pass=${pass}`, rotated);
    expect((await browser.open(`/alerts/${ALERT}`, rotated)).status).toBe(200);
    expect((await browser.open(`/alerts/${OTHER_ALERT}`, rotated)).status).toBe(200);
    expect((await browser.open(`/alerts/${ALERT}`, forgotten)).status).toBe(404);
    expect((await browser.open(`/alerts/${OTHER_ALERT}`, forgotten)).status).toBe(200);
  });
});

describe('the real ledger', () => {
  it('opens an alert for links to it, and for none to an alert of the same number of another ledger', async () => {
    const site = await createSite();
    const now = Date.now();
    await site.world.append([
      {
        createdAt: now - 60_000,
        appearsAt: now - 60_000,
        body: {
          id: 'deleted',
          created_at: new Date(now - 60_000).toISOString(),
          ...{ action: 'api_key.deleted', method: 'DELETE', path: '/v1/api_keys/k', status_code: 204 },
          ...{ client_ip: '192.0.2.1', actor: { id: 'a', type: 'user' }, target: { id: 'k', type: 'api_key' } },
        },
      },
    ]);
    await site.world.untilEnded();
    const [alert] = await site.world.sql<{ id: number }>('SELECT id FROM alerts');
    const [ledger] = await site.world.sql<{ id: string }>('SELECT id FROM identity');
    const deps = { ledger: site.world.stub as unknown as Site['deps']['ledger'] };
    const id = alert?.id ?? 0;
    const statuses = async (pass: string) => {
      const browser = browserOf(site);
      const page = await browser.open(`/alerts/${id}?pass=${pass}`, { deps });
      const entry = await browser.open('/entries/deleted', { deps });
      const api = await site.visit(`/v1/audit_logs/deleted?pass=${pass}`, {}, { deps });
      return [page.status, entry.status, api.status];
    };
    expect(ledger?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(await statuses(passFor(id, HOUR, ledger?.id))).toEqual([200, 200, 200]);
    expect(await statuses(passFor(id, HOUR, LEDGER_ID))).toEqual([404, 404, 404]);
    expect(await statuses(passFor(id + 1, HOUR, ledger?.id))).toEqual([404, 404, 404]);
    const events = await site.world.sql('SELECT act, who FROM security_log ORDER BY id');
    expect(events[0]).toEqual({ act: 'link opened', who: `link to alert ${id}` });
    expect(events).toHaveLength(3);
  });
});

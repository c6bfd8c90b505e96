/** Who may look: every route for every kind of caller, and that those who may not learn nothing. */
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/web/app.ts';
import { type Access, POLICY } from '../../src/web/policy.ts';
import { deleteViewer } from '../../src/web/viewer-store.ts';
import { ALERT, ENTRY, OTHER_ALERT, OTHER_ENTRY } from './ledger-stub.ts';
import {
  accessToken,
  addViewer,
  bearer,
  createSite,
  type Dressed,
  KINDS,
  type Kind,
  ORIGIN,
  passFor,
  SECRET,
  type Site,
  wardrobe,
} from './site.ts';
import { logged } from './world.ts';

let site: Site;
let dress: (kind: Kind, method: string, path: string) => Promise<Dressed>;
beforeAll(async () => {
  site = await createSite();
  dress = await wardrobe();
});

/** An example of each pattern, of a thing that lies in the link's scope. */
const EXAMPLES: { readonly [pattern: string]: string } = {
  '/alerts/:id': `/alerts/${ALERT}`,
  '/entries/:id': `/entries/${ENTRY}`,
  '/v1/audit_logs/:id': `/v1/audit_logs/${ENTRY}`,
  '/rules/:id': '/rules/none',
  '/operator/alerts/:id': `/operator/alerts/${ALERT}`,
  '/operator/viewers/:id': `/operator/viewers/${'0'.repeat(16)}`,
  '/assets/:file': '/assets/none.css',
};

const STRONG: readonly Kind[] = [
  'a viewer',
  'a session',
  'an Access user',
  'an Access user, by cookie',
  'an expired link and a session',
];

/** Whether this kind of caller is to be let in. */
function mayPass(access: Access, kind: Kind): boolean {
  switch (access) {
    case 'open':
      return true;
    case 'operator':
      return kind === 'an operator';
    case 'viewer':
      return STRONG.includes(kind);
    case 'scoped':
      // A link of another alert comes in too, and finds nothing there: see below.
      return STRONG.includes(kind) || kind === 'a link' || kind === 'a link of another alert';
  }
}

/** The status of who is not let in. */
function refusal(access: Access, kind: Kind, path: string): number {
  if (path.startsWith('/v1/')) return 401;
  return access === 'scoped' && kind === 'an expired link' ? 410 : 404;
}

async function ask(
  kind: Kind,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  at = site,
): Promise<Response> {
  const { init, query } = await dress(kind, method, path);
  const body = method === 'POST' ? '' : null;
  return at.visit(`${path}${query}`, { ...init, method, body, headers: { ...init.headers, ...headers } });
}

/** Headers as they were sent, in a fixed order. */
function headersOf(response: Response): string[][] {
  return [...response.headers].filter(([name]) => name !== 'date').sort();
}

describe('every route, for every kind of caller', () => {
  const rows = POLICY.flatMap(([method, pattern, access]) => KINDS.map((kind) => ({ method, pattern, access, kind })));

  it.each(rows)('$method $pattern: $kind', async ({ method, pattern, access, kind }) => {
    const path = EXAMPLES[pattern] ?? pattern;
    const asked = site.asked.length;
    const response = await ask(kind, method, path);
    if (mayPass(access, kind)) {
      // What a handler says then is for its own tests; that it was asked is what counts.
      expect(response.status).not.toBe(401);
      expect(response.status).not.toBe(410);
      expect(response.status).toBeLessThan(500);
      return;
    }
    expect(response.status).toBe(refusal(access, kind, path));
    expect(site.asked.length).toBe(asked);
  });

  it('lets in those who may, and shows them something', async () => {
    for (const kind of STRONG) {
      expect((await ask(kind, 'GET', '/')).status).toBe(200);
      expect((await ask(kind, 'GET', `/alerts/${ALERT}`)).status).toBe(200);
      expect((await ask(kind, 'GET', `/alerts/${OTHER_ALERT}`)).status).toBe(200);
      expect((await ask(kind, 'GET', `/entries/${OTHER_ENTRY}`)).status).toBe(200);
      expect((await ask(kind, 'GET', '/v1/audit_logs')).status).toBe(200);
    }
    expect((await ask('an operator', 'GET', '/operator/status')).status).toBe(200);
  });

  it('shows who came by a link their alert and its entries, and nothing else', async () => {
    const rows: readonly (readonly [path: string, of: number, beside: number])[] = [
      [`/alerts/${ALERT}`, 200, 404],
      [`/entries/${ENTRY}`, 200, 404],
      [`/v1/audit_logs/${ENTRY}`, 200, 404],
      [`/alerts/${OTHER_ALERT}`, 404, 200],
      [`/entries/${OTHER_ENTRY}`, 404, 200],
      [`/v1/audit_logs/${OTHER_ENTRY}`, 404, 200],
      ['/', 404, 404],
      ['/alerts', 404, 404],
      ['/rules', 404, 404],
      ['/v1/audit_logs', 401, 401],
    ];
    for (const [path, of, beside] of rows) {
      expect([path, (await ask('a link', 'GET', path)).status]).toEqual([path, of]);
      expect([path, (await ask('a link of another alert', 'GET', path)).status]).toEqual([path, beside]);
    }
  });
});

describe('a route', () => {
  it('is in the table or answers nobody: the table and the app say the same', () => {
    const registered = createApp(site.deps)
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(registered)].sort()).toEqual(POLICY.map(([method, path]) => `${method} ${path}`).sort());
  });

  it.each([...KINDS])('that is new is denied, as if it were not there: %s', async (kind) => {
    const app = createApp(site.deps);
    app.get('/new', (c) => c.text('a secret'));
    app.all('/newer', (c) => c.text('a secret'));
    app.route(
      '/newest',
      new Hono().get('/', (c) => c.text('a secret')),
    );
    const { init, query } = await dress(kind, 'GET', '/new');
    const answers = await Promise.all(
      ['/new', '/newer', '/newest', '/none'].map(async (path) => {
        const response = await app.fetch(new Request(`${ORIGIN}${path}${query}`, init));
        return [response.status, await response.text(), headersOf(response)];
      }),
    );
    for (const answer of answers) expect(answer).toEqual(answers[3]);
    expect(answers[0]?.[0]).toBe(404);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS'])('answers to no other method: %s', async (method) => {
    for (const path of ['/', '/alerts', `/v1/audit_logs/${ENTRY}`]) {
      expect((await ask('a viewer', method, path)).status).toBe(404);
    }
  });

  it('answers HEAD like GET, but for the API, which knows none', async () => {
    const head = await ask('a viewer', 'HEAD', '/alerts');
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await ask('nobody', 'HEAD', '/alerts')).status).toBe(404);
    expect((await ask('a viewer', 'HEAD', '/v1/audit_logs')).status).toBe(404);
    expect((await ask('a viewer', 'HEAD', `/v1/audit_logs/${ENTRY}`)).status).toBe(404);
  });
});

describe('who may not look learns nothing', () => {
  const REFUSED = KINDS.filter((kind) => !STRONG.includes(kind) && !['a link', 'an operator'].includes(kind));
  const PAIRS = [
    ['an alert', `/alerts/${ALERT}`, '/alerts/7'],
    ['an entry', `/entries/${ENTRY}`, '/entries/entry-of-0'],
    ['an entry of the API', `/v1/audit_logs/${ENTRY}`, '/v1/audit_logs/entry-of-0'],
    ['a rule', '/rules/00000000-0000-4000-8000-000000000001', '/rules/00000000-0000-4000-8000-000000000002'],
    ['an alert of the operator', `/operator/alerts/${ALERT}`, '/operator/alerts/7'],
  ] as const;
  const FORMS = ['application/json', 'text/html,application/xhtml+xml'];
  const rows = PAIRS.flatMap(([what, there, missing]) =>
    REFUSED.flatMap((kind) => FORMS.map((accept) => ({ what, there, missing, kind, accept }))),
  );

  it.each(rows)('of $what that is there or not: $kind, $accept', async ({ there, missing, kind, accept }) => {
    // A link of another alert may look at that one: none of those here is its own.
    const [one, other] = await Promise.all([there, missing].map((path) => ask(kind, 'GET', path, { accept })));
    if (one === undefined || other === undefined) throw new Error('no answer');
    // Pages hold the address that was asked for, and nothing else of it.
    const text = async (response: Response, path: string) => (await response.text()).replaceAll(path, 'PATH');
    expect(one.status).toBe(other.status);
    expect(headersOf(one)).toEqual(headersOf(other));
    expect(await text(one, there)).toBe(await text(other, missing));
  });

  it('shows who was refused a page to sign in on, and after an expired link says so', async () => {
    const accept = { accept: 'text/html' };
    const nobody = await ask('nobody', 'GET', '/alerts?state=all', accept);
    expect(nobody.headers.get('content-type')).toContain('text/html');
    expect(await nobody.text()).toContain('value="/alerts?state=all"');
    expect(await (await ask('an expired link', 'GET', `/alerts/${ALERT}`, accept)).text()).toContain('expired');
    const tampered = await (await ask('a tampered link', 'GET', `/alerts/${ALERT}`, accept)).text();
    expect(tampered).toContain(`value="/alerts/${ALERT}"`);
    expect(tampered).not.toContain('pass=');
  });
});

describe('what cannot be checked lets nobody in', () => {
  const broken = {
    get: () => Promise.reject(new Error('KV is down')),
    put: () => {},
    delete: () => {},
    list: () => {},
  };

  it.each(['a viewer', 'a wrong token', 'a revoked token', 'a session'] as const)('KV is down: %s', async (kind) => {
    const site = await createSite({ settings: { KV: broken } });
    const response = await ask(kind, 'GET', '/alerts', {}, site);
    expect([response.status, await response.json()]).toEqual([
      503,
      { message: expect.stringContaining('cannot be checked') },
    ]);
    expect(site.asked).toEqual([]);
    expect((await ask(kind, 'GET', '/v1/audit_logs', {}, site)).status).toBe(503);
    // Who holds nothing that KV would know is refused as ever.
    expect((await ask('nobody', 'GET', '/alerts', {}, site)).status).toBe(404);
  });

  it('no KV is bound', async () => {
    const site = await createSite({ settings: { KV: undefined } });
    expect((await ask('a viewer', 'GET', '/alerts', {}, site)).status).toBe(503);
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(200);
  });

  it('no LINK_SECRET is set: no session, no link and no operator is believed; tokens and Access are', async () => {
    const site = await createSite({ settings: { LINK_SECRET: undefined } });
    expect((await ask('a session', 'GET', '/alerts', {}, site)).status).toBe(404);
    expect((await ask('a link', 'GET', `/alerts/${ALERT}`, {}, site)).status).toBe(404);
    expect((await ask('an operator', 'GET', '/operator/status', {}, site)).status).toBe(404);
    expect((await ask('a viewer', 'GET', '/alerts', {}, site)).status).toBe(200);
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(200);
  });

  it('Access is not set: its word is not heard', async () => {
    const site = await createSite({ settings: { ACCESS_TEAM_DOMAIN: undefined, ACCESS_AUD: undefined } });
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(404);
  });

  it('a record in KV that is none opens nothing', async () => {
    const { id, token } = await addViewer('odd');
    for (const text of ['', '{}', 'null', '[]', '{"hash":"', JSON.stringify({ hash: '0'.repeat(64), name: 'x' })]) {
      await env.KV.put(`viewer:${id}`, text);
      expect((await site.visit('/alerts', bearer(token))).status).toBe(404);
    }
  });
});

describe('Cloudflare Access', () => {
  const now = (): number => Math.floor(Date.now() / 1000);
  it.each([
    ['another issuer', () => ({ iss: 'https://other.cloudflareaccess.com' })],
    ['no issuer', () => ({ iss: undefined })],
    ['no audience', () => ({ aud: undefined })],
    ['an audience that only begins alike', () => ({ aud: ['a'.repeat(63)] })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry that is text', () => ({ exp: String(now() + 60) })],
    ['an expiry just now', () => ({ exp: now() - 1 })],
    ['a beginning tomorrow', () => ({ nbf: now() + 86_400 })],
    ['no address of mail', () => ({ email: undefined })],
    ['an empty address of mail', () => ({ email: '' })],
  ])('with %s is not believed', async (_, claims) => {
    const response = await site.visit('/alerts', {
      headers: { 'cf-access-jwt-assertion': await accessToken(claims()) },
    });
    expect(response.status).toBe(404);
  });

  it('as one audience and not a list of them is believed', async () => {
    const token = await accessToken({ aud: 'a'.repeat(64) });
    expect((await site.visit('/alerts', { headers: { 'cf-access-jwt-assertion': token } })).status).toBe(200);
  });

  it.each([
    ['an empty text', () => ''],
    ['a word', () => 'x'],
    ['dots', () => '..'],
    ['bytes that are no UTF-8', () => `${btoa('\xff\xfe')}.e30.e30`],
    ['no signature', (token: string) => token.replace(/[^.]*$/, '')],
    ["another's signature", (token: string) => token.replace(/.{8}$/, 'AAAAAAAA')],
    ['alg none', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"none","kid":"key-1"}'))],
    ['alg HS256', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"HS256","kid":"key-1"}'))],
    ['a key that is not known', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"RS256","kid":"key-2"}'))],
    ['a fourth part', (token: string) => `${token}.x`],
    ['100,000 characters', (token: string) => `${token}${'A'.repeat(100_000)}`],
  ])('with %s is not believed', async (_, change) => {
    const token = change(await accessToken({}));
    expect((await site.visit('/alerts', { headers: { 'cf-access-jwt-assertion': token } })).status).toBe(404);
  });
});

describe('a rate limit', () => {
  it('is by caller and, for those who were not let in, by address', async () => {
    const keys: string[] = [];
    const RATE_LIMIT = {
      limit: async ({ key }: { key: string }) => {
        keys.push(key);
        return { success: false };
      },
    };
    const limited = await createSite({ settings: { RATE_LIMIT } });
    const from = { 'cf-connecting-ip': '2001:db8:0:1:aaaa::7' };
    for (const kind of ['a viewer', 'an Access user', 'a link', 'nobody', 'a wrong token'] as const) {
      const response = await ask(kind, 'GET', `/alerts/${ALERT}`, from, limited);
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '30']);
      expect(await response.json()).toEqual({ message: expect.stringContaining('too many') });
    }
    expect(keys).toEqual([
      expect.stringMatching(/^viewer:[0-9a-f]{16}$/),
      'access:ada@example.com',
      `link:${ALERT}`,
      'address:2001:db8:0:1::/64',
      'address:2001:db8:0:1::/64',
    ]);
    expect(limited.asked).toEqual([]);
    expect((await ask('nobody', 'GET', '/healthz', {}, limited)).status).toBe(200);
  });

  it('by the real binding stops one caller and not another', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: env.RATE_LIMIT } });
    const [one, other] = [await addViewer('busy'), await addViewer('idle')];
    const statuses = new Set<number>();
    for (let i = 0; i < 130; i++) statuses.add((await limited.visit('/rules', bearer(one.token))).status);
    expect([...statuses]).toEqual([200, 429]);
    expect((await limited.visit('/rules', bearer(other.token))).status).toBe(200);
  });

  it('that cannot be asked stops nobody', async () => {
    const RATE_LIMIT = { limit: () => Promise.reject(new Error('no limiter')) };
    const limited = await createSite({ settings: { RATE_LIMIT } });
    expect((await ask('a viewer', 'GET', '/rules', {}, limited)).status).toBe(200);
  });
});

describe('every answer', () => {
  const PATHS = ['/', '/none', '/healthz', '/sign-in', `/alerts/${ALERT}`, '/v1/audit_logs', `/v1/audit_logs/${ENTRY}`];
  const rows = PATHS.flatMap((path) => (['nobody', 'a viewer', 'a link'] as const).map((kind) => ({ path, kind })));

  it.each(rows)('says what must not be done with it: $path to $kind', async ({ path, kind }) => {
    const { headers } = await ask(kind, 'GET', path, { accept: 'text/html' });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('x-tocsin-source')).toMatch(/^(tocsin|upstream|ledger)$/);
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  it('over plain http asks for no https', async () => {
    const response = await site.visit('/healthz', {}, { origin: 'http://127.0.0.1:8787' });
    expect(response.headers.has('strict-transport-security')).toBe(false);
  });

  it('holds no secret, whoever asks for what', async () => {
    const viewer = await addViewer('grep');
    const record = (await env.KV.get(`viewer:${viewer.id}`)) ?? '';
    const { hash } = JSON.parse(record) as { hash: string };
    const secrets = [SECRET, site.world.apiKey, hash, viewer.token];
    for (const [method, pattern] of POLICY) {
      for (const kind of KINDS) {
        for (const accept of ['text/html', 'application/json']) {
          const response = await ask(kind, method, EXAMPLES[pattern] ?? pattern, { accept });
          const said = `${JSON.stringify([...response.headers])}${await response.text()}`;
          for (const secret of secrets) expect(said.includes(secret), `${method} ${pattern}, ${kind}`).toBe(false);
        }
      }
    }
    const own = await site.visit('/alerts', bearer(viewer.token));
    expect(await own.text()).not.toContain(viewer.token);
    for (const secret of secrets) expect(logged.join('\n')).not.toContain(secret);
  });
});

describe('a token that is revoked', () => {
  it('opens nothing any more, nor do the sessions begun with it', async () => {
    const { id, token } = await addViewer('soon gone');
    const signedIn = await site.visit('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ token, next: '/alerts' }).toString(),
    });
    const cookie = /^[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '')?.[0] ?? '';
    expect((await site.visit('/alerts', { headers: { cookie } })).status).toBe(200);
    await deleteViewer(env.KV, id);
    expect((await site.visit('/alerts', { headers: { cookie } })).status).toBe(404);
    expect((await site.visit('/alerts', bearer(token))).status).toBe(404);
  });
});

describe('a pass', () => {
  it('beside a good session takes nothing away', async () => {
    const { token } = await addViewer('both');
    const pass = await passFor(OTHER_ALERT);
    expect((await site.visit(`/alerts/${ALERT}?pass=${pass}`, bearer(token))).status).toBe(200);
  });

  it('given twice is read once, and the first counts', async () => {
    const [good, bad] = [await passFor(ALERT), await passFor(OTHER_ALERT)];
    expect((await site.visit(`/alerts/${ALERT}?pass=${good}&pass=${bad}`)).status).toBe(200);
    expect((await site.visit(`/alerts/${ALERT}?pass=${bad}&pass=${good}`)).status).toBe(404);
  });
});

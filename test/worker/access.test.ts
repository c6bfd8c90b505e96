/** Access: every route for every kind of caller, and that refused callers learn nothing about what exists. */
import { env } from 'cloudflare:workers';
import { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryPath } from '../../src/access/link.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { hex } from '../../src/access/seal.ts';
import { ROLES } from '../../src/access/viewer.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { createApp } from '../../src/web/app.ts';
import { hasAccess, POLICY } from '../../src/web/policy.ts';
import { quarantinedPath } from '../../src/web/quarantine-path.ts';
import { deleteViewer } from '../../src/web/viewer-store.ts';
import { createSdk } from '../support/sdk-client.ts';
import { ALERT, ENTRY, OTHER_ALERT, OTHER_ENTRY, QUARANTINED, SIGNED_OUT } from './ledger-stub.ts';
import {
  accessToken,
  addViewer,
  bearer,
  createRequests,
  createSite,
  KINDS,
  type Kind,
  ORIGIN,
  passFor,
  type RequestOf,
  SECRET,
  type Site,
  sessionOf,
} from './site.ts';
import { logged } from './world.ts';

const FORM = 'application/x-www-form-urlencoded';
let site: Site;
let requestOf: RequestOf;
beforeAll(async () => {
  site = await createSite();
  requestOf = await createRequests();
});

/** The columns of the table, and which kinds of callers each stands for: all of them. */
const COLUMNS: readonly (readonly [column: string, kinds: readonly Kind[]])[] = [
  [
    'nobody',
    [
      'nobody',
      'a wrong token',
      'a malformed token',
      'a revoked token',
      'an expired token',
      'a session of a revoked token',
      'a session of an expired token',
      'a session that has expired',
      'a session that was signed out of',
      'a session of another ledger',
      'a forged session',
      'a tampered link',
      'a tampered link, in the address',
      'a link without a ledger, in the address',
      'an Access user of another application',
      'an Access user of last week',
      'an Access user by a forged key',
      'the operator secret for another route',
    ],
  ],
  ['expired link', ['an expired link', 'an expired link, in the address']],
  ['new link', ['a link, in the address']],
  ['link', ['a link', 'an invalid link in the address, and a link']],
  ['other link', ['a link of another alert', 'a link of another ledger']],
  [
    'viewer',
    [
      'a viewer',
      'a session',
      'an expired link in the address, and a session',
      'an invalid link in the address, and a session',
    ],
  ],
  ['Access', ['an Access user', 'an Access user, by cookie']],
  ['and link', ['a session, and a link', 'a viewer, and a link', 'an Access user, and a link']],
  ['and other', ['a session, and a link of another alert', 'a session, and a link of another ledger']],
  ['responder', ['a responder', 'a session of a responder']],
  ['op. session', ['a session of an operator']],
  ['operator', ['an operator']],
  ['secret', ['the operator secret']],
];

/**
 * Every route with an example and the status for each column. `404-`: the handler's own, for what is outside the link; `404+`: the
 * handler's own, for what does not exist.
 * A new link is one in the address, which becomes a cookie. `and link`: somebody who may read, and has a link besides; `and other`:
 * one to something else.
 * Everything else that is not 200 or 422 is a refusal before any handler runs; POSTs are sent with an empty body, as from
 * a page of ours. 403: the caller may act, and the form has no token (acts.test.ts).
 */
const TABLE = `
route                              | nobody | expired link | new link | link | other link | viewer | Access | and link | and other | responder | op. session | operator | secret
GET /healthz                       | 200    | 200          | 200      | 200  | 200        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /sign-in                       | 200    | 200          | 200      | 200  | 200        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
POST /session                      | 401    | 401          | 401      | 401  | 401        | 401    | 401    | 401      | 401       | 401       | 401         | 401      | 401
POST /sign-out                     | 303    | 303          | 303      | 303  | 303        | 303    | 303    | 303      | 303       | 303       | 303         | 303      | 303
POST /slack/actions                | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 404      | 404
POST /pagerduty/webhook            | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 404      | 404
GET /operator/status               | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
POST /operator/rewind              | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/restore             | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/resend              | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
GET /operator/backfill             | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
POST /operator/backfill            | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/backfill/cancel     | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/test                | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
GET /operator/quarantine           | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
GET /operator/quarantine/record    | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/quarantine/release  | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
POST /operator/quarantine/drop     | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
GET /operator/viewers              | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
POST /operator/viewers             | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 422      | 422
DELETE /operator/viewers/:id       | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
GET /operator/security             | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 404         | 200      | 200
GET /api/alerts                    | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/alerts/:id                | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/alerts/:id/route          | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/alerts/:id/why            | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
POST /api/alerts/acts              | 401    | 401          | 401      | 401  | 401        | 403    | 403    | 403      | 403       | 422       | 422         | 422      | 422
GET /api/acts                      | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/entries                   | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/entries/:id/why           | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
GET /api/rules                     | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
POST /api/route                    | 401    | 401          | 401      | 401  | 401        | 403    | 403    | 403      | 403       | 422       | 422         | 422      | 422
GET /api/silences                  | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 200
POST /api/silences                 | 401    | 401          | 401      | 401  | 401        | 403    | 403    | 403      | 403       | 422       | 422         | 422      | 422
POST /api/silences/:id/expire      | 401    | 401          | 401      | 401  | 401        | 403    | 403    | 403      | 403       | 404+      | 404+        | 404+     | 404+
GET /v1/audit_logs                 | 401    | 401          | 401      | 401  | 401        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 401
GET /v1/audit_logs/:id             | 401    | 401          | 200      | 200  | 404-       | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 401
GET /                              | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /alerts                        | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
POST /alerts                       | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 403       | 403         | 403      | 404
GET /alerts/:id                    | 404    | 410          | 303      | 200  | 404-       | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
POST /alerts/:id/acknowledge       | 404    | 410          | 403      | 403  | 404-       | 404    | 404    | 403      | 404-      | 403       | 403         | 403      | 404
POST /alerts/:id/comment           | 404    | 410          | 403      | 403  | 404-       | 404    | 404    | 403      | 404-      | 403       | 403         | 403      | 404
POST /alerts/:id/resolve           | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 403       | 403         | 403      | 404
POST /alerts/:id/assign            | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 403       | 403         | 403      | 404
GET /entries/:id                   | 404    | 410          | 303      | 200  | 404-       | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /quarantine                    | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /quarantine/:key               | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /rules                         | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /rules/:id                     | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
GET /silences                      | 404    | 404          | 404      | 404  | 404        | 200    | 200    | 200      | 200       | 200       | 200         | 200      | 404
POST /silences                     | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 403       | 403         | 403      | 404
POST /silences/:id/expire          | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 403       | 403         | 403      | 404
GET /security                      | 404    | 404          | 404      | 404  | 404        | 404    | 404    | 404      | 404       | 404       | 200         | 200      | 404
`;

/** An example path of each pattern with a parameter, within the scope of the link. All of them exist. */
const EXAMPLES: { readonly [pattern: string]: string } = {
  '/alerts/:id': `/alerts/${ALERT}`,
  '/alerts/:id/acknowledge': `/alerts/${ALERT}/acknowledge`,
  '/alerts/:id/comment': `/alerts/${ALERT}/comment`,
  '/alerts/:id/resolve': `/alerts/${ALERT}/resolve`,
  '/alerts/:id/assign': `/alerts/${ALERT}/assign`,
  '/silences/:id/expire': '/silences/1/expire',
  '/entries/:id': `/entries/${ENTRY}`,
  '/quarantine/:key': quarantinedPath(QUARANTINED),
  '/rules/:id': `/rules/${ruleSet.rules[0]?.id}`,
  '/v1/audit_logs/:id': `/v1/audit_logs/${ENTRY}`,
  '/api/alerts/:id': `/api/alerts/${ALERT}`,
  '/api/alerts/:id/route': `/api/alerts/${ALERT}/route`,
  '/api/alerts/:id/why': `/api/alerts/${ALERT}/why`,
  '/api/entries/:id/why': `/api/entries/${ENTRY}/why`,
  '/api/silences/:id/expire': '/api/silences/7/expire',
  '/operator/viewers/:id': `/operator/viewers/${'0'.repeat(16)}`,
};

function exampleOf(pattern: string): string {
  return EXAMPLES[pattern] ?? pattern;
}

const [HEADING = [], ...ROWS] = TABLE.trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const CELLS = ROWS.flatMap(([route = '', ...cells]) => {
  const [method = '', pattern = ''] = route.split(' ');
  return COLUMNS.flatMap(([, kinds], i) => kinds.map((kind) => ({ method, pattern, kind, expected: cells[i] ?? '' })));
});

/** The kinds that have access to every page. */
const FULL_ACCESS: readonly Kind[] = COLUMNS.slice(5, -1).flatMap(([, kinds]) => kinds);

async function ask(
  kind: Kind,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  at = site,
): Promise<Response> {
  const { init, query } = await requestOf(kind, method, path);
  const body = method === 'POST' ? '' : null;
  return at.visit(`${path}${query}`, { ...init, method, body, headers: { ...init.headers, ...headers } });
}

/** The headers of a response, sorted. */
function headersOf(response: Response): string[][] {
  return [...response.headers].filter(([name]) => name !== 'date').sort();
}

describe('every route, for every kind of caller', () => {
  it('has a row in the table, and every kind of caller a column', () => {
    expect(ROWS.map(([route]) => route)).toEqual(POLICY.map(([method, pattern]) => `${method} ${pattern}`));
    expect(HEADING.slice(1)).toEqual(COLUMNS.map(([column]) => column));
    expect(COLUMNS.flatMap(([, kinds]) => kinds).sort()).toEqual([...KINDS].sort());
    for (const { pattern } of CELLS) expect(exampleOf(pattern)).not.toMatch(/\/:/);
  });

  it.each(CELLS)('$method $pattern: $kind: $expected', async ({ method, pattern, kind, expected }) => {
    const asked = site.asked.length;
    const response = await ask(kind, method, exampleOf(pattern), {
      'sec-fetch-site': 'same-origin',
      'x-tocsin-csrf': '1',
    });
    expect(String(response.status)).toBe(expected.replace(/[-+]/, ''));
    // Neither the ledger nor the upstream, which the ledger's answer comes before.
    if (/^4(01|03|04|10)$/.test(expected)) expect(site.asked.length).toBe(asked);
  });

  it('responds to callers with access', async () => {
    for (const kind of FULL_ACCESS) {
      expect((await ask(kind, 'GET', '/')).status).toBe(200);
      expect((await ask(kind, 'GET', `/alerts/${ALERT}`)).status).toBe(200);
      expect((await ask(kind, 'GET', `/alerts/${OTHER_ALERT}`)).status).toBe(200);
      expect((await ask(kind, 'GET', `/entries/${OTHER_ENTRY}`)).status).toBe(200);
      expect((await ask(kind, 'GET', '/v1/audit_logs')).status).toBe(200);
    }
    expect((await ask('the operator secret', 'GET', '/operator/status')).status).toBe(200);
  });

  it('gives a link access to its alert and its entries only', async () => {
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
  it('is in the policy: the policy and the app have the same routes', () => {
    const registered = createApp(site.deps)
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(registered)].sort()).toEqual(POLICY.map(([method, path]) => `${method} ${path}`).sort());
  });

  it('to act on alerts is for responders and operators', () => {
    const [viewer, responder, operator] = ROLES.map((role) =>
      hasAccess('responder', { kind: 'viewer', id: '0', name: 'x', role, isSession: true }),
    );
    expect([viewer, responder, operator]).toEqual([false, true, true]);
    expect(hasAccess('responder', { kind: 'access', email: 'ada@example.com' })).toBe(false);
    expect(hasAccess('responder', { kind: 'secret' })).toBe(false);
    expect(hasAccess('api act', { kind: 'access', email: 'ada@example.com' })).toBe(false);
  });

  it.each([...KINDS])('that is not in the policy is denied as if it did not exist: %s', async (kind) => {
    const app = createApp(site.deps);
    app.get('/new', (c) => c.text('a secret'));
    app.all('/newer', (c) => c.text('a secret'));
    app.route(
      '/newest',
      new Hono().get('/', (c) => c.text('a secret')),
    );
    const { init, query } = await requestOf(kind, 'GET', '/new');
    const answers = await Promise.all(
      ['/new', '/newer', '/newest', '/none'].map(async (path) => {
        const response = await app.fetch(new Request(`${ORIGIN}${path}${query}`, init));
        return [response.status, await response.text(), headersOf(response)];
      }),
    );
    for (const answer of answers) expect(answer).toEqual(answers[3]);
    expect(answers[0]?.[0]).toBe(404);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'POST', 'OPTIONS'])('has no other method: %s', async (method) => {
    for (const path of ['/', '/alerts', `/v1/audit_logs/${ENTRY}`]) {
      expect((await ask('a viewer', method, path)).status).toBe(404);
    }
  });

  it('has HEAD like GET, except the API, which has no HEAD', async () => {
    const head = await ask('a viewer', 'HEAD', '/alerts');
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await ask('nobody', 'HEAD', '/alerts')).status).toBe(404);
    expect((await ask('a viewer', 'HEAD', '/v1/audit_logs')).status).toBe(404);
    expect((await ask('a viewer', 'HEAD', `/v1/audit_logs/${ENTRY}`)).status).toBe(404);
  });
});

describe('a refused caller learns nothing', () => {
  const REFUSED = KINDS.filter(
    (kind) =>
      !FULL_ACCESS.includes(kind) &&
      kind !== 'the operator secret' &&
      !/^a link(, in the address)?$|and a link$/.test(kind),
  );
  const PAIRS = [
    ['an alert', `/alerts/${ALERT}`, '/alerts/7'],
    ['an entry', `/entries/${ENTRY}`, '/entries/entry-of-0'],
    ['an entry of the API', `/v1/audit_logs/${ENTRY}`, '/v1/audit_logs/entry-of-0'],
    ['a rule', '/rules/00000000-0000-4000-8000-000000000001', '/rules/00000000-0000-4000-8000-000000000002'],
    ['an alert of the API', `/api/alerts/${ALERT}`, '/api/alerts/7'],
  ] as const;
  const FORMS = ['application/json', 'text/html,application/xhtml+xml'];
  const rows = PAIRS.flatMap(([what, there, missing]) =>
    REFUSED.flatMap((kind) => FORMS.map((accept) => ({ what, there, missing, kind, accept }))),
  );

  it.each(rows)('about whether $what exists: $kind, $accept', async ({ there, missing, kind, accept }) => {
    // None of these is in the scope of 'a link of another alert'.
    const [one, other] = await Promise.all([there, missing].map((path) => ask(kind, 'GET', path, { accept })));
    if (one === undefined || other === undefined) throw new Error('no answer');
    // The sign-in form contains the requested path.
    const text = async (response: Response, path: string) => (await response.text()).replaceAll(path, 'PATH');
    expect(one.status).toBe(other.status);
    expect(headersOf(one)).toEqual(headersOf(other));
    expect(await text(one, there)).toBe(await text(other, missing));
  });

  it('and gets the sign-in form, or the page of an expired link', async () => {
    const accept = { accept: 'text/html' };
    const nobody = await ask('nobody', 'GET', '/alerts?state=all', accept);
    expect(nobody.headers.get('content-type')).toContain('text/html');
    expect(await nobody.text()).toContain('value="/alerts?state=all"');
    for (const kind of ['an expired link', 'an expired link, in the address'] as const) {
      expect(await (await ask(kind, 'GET', `/alerts/${ALERT}`, accept)).text()).toContain('expired');
    }
    const tampered = await (await ask('a tampered link, in the address', 'GET', `/alerts/${ALERT}`, accept)).text();
    expect(tampered).toContain(`value="/alerts/${ALERT}"`);
    expect(tampered).not.toContain('pass=');
  });
});

describe('a proof that cannot be checked gives no access', () => {
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
    // Without a token, KV is not needed to refuse.
    expect((await ask('nobody', 'GET', '/alerts', {}, site)).status).toBe(404);
  });

  it('no KV is bound', async () => {
    const site = await createSite({ settings: { KV: undefined } });
    expect((await ask('a viewer', 'GET', '/alerts', {}, site)).status).toBe(503);
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(200);
  });

  it('LINK_SECRET is not set: sessions, links and operators are refused; tokens and Access work', async () => {
    const site = await createSite({ settings: { LINK_SECRET: undefined } });
    expect((await ask('a session', 'GET', '/alerts', {}, site)).status).toBe(404);
    expect((await ask('a link', 'GET', `/alerts/${ALERT}`, {}, site)).status).toBe(404);
    expect((await ask('the operator secret', 'GET', '/operator/status', {}, site)).status).toBe(404);
    expect((await ask('a viewer', 'GET', '/alerts', {}, site)).status).toBe(200);
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(200);
  });

  it('Access is not set up: its tokens are ignored', async () => {
    const site = await createSite({ settings: { ACCESS_TEAM_DOMAIN: undefined, ACCESS_AUD: undefined } });
    expect((await ask('an Access user', 'GET', '/alerts', {}, site)).status).toBe(404);
  });

  it('an invalid record in KV gives no access', async () => {
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
    ['an audience with the same beginning', () => ({ aud: ['a'.repeat(63)] })],
    ['no expiry', () => ({ exp: undefined })],
    ['an expiry that is text', () => ({ exp: String(now() + 60) })],
    ['an expiry a second ago', () => ({ exp: now() - 1 })],
    ['a start tomorrow', () => ({ nbf: now() + 86_400 })],
    ['no email address', () => ({ email: undefined })],
    ['an empty email address', () => ({ email: '' })],
  ])('with %s is refused', async (_, claims) => {
    const response = await site.visit('/alerts', {
      headers: { 'cf-access-jwt-assertion': await accessToken(claims()) },
    });
    expect(response.status).toBe(404);
  });

  it('with one audience instead of a list has access', async () => {
    const token = await accessToken({ aud: 'a'.repeat(64) });
    expect((await site.visit('/alerts', { headers: { 'cf-access-jwt-assertion': token } })).status).toBe(200);
  });

  it.each([
    ['an empty text', () => ''],
    ['a word', () => 'x'],
    ['dots', () => '..'],
    ['bytes that are not UTF-8', () => `${btoa('\xff\xfe')}.e30.e30`],
    ['no signature', (token: string) => token.replace(/[^.]*$/, '')],
    ["another's signature", (token: string) => token.replace(/.{8}$/, 'AAAAAAAA')],
    ['alg none', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"none","kid":"key-1"}'))],
    ['alg HS256', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"HS256","kid":"key-1"}'))],
    ['an unknown key', (token: string) => token.replace(/^[^.]*/, btoa('{"alg":"RS256","kid":"key-2"}'))],
    ['a fourth part', (token: string) => `${token}.x`],
    ['100,000 characters', (token: string) => `${token}${'A'.repeat(100_000)}`],
  ])('with %s is refused', async (_, change) => {
    const token = change(await accessToken({}));
    expect((await site.visit('/alerts', { headers: { 'cf-access-jwt-assertion': token } })).status).toBe(404);
  });
});

describe('a rate limit', () => {
  const unreadable = { get: () => Promise.reject(new Error('read')), put: () => {}, delete: () => {}, list: () => {} };

  /** Limiters that refuse everything, and the keys that each was asked for. */
  function refusing(success: boolean) {
    const [keys, wide]: [string[], string[]] = [[], []];
    const limiter = (list: string[]) => ({
      limit: async ({ key }: { key: string }) => {
        list.push(key);
        return { success };
      },
    });
    return { keys, wide, settings: { RATE_LIMIT: limiter(keys), RATE_LIMIT_WIDE: limiter(wide) } };
  }

  const FROM = { 'cf-connecting-ip': '2001:db8:0:1:aaaa::7' };
  const BY: readonly (readonly [Kind, RegExp])[] = [
    ['a viewer', /^viewer:[0-9a-f]{16}$/],
    ['a revoked token', /^viewer:[0-9a-f]{16}$/],
    ['a session', /^session:[0-9a-f]{16}$/],
    ['a session that was signed out of', /^session:0ff0ff0ff0ff0ff0$/],
    ['an Access user', /^access:ada@example\.com$/],
    ['a link', new RegExp(`^link:${ALERT}:2001:db8:0:1::/64$`)],
    ['a link, in the address', new RegExp(`^link:${ALERT}:2001:db8:0:1::/64$`)],
    ['nobody', /^address:2001:db8:0:1::\/64$/],
    ['a wrong token', /^address:2001:db8:0:1::\/64$/],
    ['a malformed token', /^address:2001:db8:0:1::\/64$/],
    ['a forged session', /^address:2001:db8:0:1::\/64$/],
  ];

  it.each(BY)('counts %s by %s, once, before anything is read', async (kind, key) => {
    const { keys, settings } = refusing(false);
    const limited = await createSite({ settings: { ...settings, KV: unreadable } });
    const response = await ask(kind, 'GET', `/alerts/${ALERT}`, FROM, limited);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    expect(await response.json()).toEqual({ message: expect.stringContaining('too many') });
    expect([...new Set(keys)]).toEqual([expect.stringMatching(key)]);
    expect(keys).toHaveLength(1);
    expect(limited.asked).toEqual([]);
    expect(response.headers.has('set-cookie')).toBe(false);
  });

  it('counts each request once by each key, and what passes by the wider network too', async () => {
    const rows: readonly (readonly [Kind, number, number])[] = [
      ['a viewer', 1, 0],
      // By itself, and by its viewer.
      ['a session', 2, 1],
      // By itself, and as refused.
      ['a session that was signed out of', 2, 2],
      // With the other links of its address.
      ['a link', 1, 2],
      ['nobody', 1, 1],
      ['a wrong token', 1, 1],
      // By its viewer, and as refused.
      ['a revoked token', 2, 1],
    ];
    for (const [kind, narrow, wide] of rows) {
      const counted = refusing(true);
      await ask(kind, 'GET', `/alerts/${ALERT}`, FROM, await createSite({ settings: counted.settings }));
      expect([kind, counted.keys.length, counted.wide.length]).toEqual([kind, narrow, wide]);
      if (wide > 0) expect(counted.wide[0]).toMatch(/:2001:db8::\/48$/);
    }
  });

  it('counts the sign-in page by address, and nothing else is done', async () => {
    const { keys, wide, settings } = refusing(false);
    const limited = await createSite({ settings: { ...settings, KV: unreadable } });
    for (const kind of ['nobody', 'a viewer', 'a session'] as const) {
      expect((await ask(kind, 'GET', '/sign-in', FROM, limited)).status).toBe(429);
    }
    expect(new Set([...keys, ...wide])).toEqual(new Set(['open:2001:db8:0:1::/64']));
  });

  it('counts the form by address, and it is not read', async () => {
    const path = '/session';
    const { keys, settings } = refusing(false);
    const limited = await createSite({ settings: { ...settings, KV: unreadable } });
    const body = new ReadableStream({
      pull() {
        throw new Error('read');
      },
    });
    const init = { method: 'POST', headers: { ...FROM, 'sec-fetch-site': 'same-origin' }, body };
    expect((await limited.visit(path, init)).status).toBe(429);
    expect(keys).toEqual(['form:2001:db8:0:1::/64']);
  });

  it('does not count /healthz', async () => {
    const { keys, wide, settings } = refusing(false);
    expect((await ask('nobody', 'GET', '/healthz', {}, await createSite({ settings }))).status).toBe(200);
    expect([...keys, ...wide]).toEqual([]);
  });

  const RECORD = JSON.stringify({ hash: '0'.repeat(64), name: 'x', createdAt: 0, expiresAt: null });

  /** Counts as the binding does, within one minute. */
  function counting(limit: number) {
    const counts = new Map<string, number>();
    return {
      limit: async ({ key }: { key: string }) => {
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        return { success: count <= limit };
      },
    };
  }

  /** The real KV, with its reads counted. */
  function countedKv() {
    const reads: string[] = [];
    const kv = {
      get: (key: string, options: never) => {
        reads.push(key);
        return env.KV.get(key, options);
      },
      ...{ put: () => {}, delete: () => {}, list: () => {} },
    };
    return { reads, kv };
  }

  const madeUp = (): string => {
    const [id, rest] = [8, 40].map((length) => hex(crypto.getRandomValues(new Uint8Array(length))));
    return `tocsin_${id}_${rest?.slice(0, 43)}`;
  };

  it('lets 1,000 made-up tokens cost 120 reads of KV, and locks out no viewer behind the same address', async () => {
    const { reads, kv: KV } = countedKv();
    const settings = { KV, RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) };
    const limited = await createSite({ settings });
    const one = await addViewer('behind the NAT');
    const from = (token: string) => ({
      headers: { authorization: `Bearer ${token}`, 'cf-connecting-ip': '192.0.2.7' },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 1_000; i++) statuses.push((await limited.visit('/rules', from(madeUp()))).status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(120);
    expect(statuses.filter((status) => status === 429)).toHaveLength(880);
    expect(reads).toHaveLength(120);
    expect((await limited.visit('/rules', from(one.token))).status).toBe(200);
    // Nor in the sign-in form, which has its own limit.
    const form = {
      method: 'POST',
      headers: { 'content-type': FORM, 'sec-fetch-site': 'same-origin', 'cf-connecting-ip': '192.0.2.7' },
      body: new URLSearchParams({ token: one.token }).toString(),
    };
    expect((await limited.visit('/session', form)).status).toBe(303);
    // A token of before a LINK_SECRET that is forgotten looks like a made-up one, and works elsewhere.
    const rotated = { settings: { ...settings, LINK_SECRET: 'another secret of 32 characters.' } };
    expect((await limited.visit('/rules', from(one.token), rotated)).status).toBe(429);
    expect((await limited.visit('/rules', bearer(one.token), rotated)).status).toBe(200);
    const previous = { settings: { ...rotated.settings, LINK_SECRET_PREVIOUS: SECRET } };
    expect((await limited.visit('/rules', from(one.token), previous)).status).toBe(200);
  }, 30_000);

  it('lets a revoked token of ours cost no more', async () => {
    const { reads, kv: KV } = countedKv();
    const limited = await createSite({ settings: { KV, RATE_LIMIT: counting(120) } });
    const revoked = await addViewer('to be revoked');
    await deleteViewer(env.KV, revoked.id);
    for (let i = 0; i < 200; i++) {
      await limited.visit('/rules', {
        headers: { authorization: `Bearer ${revoked.token}`, 'cf-connecting-ip': `192.0.2.${i}` },
      });
    }
    expect(reads.length).toBeLessThanOrEqual(120);
  });

  describe.each([
    [
      'IPv6 addresses rotating inside a /48',
      (i: number) => `2001:db8:7:${i.toString(16)}::1`,
      (i: number) => `2001:db8:8:${i}::1`,
    ],
    ['IPv4 addresses rotating inside a /24', (i: number) => `192.0.2.${i % 256}`, (i: number) => `198.51.100.${i}`],
  ])('limits %s', (_, within, beside) => {
    // Each copied token and ended session is another caller.
    const ended = Array.from({ length: 12 }, () => sessionOf('0123456789abcdef', { ledger: '0123456789abcdef' }));
    const linked = () => ({ cookie: `__Host-tocsin-links=${passFor(100)}` });
    it.each([
      ['pages', '/', () => ({}), 404],
      ['the sign-in form', '/sign-in', () => ({}), 200],
      ['pages by a link', `/alerts/${ALERT}`, linked, 404],
      ['pages by a dozen ended sessions', '/rules', (i: number) => ({ cookie: `__Host-tocsin=${ended[i % 12]}` }), 404],
    ] as const)('%s', async (__, path, headersOf, status) => {
      const settings = { RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) };
      const KV = { get: async () => RECORD, put: () => {}, delete: () => {}, list: () => {} };
      const limited = await createSite({ settings: { ...settings, KV } });
      const at = async (address: string, i: number) =>
        (await limited.visit(path, { headers: { 'cf-connecting-ip': address, ...headersOf(i) } })).status;
      const statuses: number[] = [];
      for (let i = 0; i < 1_300; i++) statuses.push(await at(within(i), i));
      expect(statuses.slice(0, 1_200).filter((each) => each !== status)).toEqual([]);
      expect(statuses.slice(1_200).filter((each) => each !== 429)).toEqual([]);
      expect(await at(beside(1), 0)).toBe(status);
    });
  });

  it('lets a copied token of the operator use up its own limit, and not that of the next', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) } });
    const path = '/operator/status';
    const tokenOf = (i: number) => operatorToken(SECRET, 'GET', path, '', Date.now() + i);
    const at = async (address: string, token: string, to = path) =>
      (
        await limited.visit(to, {
          headers: { authorization: `Bearer ${token}`, 'cf-connecting-ip': address },
        })
      ).status;
    const copied = await tokenOf(0);
    const statuses: number[] = [];
    for (let i = 0; i < 200; i++) statuses.push(await at(`192.0.${i}.7`, copied));
    expect(statuses.indexOf(429)).toBe(120);
    expect(statuses.slice(120).every((status) => status === 429)).toBe(true);
    // The operator's next one, from the same network and from another; and a forged copy is anybody's request.
    expect(await at('192.0.2.7', await tokenOf(1))).toBe(200);
    expect(await at('198.51.100.1', await tokenOf(2))).toBe(200);
    expect(await at('192.0.2.7', copied, '/operator/security')).toBe(404);
  });

  it('lets a session that has ended use up no limit of its viewer', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) } });
    const { id, token } = await addViewer('signed out once');
    const at = async (session: string, address: string, init: RequestInit = {}) =>
      (
        await limited.visit('/rules', {
          ...init,
          headers: { cookie: `__Host-tocsin=${session}`, 'cf-connecting-ip': address },
        })
      ).status;
    const over = sessionOf(id, { id: SIGNED_OUT });
    const statuses = new Set<number>();
    for (let i = 0; i < 200; i++) statuses.add(await at(over, `192.0.${i}.7`));
    expect([...statuses]).toEqual([404, 429]);
    const own = sessionOf(id);
    for (let i = 0; i < 120; i++) expect(await at(own, '198.51.100.7')).toBe(200);
    // One that has not ended does: with another session and the token it is one limit.
    expect(await at(sessionOf(id), '198.51.100.7')).toBe(429);
    expect((await limited.visit('/rules', bearer(token))).status).toBe(429);
  });

  it('lets no holder of a link use up the limit of another', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) } });
    const cookie = `__Host-tocsin-links=${passFor(ALERT)}`;
    const at = async (address: string) =>
      (await limited.visit(`/alerts/${ALERT}`, { headers: { cookie, 'cf-connecting-ip': address } })).status;
    const statuses = new Set<number>();
    for (let i = 0; i < 121; i++) statuses.add(await at('192.0.2.1'));
    expect([...statuses]).toEqual([200, 429]);
    expect(await at('192.0.2.2')).toBe(200);
    expect(await at('2001:db8::1')).toBe(200);
  });

  it('lets an address with a dozen links use up its own limit, and not that of its neighbours', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: counting(120), RATE_LIMIT_WIDE: counting(1_200) } });
    const at = async (address: string, alert: number) =>
      (
        await limited.visit(`/alerts/${ALERT}`, {
          headers: { cookie: `__Host-tocsin-links=${passFor(alert)}`, 'cf-connecting-ip': address },
        })
      ).status;
    const statuses: number[] = [];
    for (let i = 0; i < 1_300; i++) statuses.push(await at('192.0.2.1', 100 + (i % 12)));
    expect([statuses.indexOf(429), new Set(statuses.slice(1_200))]).toEqual([1_200, new Set([429])]);
    expect(await at('192.0.2.2', ALERT)).toBe(200);
  });

  it('asks for a wait after which the SDKs get their answer', async () => {
    const { token } = await addViewer('an SDK');
    let waitedMs = 0;
    const RATE_LIMIT = { limit: async () => ({ success: waitedMs >= 60_000 }) };
    const limited = await createSite({ settings: { RATE_LIMIT } });
    const sdk = createSdk({
      baseURL: ORIGIN,
      apiKey: token,
      fetch: (url, init) => limited.visit(url.slice(ORIGIN.length), init),
      sleep: async (ms) => {
        waitedMs += ms;
      },
    });
    expect((await sdk.list()).headers.get('x-tocsin-source')).toBe('upstream');
    expect(sdk.waits).toEqual([60_000]);
  });

  it('by the real binding limits one caller and not another', async () => {
    const limited = await createSite({ settings: { RATE_LIMIT: env.RATE_LIMIT } });
    const [one, other] = [await addViewer('busy'), await addViewer('idle')];
    const statuses = new Set<number>();
    for (let i = 0; i < 130; i++) statuses.add((await limited.visit('/rules', bearer(one.token))).status);
    expect([...statuses]).toEqual([200, 429]);
    expect((await limited.visit('/rules', bearer(other.token))).status).toBe(200);
  });

  it('that fails limits nobody', async () => {
    const RATE_LIMIT = { limit: () => Promise.reject(new Error('no limiter')) };
    const limited = await createSite({ settings: { RATE_LIMIT } });
    expect((await ask('a viewer', 'GET', '/rules', {}, limited)).status).toBe(200);
  });
});

describe('every response', () => {
  const PATHS = [
    '/',
    '/none',
    '/healthz',
    '/sign-in',
    '/operator/status',
    `/alerts/${ALERT}`,
    '/v1/audit_logs',
    `/v1/audit_logs/${ENTRY}`,
  ];
  const rows = PATHS.flatMap((path) => (['nobody', 'a viewer', 'a link'] as const).map((kind) => ({ path, kind })));

  it.each(rows)('has the security headers: $path to $kind', async ({ path, kind }) => {
    const { headers } = await ask(kind, 'GET', path, { accept: 'text/html' });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(headers.get('x-tocsin-source')).toMatch(/^(tocsin|upstream|ledger)$/);
    expect(headers.has('access-control-allow-origin')).toBe(false);
    const permissions = headers.get('permissions-policy') ?? '';
    expect(permissions).toMatch(/^[a-z-]+=\(\)(, [a-z-]+=\(\))*$/);
    for (const feature of ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'fullscreen']) {
      expect(permissions).toContain(`${feature}=()`);
    }
  });

  it('of the sign-in page, a form, a limit and a failure has them too', async () => {
    const RATE_LIMIT = { limit: async () => ({ success: false }) };
    const broken = { ...site.ledger, alerts: () => Promise.reject(new Error('x')) };
    const { token } = await addViewer('headers');
    const responses = [
      await site.visit('/sign-in'),
      await site.visit('/session', { method: 'POST' }),
      await site.visit('/', {}, { settings: { RATE_LIMIT } }),
      await site.visit('/alerts', bearer(token), { deps: { ledger: broken } }),
      await ask('a link, in the address', 'GET', `/alerts/${ALERT}`),
    ];
    expect(responses.map(({ status }) => status)).toEqual([200, 403, 429, 500, 303]);
    for (const { headers } of responses) {
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('over http has no strict-transport-security', async () => {
    const response = await site.visit('/healthz', {}, { origin: 'http://127.0.0.1:8787' });
    expect(response.headers.has('strict-transport-security')).toBe(false);
  });

  it('contains no secret, for any route and caller', async () => {
    const viewer = await addViewer('grep');
    const record = (await env.KV.get(`viewer:${viewer.id}`)) ?? '';
    const { hash } = JSON.parse(record) as { hash: string };
    const secrets = [SECRET, site.world.apiKey, hash, viewer.token];
    for (const [method, pattern] of POLICY) {
      for (const kind of KINDS) {
        for (const accept of ['text/html', 'application/json']) {
          const response = await ask(kind, method, exampleOf(pattern), { accept });
          const sent = `${JSON.stringify([...response.headers])}${await response.text()}`;
          for (const secret of secrets) expect(sent.includes(secret), `${method} ${pattern}, ${kind}`).toBe(false);
        }
      }
    }
    const own = await site.visit('/alerts', bearer(viewer.token));
    expect(await own.text()).not.toContain(viewer.token);
    for (const secret of secrets) expect(logged.join('\n')).not.toContain(secret);
  }, 30_000);
});

describe('a token that is revoked', () => {
  it('has no access, nor do the sessions started with it', async () => {
    const { id, token } = await addViewer('to be revoked');
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

it.each(['.', '..', '%2e%2e', '~', '~..', 'a/b', '../operator/status', '//evil.example', 'a?b#c'])(
  'an entry of any id has a page of its own: %j',
  async (id) => {
    const ids: string[] = [];
    const entry: Site['ledger']['entry'] = async (asked) => {
      ids.push(asked);
      return null;
    };
    const { token } = await addViewer('odd ids');
    const settings = { NIRVANA_LABS_API_KEY: undefined };
    await site.visit(entryPath(id), bearer(token), { settings, deps: { ledger: { ...site.ledger, entry } } });
    expect(ids).toEqual([id]);
  },
);

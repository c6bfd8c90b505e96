/**
 * The pages over HTTP, in workerd: statuses, headers, the links shown to callers with a link, requests to the upstream, and
 * that untrusted text adds no link and no script, as workerd's own parser reads the pages.
 */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { ASSETS } from '../../src/assets.gen.ts';
import { pagesApp, type Served, VIEWER } from '../web/app.ts';
import { ALERT_ID, ENTRY_ID, NOW, ORDINARY, RULE, type UntrustedText, views } from '../web/views.ts';

const PASS = { alert: ALERT_ID, ledger: 'ab'.repeat(8), expires: NOW + 60_000 };
const LINK = { kind: 'link', passes: [PASS] } as const;

async function get(path: string, served: Partial<Served> = {}): Promise<Response> {
  return await pagesApp({ ledger: views(), ...served }).request(`https://tocsin.example${path}`);
}

describe('every page', () => {
  const ROWS: readonly (readonly [path: string, status: number, served: Partial<Served>])[] = [
    ['/', 200, {}],
    ['/', 200, { ledger: null }],
    ['/alerts', 200, {}],
    ['/alerts?state=all&level=high&rule=x&before=9', 200, {}],
    ['/alerts?state=%00&level=%22&before=-1', 200, {}],
    ['/alerts', 503, { ledger: null }],
    [`/alerts/${ALERT_ID}`, 200, {}],
    [`/alerts/${ALERT_ID}`, 503, { ledger: null }],
    ['/alerts/7', 404, {}],
    ['/alerts/0', 404, {}],
    ['/alerts/1e3', 404, {}],
    [`/alerts/${'9'.repeat(400)}`, 404, {}],
    [`/entries/${ENTRY_ID}`, 200, {}],
    ['/entries/none', 404, {}],
    ['/entries/%3Cscript%3E', 404, {}],
    ['/alerts?status=all&actor=a&tag=b&assignee=c&text=d&since=24h&until=2026-11-30&did=resolve.1.0.0.0', 200, {}],
    ['/alerts?status=x&actor=%00&since=ever&until=%22&did=%3Cscript%3E', 200, {}],
    ['/silences', 200, {}],
    ['/silences', 503, { ledger: null }],
    ['/rules', 200, {}],
    ['/rules', 200, { ledger: null }],
    [`/rules/${RULE.id}`, 200, {}],
    ['/security', 200, {}],
    ['/security?before=7', 200, {}],
    ['/security?before=%00', 200, {}],
    ['/security', 503, { ledger: null }],
    ['/rules/constructor', 404, {}],
  ];

  it.each(ROWS)('%s: %i', async (path, status, served) => {
    const response = await get(path, served);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toMatch(/^<!doctype html><html lang="en">/);
  });
});

describe('the page of a rule', () => {
  const path = `/rules/${RULE.id}`;

  it('shows its whole file, tests too, from the assets', async () => {
    const html = await (await get(path, { env: { ASSETS: env.ASSETS } })).text();
    expect(html).toContain(`<code>rules/${RULE.path}</code>`);
    expect(html).toContain('tests:\n');
    expect(html).not.toContain("can't be read");
  });

  it.each<[what: string, ASSETS: unknown]>([
    ['are not bound', undefined],
    ['fail', { fetch: () => Promise.reject(new Error('network')) }],
    ['do not have it', { fetch: async () => new Response(null, { status: 404 }) }],
    ['are something else', { fetch: async () => new Response('{}') }],
    ['have another file', { fetch: async () => Response.json({ references: [], files: [['x.yml', 'x']] }) }],
  ])('says so if the assets %s', async (_, ASSETS) => {
    const response = await get(path, { env: { ASSETS } });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('The file can&#39;t be read at the moment.');
  });

  it('links to its references, if they are https addresses', async () => {
    const references = [[RULE.id, ['https://attack.mitre.org/', 'javascript:alert(1)']]];
    const ASSETS = { fetch: async () => Response.json({ references, files: [[RULE.path, 'x']] }) };
    const { links } = await parse(await get(path, { env: { ASSETS } }));
    expect(links).toContain('https://attack.mitre.org/');
  });
});

describe('a caller with a link', () => {
  it.each([`/alerts/${ALERT_ID}`, `/entries/${ENTRY_ID}`])(
    'sees links to what their link opens, without the pass: %s',
    async (path) => {
      const { links } = await parse(await get(path, { caller: LINK }));
      const own = links.filter((href) => href.startsWith('/') && !href.startsWith('/assets/'));
      expect(own.length).toBeGreaterThan(0);
      for (const href of own) {
        expect(href).toMatch(/^\/(alerts|entries|v1\/audit_logs)\/[^?]+$|^\/sign-in\?next=%2Falerts%2F\d+%23silence$/);
      }
    },
  );

  it('has no access to another alert, and the ledger is not asked', async () => {
    let asked = 0;
    const ledger = views(ORDINARY, {
      alert: () => {
        asked++;
        throw new Error('asked');
      },
    });
    expect((await get('/alerts/41', { caller: LINK, ledger })).status).toBe(404);
    expect(asked).toBe(0);
  });

  it('gets entries within their scope only, and the upstream is not asked', async () => {
    const scopes: unknown[] = [];
    const ledger = views(ORDINARY, {
      entry: async (_, scope) => {
        scopes.push(scope);
        return null;
      },
    });
    const fetch = (): never => {
      throw new Error('asked');
    };
    const response = await get('/entries/of-another-alert', { caller: LINK, ledger, fetch, env: UPSTREAM });
    expect(response.status).toBe(404);
    expect(scopes).toEqual([[PASS]]);
  });

  it('gets the same page for an alert that does not exist and one outside their scope', async () => {
    const [other, none] = await Promise.all([
      get('/alerts/41', { caller: LINK }),
      get('/alerts/999999', { caller: LINK }),
    ]);
    expect(await other.text()).toBe(await none.text());
  });
});

const KEY = 'a-key-of-the-upstream-for-tests';
const UPSTREAM = { NIRVANA_LABS_API_KEY: KEY, NIRVANA_LABS_BASE_URL: 'https://upstream.example' };

describe('an entry that the ledger does not have', () => {
  const ledger = views(ORDINARY, { entry: async () => null });
  const answering = (status: number, body: string) => async (url: string) => {
    expect(url).toBe('https://upstream.example/v1/audit_logs/e-1');
    return new Response(body, { status });
  };

  it('is shown as the upstream returns it', async () => {
    const body = JSON.stringify({ id: 'e-1', action: 'vm.listed', created_at: '2026-01-31T09:30:00Z', big: 1 });
    const response = await get('/entries/e-1', { ledger, env: UPSTREAM, fetch: answering(200, body) });
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html).toContain('vm.listed');
    expect(html).toContain('2026-01-31 09:30:00');
  });

  it('is not found if the upstream does not have it either', async () => {
    expect((await get('/entries/e-1', { ledger, env: UPSTREAM, fetch: answering(404, '{}') })).status).toBe(404);
  });

  it('is an error if the upstream fails, without a secret', async () => {
    const response = await get('/entries/e-1', {
      ledger,
      env: UPSTREAM,
      fetch: answering(401, `{"message":"${KEY}"}`),
    });
    expect(response.status).toBe(502);
    expect(await response.text()).not.toContain(KEY);
  });

  it('is not requested from the upstream if the id is invalid', async () => {
    const fetch = (): never => {
      throw new Error('asked');
    };
    expect((await get('/entries/a%20b', { ledger, env: UPSTREAM, fetch })).status).toBe(404);
  });
});

describe('untrusted text', () => {
  const WRITTEN = [
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    'javascript:alert(1)',
    '//evil.example/x',
    '</style></title><base href=//evil.example>',
    'data:text/html,<script>1</script>',
  ];
  const rows = WRITTEN.flatMap((text) =>
    ['/', '/alerts', '/silences', `/alerts/${ALERT_ID}`, `/entries/${ENTRY_ID}`].map((path) => [text, path] as const),
  );

  it.each(rows)('%s adds no link and no script: %s', async (text, path) => {
    const of: UntrustedText = { name: text, path: text, agent: text, action: text };
    const hostile = await parse(await get(path, { ledger: views(of) }));
    const harmless = await parse(await get(path));
    expect(hostile.links).toEqual(harmless.links);
    expect(hostile.scripts).toEqual([ASSETS.script]);
    expect(hostile.handlers).toEqual([]);
    expect(hostile.text).toContain(text);
  });

  it('in an id stays within one path segment', async () => {
    const id = '../../?pass=x#"><i>';
    const ledger = views(ORDINARY, {
      rules: async () => [{ rule: RULE.id, matched: 1, lastAt: NOW, lastEntry: id }],
    });
    const { links } = await parse(await get(`/rules/${RULE.id}`, { ledger, caller: VIEWER }));
    expect(links).toContain(`/entries/${encodeURIComponent(id)}`);
  });
});

/** A document as workerd's parser reads it: its addresses, scripts, inline handlers and styles, and its text. */
async function parse(response: Response) {
  const links: string[] = [];
  const scripts: string[] = [];
  const handlers: string[] = [];
  let text = '';
  await new HTMLRewriter()
    .on('*', {
      element(element) {
        for (const [name = '', value = ''] of element.attributes) {
          if (['href', 'src', 'action', 'formaction'].includes(name)) links.push(value);
          if (name.startsWith('on') || name === 'style' || name === 'srcdoc') handlers.push(`${name}=${value}`);
        }
        if (element.tagName === 'script') scripts.push(element.getAttribute('src') ?? 'inline');
        if (['style', 'base', 'iframe', 'object', 'embed', 'img'].includes(element.tagName))
          handlers.push(element.tagName);
      },
    })
    .on('bdi', {
      text(chunk) {
        text += chunk.text;
      },
    })
    .transform(response)
    .text();
  for (const href of links) expect(href).toMatch(/^(\/(?!\/)|#|https:\/\/)/);
  return { links, scripts, handlers, text: unescaped(text) };
}

/** HTMLRewriter returns text as in the source, with entities. */
function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

/**
 * The proxied lookup: the upstream's two read routes, for the official SDKs and CLI with a viewer token as the API key.
 *
 * Contract: what the upstream answers is handed on as it is; what is ours is told apart by `x-tocsin-source` and has
 * a `message`. One entry is answered of what the ledger keeps, where it keeps it whole; who came by a link is shown the
 * entries of their alert only, and of any other the same 404 as of none.
 */

import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { PASS_PARAM } from '../access/link.ts';
import { ENTRY_ID } from '../audit-log/client.ts';
import { createProxy, type Proxied, type ProxyFailure } from '../audit-log/proxy.ts';
import { type AppDeps, scopeOf, type WebEnv } from './context.ts';
import { SOURCE_HEADER, type Source } from './headers.ts';
import { missing } from './responses.ts';

type Web = Context<WebEnv>;

/** Cloudflare takes 16 KB of address; a query has a few hundred bytes, and a cursor. */
const LONGEST_QUERY = 8192;
/** A pass is for us: with a session besides it would travel to the upstream. */
const PASS = new RegExp(`^${PASS_PARAM}=\\d+\\.\\d+\\.[0-9a-f]{64}$`);

/**
 * The ledger keeps an entry as JavaScript reads and writes it, which rounds numbers beyond 2^53 (RFC 8259, 6): one that
 * may have had such a number is the upstream's to answer, digit by digit.
 */
const MAY_BE_ROUNDED = /[:,[]-?(?:[\d.]{16}|[\d.]+e[+-])/;

/** Routes of the lookup. The app lets only callers get here. */
export function lookup({ config, ledger, fetch }: AppDeps): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  const proxy = config.upstream === null ? null : createProxy({ ...config.upstream, fetch });

  app.get('/v1/audit_logs', async (c) => {
    const search = searchOf(c.req.url);
    if (search.length > LONGEST_QUERY)
      return c.json({ message: `the query is longer than ${LONGEST_QUERY} bytes` }, 414);
    if (proxy === null) return unset(c);
    return handOn(c, await proxy.list(search));
  });

  app.get('/v1/audit_logs/:id', async (c) => {
    const id = c.req.param('id');
    if (!ENTRY_ID.test(id)) return missing(c);
    const scope = scopeOf(c.get('caller'));
    const kept = await fromLedger(ledger, id, scope);
    switch (kept.kind) {
      case 'text':
        return c.body(kept.text, 200, {
          'content-type': 'application/json',
          [SOURCE_HEADER]: 'ledger' satisfies Source,
        });
      case 'outside':
        return missing(c);
      case 'unknown':
        return c.json({ message: 'what this link may show cannot be looked up at the moment: try again soon' }, 503);
      case 'elsewhere': {
        if (proxy === null) return unset(c);
        const search = searchOf(c.req.url);
        return handOn(c, await proxy.get(id, search.length > LONGEST_QUERY ? '' : search));
      }
    }
  });

  return app;
}

type Kept =
  | { readonly kind: 'text'; readonly text: string }
  /** The upstream may have it, or the ledger could not be asked: this caller may see every entry. */
  | { readonly kind: 'elsewhere' }
  /** This caller may not see it, or there is none. */
  | { readonly kind: 'outside' }
  /** Whether this caller may see it can't be found out. */
  | { readonly kind: 'unknown' };

async function fromLedger(ledger: AppDeps['ledger'], id: string, scope: number | null): Promise<Kept> {
  const all = scope === null;
  if (ledger === null) return { kind: all ? 'elsewhere' : 'unknown' };
  try {
    const text = await ledger.entryText(id, scope);
    if (text !== null && !MAY_BE_ROUNDED.test(text)) return { kind: 'text', text };
    // Within the scope and not whole: an entry that was too long to be kept whole, or with a number that was.
    return { kind: all || (await ledger.entry(id, scope)) !== null ? 'elsewhere' : 'outside' };
  } catch (error) {
    console.error(JSON.stringify({ at: 'lookup', error: error instanceof Error ? error.message : 'unknown' }));
    return { kind: all ? 'elsewhere' : 'unknown' };
  }
}

function handOn(c: Web, answer: Proxied | ProxyFailure): Response {
  switch (answer.kind) {
    case 'answer': {
      const headers = { ...answer.headers, [SOURCE_HEADER]: 'upstream' satisfies Source };
      return new Response(answer.body, { status: answer.status, headers });
    }
    case 'failure':
      c.header('x-should-retry', String(answer.retry));
      return c.json({ message: answer.message }, answer.status);
  }
}

function unset(c: Web): Response {
  c.header('x-should-retry', 'false');
  return c.json(
    { message: 'Tocsin has no API key or no address of the upstream: its operator must look after it' },
    503,
  );
}

/** The query as it came, with its `?`, and without a pass; empty where there is none. */
function searchOf(url: string): string {
  const at = url.indexOf('?');
  if (at < 0) return '';
  const parts = url
    .slice(at + 1)
    .split('&')
    .filter((part) => !PASS.test(part));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

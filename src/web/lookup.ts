/**
 * The proxied lookup: the upstream's two read routes, for the official SDKs and CLI with a viewer token as the API key.
 *
 * Contract: responses of the upstream with JSON are passed on unchanged; our own have another `x-tocsin-source` and a
 * `message`. A single entry comes from the ledger if it is stored whole. A caller with a link gets the entries of their alert,
 * and the same 404 for any other entry as for one that does not exist.
 */

import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { PASS_PARAM } from '../access/link.ts';
import { ENTRY_ID } from '../audit-log/client.ts';
import { createUserAgents } from '../audit-log/mark.ts';
import { createProxy, type Proxied, type ProxyFailure } from '../audit-log/proxy.ts';
import type { AlertScope } from '../ledger/rpc.ts';
import { log } from '../text/log.ts';
import { scopeOf, type VisitorDeps, type WebEnv } from './context.ts';
import { SOURCE_HEADER, type Source } from './headers.ts';
import { missing } from './responses.ts';
import { BudgetSpent } from './visitor-ledger.ts';

type Web = Context<WebEnv>;

/** Cloudflare accepts URLs of 16 KB; a query has a few hundred bytes and a cursor. */
const QUERY_CHARS_MAX = 8192;

/**
 * The ledger stores what JSON.parse and JSON.stringify make of an entry, which rounds numbers beyond 2^53 (RFC 8259, 6).
 * An entry that may have had such a number is read from the upstream, where it is exact.
 */
const MAY_BE_ROUNDED = /[:,[]-?(?:[\d.]{16}|[\d.]+e[+-])/;

/** The routes of the lookup, as they are in the policy. */
export function lookupRoutes({ config, ledger, fetch, now }: VisitorDeps): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  const userAgent = createUserAgents(config.linkSecret, now);
  const proxy = config.upstream === null ? null : createProxy({ ...config.upstream, fetch, userAgent });

  app.get('/v1/audit_logs', async (c) => {
    const search = searchOf(c.req.url);
    if (search.length > QUERY_CHARS_MAX)
      return c.json({ message: `the query is longer than ${QUERY_CHARS_MAX} bytes` }, 414);
    if (proxy === null) return unset(c);
    return passOn(await proxy.list(search));
  });

  app.get('/v1/audit_logs/:id', async (c) => {
    const id = c.req.param('id');
    if (!ENTRY_ID.test(id)) return missing(c);
    const scope = scopeOf(c.get('caller'));
    const stored = await readStored(ledger, id, scope);
    switch (stored.kind) {
      case 'text':
        return c.body(stored.text, 200, {
          'content-type': 'application/json',
          [SOURCE_HEADER]: 'ledger' satisfies Source,
        });
      case 'outside':
        return missing(c);
      case 'unknown':
        return c.json({ message: 'the access of this link cannot be checked at the moment: try again soon' }, 503);
      case 'elsewhere': {
        if (proxy === null) return unset(c);
        // What the holder of a link asks for besides is not asked of the upstream.
        const search = scope === null ? searchOf(c.req.url) : '';
        return passOn(await proxy.get(id, search.length > QUERY_CHARS_MAX ? '' : search));
      }
    }
  });

  return app;
}

type Stored =
  | { readonly kind: 'text'; readonly text: string }
  /** The caller may see it, and the upstream may have it: it is not stored whole, or the ledger failed. */
  | { readonly kind: 'elsewhere' }
  /** The caller's link does not open it, or it does not exist. */
  | { readonly kind: 'outside' }
  /** Whether the caller's link opens it can't be checked. */
  | { readonly kind: 'unknown' };

async function readStored(ledger: VisitorDeps['ledger'], id: string, scope: AlertScope): Promise<Stored> {
  const seesAll = scope === null;
  if (ledger === null) return { kind: seesAll ? 'elsewhere' : 'unknown' };
  try {
    const text = await ledger.entryText(id, scope);
    if (text !== null && !MAY_BE_ROUNDED.test(text)) return { kind: 'text', text };
    // Not stored whole, or with a number that may have been rounded. Within the scope of a link, it is stored at least cut.
    return { kind: seesAll || (await ledger.entry(id, scope)) !== null ? 'elsewhere' : 'outside' };
  } catch (error) {
    // The upstream has the entry, but does not know whether a link opens it.
    if (error instanceof BudgetSpent && !seesAll) throw error;
    log('error', { at: 'lookup', error: error instanceof Error ? error.message : 'unknown' });
    return { kind: seesAll ? 'elsewhere' : 'unknown' };
  }
}

function passOn(answer: Proxied | ProxyFailure): Response {
  switch (answer.kind) {
    case 'answer': {
      const headers = { ...answer.headers, [SOURCE_HEADER]: 'upstream' satisfies Source };
      return new Response(answer.body, { status: answer.status, headers });
    }
    case 'failure':
      return Response.json({ message: answer.message }, answer);
  }
}

function unset(c: Web): Response {
  c.header('x-should-retry', 'false');
  return c.json({ message: 'Tocsin has no API key or no address of the upstream: its operator must set them' }, 503);
}

/** The query as it was sent, with its `?`; "" without one. A pass is for Tocsin and is left out, valid or not. */
function searchOf(url: string): string {
  const at = url.indexOf('?');
  if (at < 0) return '';
  const parts = url
    .slice(at + 1)
    .split('&')
    .filter((part) => !isPass(part));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Whether a part of a query is a pass, however its name is written. */
function isPass(part: string): boolean {
  return new URLSearchParams(part).has(PASS_PARAM);
}

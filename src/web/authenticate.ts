/**
 * Finds out who is asking, from what the request carries: a viewer token, a session, Cloudflare Access' word, a link.
 *
 * Contract: the strongest proof that is good counts; one that is not good is as none. What can't be checked now (KV or the
 * keys of Access can't be read) is said so, and never lets anybody in. Nothing here asks the ledger.
 */

import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { keyIdOf, readAccessToken } from '../access/jwt.ts';
import { PASS_PARAM, readPass } from '../access/link.ts';
import { readSession, sessionCookie } from '../access/session.ts';
import { isTokenOf, isValid, tokenId } from '../access/viewer.ts';
import type { AppDeps, Caller, Refused, WebEnv } from './context.ts';
import { accessKey } from './jwks.ts';
import { readViewer } from './viewer-store.ts';

export type Asked =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly why: Refused }
  /** Neither: it can't be checked at the moment. */
  | { readonly kind: 'unknown' };

type Web = Context<WebEnv>;
/** One way to prove who one is. Null: it proves nothing. Throws where it can't be checked. */
type AuthMethod = (c: Web, deps: AppDeps) => Promise<Caller | null>;

/** From the strongest to the weakest; links are looked at last, and only where they count. */
const AUTH_METHODS: readonly AuthMethod[] = [byToken, bySession, byAccess];

/** Who is asking. `links`: whether the route is one that links from messages lead to. */
export async function authenticate(c: Web, deps: AppDeps, links: boolean): Promise<Asked> {
  let unchecked = false;
  for (const way of AUTH_METHODS) {
    try {
      const caller = await way(c, deps);
      if (caller !== null) return { kind: 'caller', caller };
    } catch (error) {
      unchecked = true;
      console.error(JSON.stringify({ at: 'access', error: error instanceof Error ? error.message : 'unknown' }));
    }
  }
  const { linkSecret } = deps.config;
  const pass = c.req.query(PASS_PARAM);
  const link =
    links && linkSecret !== null ? await readPass(linkSecret, pass, deps.now()) : ({ kind: 'none' } as const);
  if (link.kind === 'good') {
    const { alert, expires } = link.pass;
    return { kind: 'caller', caller: { kind: 'link', alert, pass: pass ?? '', expires } };
  }
  if (unchecked) return { kind: 'unknown' };
  return { kind: 'refused', why: { kind: link.kind === 'expired' ? 'expired link' : 'nobody' } };
}

/** The viewer that a token proves; null where it proves none. Throws where KV can't be read. */
export async function viewerOf(token: string, { config, now }: AppDeps): Promise<Caller | null> {
  const id = tokenId(token);
  if (id === null) return null;
  if (config.kv === null) throw new Error('no KV namespace is bound: viewer tokens cannot be checked');
  const record = await readViewer(config.kv, id);
  if (record === null || !(await isTokenOf(record, token)) || !isValid(record, now())) return null;
  return { kind: 'viewer', id, name: record.name };
}

async function byToken(c: Web, deps: AppDeps): Promise<Caller | null> {
  const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return token === undefined ? null : viewerOf(token, deps);
}

async function bySession(c: Web, { config, now }: AppDeps): Promise<Caller | null> {
  const cookie = sessionCookie(c.req.url);
  const text = getCookie(c, cookie.name);
  if (config.linkSecret === null || text === undefined) return null;
  const id = await readSession(config.linkSecret, text, now());
  if (id === null) return null;
  if (config.kv === null) throw new Error('no KV namespace is bound: sessions cannot be checked');
  const record = await readViewer(config.kv, id);
  return record !== null && isValid(record, now()) ? { kind: 'viewer', id, name: record.name } : null;
}

/** https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/ */
async function byAccess(c: Web, deps: AppDeps): Promise<Caller | null> {
  const { access } = deps.config;
  if (access === null) return null;
  const token = c.req.header('cf-access-jwt-assertion') ?? getCookie(c, 'CF_Authorization');
  const kid = token === undefined ? null : keyIdOf(token);
  if (token === undefined || kid === null) return null;
  const key = await accessKey(access.teamDomain, kid, deps);
  const expected = { issuer: `https://${access.teamDomain}`, audience: access.audience };
  const email = key === null ? null : await readAccessToken(token, key, expected, deps.now());
  return email === null ? null : { kind: 'access', email };
}

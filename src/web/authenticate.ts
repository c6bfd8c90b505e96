/**
 * Authenticates the caller of a request by a viewer token, a session, a token of Cloudflare Access, or a link.
 *
 * Contract: the strongest valid proof counts, and invalid ones are ignored. If a proof can't be checked (KV or the keys of
 * Access can't be read) and no other is valid, the result is `unknown`, never access. The ledger is not asked.
 */

import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { keyIdOf, readAccessToken } from '../access/jwt.ts';
import { PASS_PARAM, readPass } from '../access/link.ts';
import { readSession, sessionCookie } from '../access/session.ts';
import { isTokenOf, isValid, tokenId } from '../access/viewer.ts';
import { log } from '../text/log.ts';
import type { AppDeps, Caller, Refused, WebEnv } from './context.ts';
import { accessKey } from './jwks.ts';
import { readViewer } from './viewer-store.ts';

export type Authenticated =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly why: Refused }
  /** It can't be checked at the moment. */
  | { readonly kind: 'unknown' };

type Web = Context<WebEnv>;
/** One kind of proof. Null: there is no valid one. Throws if it can't be checked. */
type AuthMethod = (c: Web, deps: AppDeps) => Promise<Caller | null>;

/** From the strongest to the weakest. Links come last, and only on the routes they open. */
const AUTH_METHODS: readonly AuthMethod[] = [byToken, bySession, byAccess];

/** The caller of the request. `allowsLinks`: the route is one that links in messages open. */
export async function authenticate(c: Web, deps: AppDeps, allowsLinks: boolean): Promise<Authenticated> {
  let isUnchecked = false;
  for (const method of AUTH_METHODS) {
    try {
      const caller = await method(c, deps);
      if (caller !== null) return { kind: 'caller', caller };
    } catch (error) {
      isUnchecked = true;
      log('error', { at: 'access', error: error instanceof Error ? error.message : 'unknown' });
    }
  }
  const { linkSecret } = deps.config;
  const pass = c.req.query(PASS_PARAM);
  const link =
    allowsLinks && linkSecret !== null ? await readPass(linkSecret, pass, deps.now()) : ({ kind: 'none' } as const);
  if (link.kind === 'good') {
    const { alert, expires } = link.pass;
    return { kind: 'caller', caller: { kind: 'link', alert, pass: pass ?? '', expires } };
  }
  if (isUnchecked) return { kind: 'unknown' };
  return { kind: 'refused', why: { kind: link.kind === 'expired' ? 'expired link' : 'nobody' } };
}

/** The viewer with this token; null if it is not valid. Throws if KV can't be read. */
export async function viewerOf(token: string, { config, now }: AppDeps): Promise<Caller | null> {
  const id = tokenId(token);
  if (id === null) return null;
  if (config.kv === null) throw new Error('no KV namespace is bound: viewer tokens cannot be checked');
  const record = await readViewer(config.kv, id);
  if (record === null || !(await isTokenOf(record, token)) || !isValid(record, now())) return null;
  return { kind: 'viewer', id, name: record.name, role: record.role, isSession: false };
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
  if (record === null || !isValid(record, now())) return null;
  return { kind: 'viewer', id, name: record.name, role: record.role, isSession: true };
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

/**
 * Authenticates the caller of a request by a viewer token, a session, a token of Cloudflare Access, or a link.
 *
 * Contract: the strongest valid proof counts, and invalid ones are ignored. If a proof can't be checked (KV, the ledger or
 * the keys of Access can't be read) and no other is valid, the result is `unknown`, never access. Nothing is read for a
 * proof before it is counted against a limit (rate-limit.ts). The ledger is asked only whether a session has ended, and only
 * for one that is valid otherwise.
 */

import type { Context } from 'hono';
import { keyIdOf, readAccessToken } from '../access/jwt.ts';
import { eachAlert, PASS_PARAM, type Pass, readPass, readPasses } from '../access/link.ts';
import { linksCookie, readSession, SESSION_MS, type Session, sessionCookie } from '../access/session.ts';
import { isMadeHere, isTokenOf, isValid, tokenId } from '../access/viewer.ts';
import type { AccessProof } from '../ledger/rpc.ts';
import { log } from '../text/log.ts';
import { once } from '../text/once.ts';
import type { AppDeps, Refused, Visitor, WebEnv } from './context.ts';
import { inTime } from './in-time.ts';
import { accessKey } from './jwks.ts';
import { readCookie } from './own-cookie.ts';
import { hasAccess } from './policy.ts';
import { readViewer } from './viewer-store.ts';

export type Authenticated =
  | { readonly kind: 'caller'; readonly caller: Visitor }
  | { readonly kind: 'refused'; readonly why: Refused }
  /** Seconds to wait: the proof was not checked, because there were too many before it. */
  | { readonly kind: 'limited'; readonly wait: number }
  /** It can't be checked at the moment. */
  | { readonly kind: 'unknown' };

type Web = Context<WebEnv>;
type Limited = Extract<Authenticated, { kind: 'limited' }>;
/** One kind of proof. Null: there is no valid one. Throws if it can't be checked. */
type AuthMethod = (c: Web, deps: AppDeps) => Promise<Visitor | Limited | null>;

/** From the strongest to the weakest. Links come last, and only on the routes they open. */
const AUTH_METHODS: readonly AuthMethod[] = [byToken, bySession, byAccess];

/** The caller of the request. `allowsLinks`: the route is one that links in messages open. */
export async function authenticate(c: Web, deps: AppDeps, allowsLinks: boolean): Promise<Authenticated> {
  let isUnchecked = false;
  let limited: Limited | null = null;
  // Who may act on every alert needs none, and they cost a seal each.
  const links = once(() => (allowsLinks ? passesOf(c, deps) : { passes: [], hasExpired: false }));
  for (const method of AUTH_METHODS) {
    try {
      const found = await method(c, deps);
      if (found?.kind === 'limited') limited = found;
      else if (found !== null) return { kind: 'caller', caller: withPasses(found, links) };
    } catch (error) {
      isUnchecked = true;
      log('error', { at: 'access', error: error instanceof Error ? error.message : 'unknown' });
    }
  }
  const { passes, hasExpired } = links();
  const [first, ...others] = passes;
  if (first !== undefined) return { kind: 'caller', caller: { kind: 'link', passes: [first, ...others] } };
  if (limited !== null) return limited;
  if (isUnchecked) return { kind: 'unknown' };
  return { kind: 'refused', why: { kind: hasExpired ? 'expired link' : 'nobody' } };
}

/** With the links that they have besides, unless they may act on every alert. */
function withPasses(caller: Visitor, links: () => { readonly passes: readonly Pass[] }): Visitor {
  if (caller.kind === 'link' || hasAccess('responder', caller)) return caller;
  const { passes } = links();
  return passes.length === 0 ? caller : { ...caller, passes };
}

/** The valid passes of a request, one for each alert: that of its address, then those of its cookie. */
function passesOf(c: Web, { config, now }: AppDeps): { passes: readonly Pass[]; hasExpired: boolean } {
  const time = now();
  const reads = [
    readPass(config, c.req.query(PASS_PARAM), time),
    ...readPasses(config, readCookie(c, linksCookie(c.req.url).name), time).map(({ read }) => read),
  ];
  return {
    passes: reads.flatMap((read) => (read.kind === 'good' ? eachAlert(read.pass) : [])),
    hasExpired: reads.some(({ kind }) => kind === 'expired'),
  };
}

/** The viewer with this token; null if it is not valid. Throws if KV can't be read. */
export async function viewerOf(c: Web, token: string, { config, now }: AppDeps): Promise<Visitor | Limited | null> {
  const id = tokenId(token);
  if (id === null) return null;
  const wait = await (isMadeHere(config, token) ? c.var.limit.viewer(id) : c.var.limit.address());
  if (wait !== null) return { kind: 'limited', wait };
  if (config.kv === null) throw new Error('no KV namespace is bound: viewer tokens cannot be checked');
  const record = await readViewer(config.kv, id);
  if (record === null || !(await isTokenOf(record, token)) || !isValid(record, now())) return null;
  return { kind: 'viewer', id, name: record.name, role: record.role, isSession: false };
}

async function byToken(c: Web, deps: AppDeps): ReturnType<AuthMethod> {
  const [, token] = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  return token === undefined ? null : viewerOf(c, token, deps);
}

/** A session as the ledger knows those that are over. */
export function sessionProof({ viewer, ledger, id, expires }: Session): AccessProof {
  return { id, ledger, holder: viewer, madeAt: expires - SESSION_MS, expiresAt: expires };
}

/** The viewer of a session that has not ended; null without one. Throws if that can't be checked. */
export async function bySession(c: Web, { config, ledger, now }: AppDeps): ReturnType<AuthMethod> {
  const session = readSession(config, readCookie(c, sessionCookie(c.req.url).name), now());
  if (session === null) return null;
  const { viewer } = session;
  const wait = await c.var.limit.session(session.id);
  if (wait !== null) return { kind: 'limited', wait };
  if (config.kv === null) throw new Error('no KV namespace is bound: sessions cannot be checked');
  const record = await readViewer(config.kv, viewer);
  if (record === null || !isValid(record, now())) return null;
  if (ledger === null) throw new Error('no ledger is bound: whether a session has ended cannot be checked');
  const isOver = await inTime(() => ledger.isProofSpent(sessionProof(session)));
  if (isOver) return null;
  return { kind: 'viewer', id: viewer, name: record.name, role: record.role, isSession: true, session: session.id };
}

/** https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/ */
async function byAccess(c: Web, deps: AppDeps): ReturnType<AuthMethod> {
  const { access } = deps.config;
  if (access === null) return null;
  const token = c.req.header('cf-access-jwt-assertion') ?? readCookie(c, 'CF_Authorization');
  const kid = token === undefined ? null : keyIdOf(token);
  if (token === undefined || kid === null) return null;
  const key = await accessKey(access.teamDomain, kid, deps);
  const expected = { issuer: `https://${access.teamDomain}`, audience: access.audience };
  const email = key === null ? null : await readAccessToken(token, key, expected, deps.now());
  return email === null ? null : { kind: 'access', email };
}

/**
 * Access to every route, in one table. A route that is not in it responds as if it did not exist, even if a handler is
 * registered.
 *
 * Contract: plain data and a pure decision. A route is named by its method and pattern as registered. HEAD counts as GET,
 * except for the API, whose clients never send it. test/worker/access.test.ts checks that the table and the app agree.
 */

import { includesRole, type Role } from '../access/viewer.ts';
import { type Caller, passesTo } from './context.ts';

/**
 * - `unlimited`: anybody, as often as they like; signing out, too, which has a limit for what it reads (session.ts).
 * - `open`: anybody, within a limit for their address.
 * - `viewer`: callers with a viewer token or a session, or signed in with Cloudflare Access.
 * - `scoped`: those, and callers with a link from a message, whom the handler shows that alert and its entries only.
 * - `responder`: callers with a token, or a session, of a responder or operator: acting on alerts.
 * - `scoped responder`: those, and callers with a link from a message, who may act on that alert only.
 * - `api`: viewers, and callers who prove to know LINK_SECRET. `api act`: responders and those; a session only from a page of
 *   ours (app.ts).
 * - `operator page`: callers with an operator's token, or a session started with it.
 * - `operator`: callers who send an operator's token or prove to know LINK_SECRET. A session does not count: no page, of
 *   ours or of others, can make a browser send such a request.
 */
export type Access =
  | 'unlimited'
  | 'open'
  | 'viewer'
  | 'scoped'
  | 'responder'
  | 'scoped responder'
  | 'api'
  | 'api act'
  | 'operator page'
  | 'operator';

type Method = 'GET' | 'POST' | 'DELETE';
export type PolicyRow = readonly [method: Method, pattern: string, access: Access];

export const POLICY: readonly PolicyRow[] = [
  ['GET', '/healthz', 'unlimited'],
  ['GET', '/sign-in', 'open'],
  ['POST', '/session', 'open'],
  ['POST', '/sign-out', 'unlimited'],
  // Signed by Slack (slack-actions.ts).
  ['POST', '/slack/actions', 'open'],
  // Signed by PagerDuty (pagerduty-webhook.ts).
  ['POST', '/pagerduty/webhook', 'open'],

  ['GET', '/operator/status', 'operator'],
  ['POST', '/operator/rewind', 'operator'],
  ['POST', '/operator/restore', 'operator'],
  ['POST', '/operator/resend', 'operator'],
  ['GET', '/operator/backfill', 'operator'],
  ['POST', '/operator/backfill', 'operator'],
  ['POST', '/operator/backfill/cancel', 'operator'],
  ['POST', '/operator/test', 'operator'],
  ['GET', '/operator/quarantine', 'operator'],
  ['GET', '/operator/quarantine/record', 'operator'],
  ['POST', '/operator/quarantine/release', 'operator'],
  ['POST', '/operator/quarantine/drop', 'operator'],
  ['GET', '/operator/viewers', 'operator'],
  ['POST', '/operator/viewers', 'operator'],
  ['DELETE', '/operator/viewers/:id', 'operator'],
  ['GET', '/operator/security', 'operator'],

  ['GET', '/api/alerts', 'api'],
  ['GET', '/api/alerts/:id', 'api'],
  ['GET', '/api/alerts/:id/route', 'api'],
  ['GET', '/api/alerts/:id/why', 'api'],
  ['POST', '/api/alerts/acts', 'api act'],
  ['GET', '/api/acts', 'api'],
  ['GET', '/api/entries', 'api'],
  ['GET', '/api/entries/:id/why', 'api'],
  ['GET', '/api/rules', 'api'],
  ['POST', '/api/route', 'api act'],
  ['GET', '/api/silences', 'api'],
  ['POST', '/api/silences', 'api act'],
  ['POST', '/api/silences/:id/expire', 'api act'],

  ['GET', '/v1/audit_logs', 'viewer'],
  ['GET', '/v1/audit_logs/:id', 'scoped'],

  ['GET', '/', 'viewer'],
  ['GET', '/alerts', 'viewer'],
  ['POST', '/alerts', 'responder'],
  ['GET', '/alerts/:id', 'scoped'],
  ['POST', '/alerts/:id/acknowledge', 'scoped responder'],
  ['POST', '/alerts/:id/comment', 'scoped responder'],
  ['POST', '/alerts/:id/resolve', 'responder'],
  ['POST', '/alerts/:id/assign', 'responder'],
  ['GET', '/entries/:id', 'scoped'],
  ['GET', '/quarantine', 'viewer'],
  ['GET', '/quarantine/:key', 'viewer'],
  ['GET', '/rules', 'viewer'],
  ['GET', '/rules/:id', 'viewer'],
  ['GET', '/silences', 'viewer'],
  ['POST', '/silences', 'responder'],
  ['POST', '/silences/:id/expire', 'responder'],
  ['GET', '/security', 'operator page'],
];

/** The part of the app that a path belongs to. It decides the form of a response, and says nothing about what exists. */
export type Area = 'api' | 'operator' | 'pages';

/** A route as registered. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

const ACCESS: ReadonlyMap<string, Access> = new Map(
  POLICY.map(([method, pattern, access]) => [`${method} ${pattern}`, access]),
);
/** The method of middleware, which never responds itself. */
const MIDDLEWARE = 'ALL';

/** The access to a request that these routes match; null: nobody's, also if the routes disagree. */
export function accessOf(method: string, matched: readonly Route[]): Access | null {
  const handlers = matched.filter((route) => route.method !== MIDDLEWARE);
  if (method === 'HEAD' && handlers.some(({ path }) => areaOf(path) === 'api')) return null;
  const found = new Set(handlers.map((route) => ACCESS.get(`${route.method} ${route.path}`) ?? null));
  const [access] = found;
  return found.size === 1 ? (access ?? null) : null;
}

/** The least role of a viewer token. */
const ROLE_FOR: { readonly [access in Exclude<Access, 'open' | 'unlimited'>]: Role } = {
  viewer: 'viewer',
  scoped: 'viewer',
  responder: 'responder',
  'scoped responder': 'responder',
  api: 'viewer',
  'api act': 'responder',
  'operator page': 'operator',
  operator: 'operator',
};

/** Whether a caller has this access; a null caller was not authenticated, and a null access is nobody's. */
export function hasAccess(access: Access | null, caller: Caller | null): boolean {
  if (access === 'open' || access === 'unlimited') return true;
  if (access === null || caller === null) return false;
  switch (caller.kind) {
    case 'secret':
      return takesProof(access);
    case 'link':
      return isScoped(access);
    case 'access':
      return access === 'scoped' || access === 'viewer' || access === 'api' || actsByLink(access, caller);
    case 'viewer':
      if (access === 'operator' && caller.isSession) return false;
      return includesRole(caller.role, ROLE_FOR[access]) || actsByLink(access, caller);
  }
}

/** What a link gives to anyone, it gives to those who are signed in too. */
function actsByLink(access: Access, { passes = [] }: { readonly passes?: readonly unknown[] }): boolean {
  return access === 'scoped responder' && passes.length > 0;
}

/** Whether a caller may acknowledge this alert and comment on it: on every alert, or by a link to this one. */
export function mayActOn(caller: Caller, alert: number): boolean {
  return hasAccess('responder', caller) || passesTo(caller, alert).length > 0;
}

/** Whether a proof of knowing LINK_SECRET gives this access. */
export function takesProof(access: Access | null): boolean {
  return access === 'operator' || access === 'api' || access === 'api act';
}

/** Whether links open it. */
export function isScoped(access: Access | null): boolean {
  return access === 'scoped' || access === 'scoped responder';
}

/** The area of a path, whether it exists or not. */
export function areaOf(path: string): Area {
  const [, first] = path.split('/', 2);
  if (first === 'v1' || first === 'api') return 'api';
  return first === 'operator' ? 'operator' : 'pages';
}

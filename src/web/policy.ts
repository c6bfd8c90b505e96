/**
 * Who may ask for what: the one table. What is not in it is answered like a path that does not exist, also where a
 * handler is registered for it.
 *
 * Contract: plain data and a pure decision. A route is named as it is registered, method and pattern; HEAD counts as GET,
 * but not for the API, whose clients never send it. test/worker/access.test.ts holds the table and the app together.
 */

/**
 * - `open`: anybody.
 * - `operator`: whoever proves LINK_SECRET.
 * - `viewer`: a viewer token, a session, Cloudflare Access.
 * - `scoped`: those, and whoever follows a link from a message; the handler shows them their alert and its entries only.
 */
export type Access = 'open' | 'operator' | 'viewer' | 'scoped';

type Method = 'GET' | 'POST' | 'DELETE';
export type PolicyRow = readonly [method: Method, pattern: string, access: Access];

export const POLICY: readonly PolicyRow[] = [
  ['GET', '/healthz', 'open'],
  ['GET', '/assets/:file', 'open'],
  ['GET', '/sign-in', 'open'],
  ['POST', '/session', 'open'],
  ['POST', '/sign-out', 'open'],

  ['GET', '/operator/status', 'operator'],
  ['POST', '/operator/rewind', 'operator'],
  ['POST', '/operator/resend', 'operator'],
  ['POST', '/operator/test', 'operator'],
  ['GET', '/operator/alerts', 'operator'],
  ['GET', '/operator/alerts/:id', 'operator'],
  ['GET', '/operator/viewers', 'operator'],
  ['POST', '/operator/viewers', 'operator'],
  ['DELETE', '/operator/viewers/:id', 'operator'],

  ['GET', '/v1/audit_logs', 'viewer'],
  ['GET', '/v1/audit_logs/:id', 'scoped'],

  ['GET', '/', 'viewer'],
  ['GET', '/alerts', 'viewer'],
  ['GET', '/alerts/:id', 'scoped'],
  ['GET', '/entries/:id', 'scoped'],
  ['GET', '/rules', 'viewer'],
  ['GET', '/rules/:id', 'viewer'],
];

/** What a path belongs to: it says in which form an answer is given, and nothing about what exists. */
export type Area = 'api' | 'operator' | 'pages';

/** A route as it was registered. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

const ACCESS: ReadonlyMap<string, Access> = new Map(
  POLICY.map(([method, pattern, access]) => [`${method} ${pattern}`, access]),
);
/** What middleware is registered under: it answers nothing by itself. */
const MIDDLEWARE = 'ALL';

/** Who may have what these routes answer, all that match a request; null: nobody, as where they disagree. */
export function accessOf(method: string, matched: readonly Route[]): Access | null {
  const handlers = matched.filter((route) => route.method !== MIDDLEWARE);
  if (method === 'HEAD' && handlers.some(({ path }) => areaOf(path) === 'api')) return null;
  const found = new Set(handlers.map((route) => ACCESS.get(`${route.method} ${route.path}`) ?? null));
  const [access] = found;
  return found.size === 1 ? (access ?? null) : null;
}

export function areaOf(path: string): Area {
  if (path === '/v1' || path.startsWith('/v1/')) return 'api';
  if (path === '/operator' || path.startsWith('/operator/')) return 'operator';
  return 'pages';
}

/**
 * The headers of every answer: what browsers must not do with it, and where it came from. A handler that sets one of
 * them itself, as the pages do their content security policy, keeps it.
 */
import type { MiddlewareHandler } from 'hono';
import type { WebEnv } from './env.ts';

/** Where an answer was made: here, by the upstream, or of what the ledger keeps. */
export const SOURCE_HEADER = 'x-tocsin-source';
export type Source = 'tocsin' | 'upstream' | 'ledger';

/** No script, no style, no frame, no form: JSON and plain text need none. `sandbox`: what the upstream sends is no page of ours. */
const CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/** A year, as https://hstspreload.org asks; not for subdomains, which may be somebody else's. */
const HSTS = 'max-age=31536000';
/** Nothing is kept by any cache, shared or not, but what its handler calls public: assets. */
const NOT_KEPT = 'private, no-store';

export const headers: MiddlewareHandler<WebEnv> = async (c, next) => {
  await next();
  const unlessSet = (name: string, value: string): void => {
    if (!c.res.headers.has(name)) c.header(name, value);
  };
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'no-referrer');
  c.header('cross-origin-resource-policy', 'same-origin');
  if (c.req.url.startsWith('https:')) c.header('strict-transport-security', HSTS);
  unlessSet('content-security-policy', CSP);
  if (!c.res.headers.get('cache-control')?.startsWith('public')) c.header('cache-control', NOT_KEPT);
  unlessSet(SOURCE_HEADER, 'tocsin' satisfies Source);
};

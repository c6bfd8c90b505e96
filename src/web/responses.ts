/**
 * The responses for refused callers, and for what does not exist. They depend on the path of the request, never on what
 * exists.
 *
 * Contract: JSON `{ message }` for the API and the operator, as the SDKs read it; a page for browsers.
 */

import type { Context } from 'hono';
import { PASS_PARAM } from '../access/link.ts';
import type { Refused, WebEnv } from './context.ts';
import { PAGE_HEADERS } from './headers.ts';
import { errorPage, missingPage, spentPage } from './pages/errors.tsx';
import { refusedPage } from './pages/sign-in.tsx';
import { areaOf } from './policy.ts';
import { safeRedirect } from './safe-redirect.ts';

type Web = Context<WebEnv>;
type Status = 200 | 401 | 403 | 404 | 408 | 410 | 422 | 500 | 503;

/** For a caller who was not authenticated. */
export function refused(c: Web, why: Refused): Response {
  if (areaOf(c.req.path) === 'api') {
    c.header('www-authenticate', 'Bearer');
    return c.json({ message: 'the viewer token is missing, wrong, expired or revoked' }, 401);
  }
  const [status, message] =
    why.kind === 'nobody' ? ([404, 'not found'] as const) : ([410, 'this link has expired'] as const);
  return wantsPage(c) ? page(c, refusedPage(why, requestedPath(c)), status) : c.json({ message }, status);
}

/** For an authenticated caller: it does not exist, or their access does not include it. */
export function missing(c: Web): Response {
  return wantsPage(c) ? page(c, missingPage(c.get('caller') ?? null), 404) : c.json({ message: 'not found' }, 404);
}

/** For an authenticated caller of the API who may not do this. */
export function forbidden(c: Web, message: string): Response {
  return c.json({ message }, 403);
}

/** A bug, or a failure below. */
export function failed(c: Web): Response {
  const message = 'something went wrong; the log has the reason';
  return wantsPage(c) ? page(c, errorPage(c.get('caller') ?? null), 500) : c.json({ message }, 500);
}

/** The caller can't be authenticated at the moment: neither access nor a refusal. */
export function unavailable(c: Web): Response {
  c.header('retry-after', '5');
  const message = 'access cannot be checked at the moment: try again soon';
  return wantsPage(c) ? page(c, errorPage(null), 503) : c.json({ message }, 503);
}

/** Visitors have used what of the day's reads is for them, until then (wall, ms). */
export function spent(c: Web, until: number, now: number): Response {
  c.header('retry-after', String(Math.max(1, Math.ceil((until - now) / 1000))));
  c.header('x-should-retry', 'false');
  const message =
    'what pages may read of the ledger today is used up: they open again at 00:00 UTC. Tocsin keeps watching';
  return wantsPage(c) ? page(c, spentPage(c.get('caller') ?? null), 503) : c.json({ message }, 503);
}

/** Too many requests; the next one may be made after `seconds`. */
export function tooMany(c: Web, seconds: number, why = 'too many requests'): Response {
  c.header('retry-after', String(seconds));
  const message = `${why}: try again in ${seconds} seconds`;
  return wantsPage(c) ? c.text(message, 429) : c.json({ message }, 429);
}

/** A page, given as a whole document. */
export function page(c: Web, html: string, status: Status): Response {
  return c.body(html, status, { ...PAGE_HEADERS });
}

/** The path that was requested, without a pass, which was not valid. */
function requestedPath(c: Web): string {
  const url = new URL(c.req.url);
  url.searchParams.delete(PASS_PARAM);
  return safeRedirect(`${url.pathname}${url.search}`, c.req.url);
}

function wantsPage(c: Web): boolean {
  return areaOf(c.req.path) === 'pages' && (c.req.header('accept') ?? '').includes('text/html');
}

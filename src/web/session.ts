/**
 * Signing in with a viewer token, and out again, for people with a browser.
 *
 * Contract: both are POSTs of our own pages only, told by what browsers say of where a form was sent from; what they
 * answer leads to our own pages only. A wrong token and none at all get one answer.
 */

import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import { Hono } from 'hono/tiny';
import {
  SESSION_MS,
  SESSION_PATH,
  SIGN_IN_PATH,
  SIGN_OUT_PATH,
  sessionCookie,
  signSession,
} from '../access/session.ts';
import { readBytes } from '../http/body.ts';
import { viewerOf } from './authenticate.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { signInPage } from './pages/sign-in.tsx';
import { createRateLimit } from './rate-limit.ts';
import { page, tooMany, unavailable } from './responses.ts';
import { safeRedirect } from './safe-redirect.ts';

/** A token and a path have a few hundred bytes. */
const MOST_BYTES = 4096;
/** Who sends a form slower than this does not mean it. */
const TIMEOUT_MS = 10_000;

/** Routes: the form, what it sends (`token` and `next`), and the end of a session. */
export function sessionRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, now } = deps;
  const limit = createRateLimit(deps);
  const app = new Hono<WebEnv>();

  app.get(SIGN_IN_PATH, (c) => page(c, signInPage(safeRedirect(c.req.query('next'), c.req.url)), 200));

  app.post(SESSION_PATH, async (c) => {
    if (!isOurForm(c)) return c.text('This form was not sent from here.', 403);
    const wait = await limit.address(c);
    if (wait !== null) return tooMany(c, wait);
    const form = await readForm(c);
    const next = safeRedirect(form.get('next'), c.req.url);
    if (config.linkSecret === null) return unavailable(c);
    let viewer: Awaited<ReturnType<typeof viewerOf>>;
    try {
      viewer = await viewerOf((form.get('token') ?? '').trim(), deps);
    } catch {
      return unavailable(c);
    }
    if (viewer?.kind !== 'viewer') return page(c, signInPage(next, true), 401);
    keep(c, await signSession(config.linkSecret, viewer.id, now() + SESSION_MS), SESSION_MS / 1000);
    return c.redirect(next, 303);
  });

  app.post(SIGN_OUT_PATH, (c) => {
    if (!isOurForm(c)) return c.text('This form was not sent from here.', 403);
    keep(c, '', 0);
    return c.redirect(SIGN_IN_PATH, 303);
  });

  return app;
}

function keep(c: Context<WebEnv>, value: string, maxAge: number): void {
  const { name, secure } = sessionCookie(c.req.url);
  setCookie(c, name, value, { httpOnly: true, sameSite: 'Lax', path: '/', secure, maxAge });
}

/**
 * Whether a form was sent by a page of ours. Browsers say it in `Sec-Fetch-Site`; those too old to do so send `Origin`
 * (which is `null` under our own referrer policy in those that do).
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
function isOurForm(c: Context<WebEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  return site === undefined ? c.req.header('origin') === new URL(c.req.url).origin : site === 'same-origin';
}

/** The form's fields; none where it is no form, or too long to be ours. */
async function readForm(c: Context<WebEnv>): Promise<URLSearchParams> {
  const isForm = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded') === true;
  const bytes = isForm ? await readBytes(c.req.raw, AbortSignal.timeout(TIMEOUT_MS), MOST_BYTES) : null;
  return new URLSearchParams(bytes === null ? '' : new TextDecoder().decode(bytes));
}

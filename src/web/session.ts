/**
 * Signing in with a viewer token, and out, in a browser.
 *
 * Contract: both are POSTs from our own pages only, which the headers of the browser prove, and both redirect to our own
 * pages only. A wrong token and a missing one get the same response. Signing out always removes the cookies from the browser, the
 * links along, and ends the session at once and everywhere: the ledger remembers it, in one row, until it would have expired; if
 * it can't, the answer says so.
 */

import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { hex } from '../access/seal.ts';
import {
  linksCookie,
  readSession,
  SESSION_MS,
  SESSION_PATH,
  type Session,
  SIGN_IN_PATH,
  SIGN_OUT_PATH,
  sessionCookie,
  signSession,
} from '../access/session.ts';
import { log } from '../text/log.ts';
import { bySession, sessionProof, viewerOf } from './authenticate.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { foreignForm, isOurForm, readForm } from './forms.ts';
import { inTime } from './in-time.ts';
import { readCookie, setOwnCookie } from './own-cookie.ts';
import { signInPage } from './pages/sign-in.tsx';
import { page, tooMany, unavailable } from './responses.ts';
import { safeRedirect } from './safe-redirect.ts';
import { recordAct, refuse, whoIs } from './security.ts';

/** A token and a path have a few hundred bytes. */
const FORM_BYTES_MAX = 4096;
/**
 * What a browser is to forget besides our cookies. Not "cookies": that means those of the whole domain, also of its other
 * hosts. https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Clear-Site-Data#cookies
 */
const LEFT_BEHIND = '"cache", "storage"';
const STILL_VALID = `You are signed out in this browser, but the session could not be ended everywhere: anyone who has a copy of its
  cookie can use it until it expires, after ${SESSION_MS / 3_600_000} hours at most. To end it now, an operator can revoke the viewer token.`;

/** The routes: the form, its POST with `token` and `next`, and the end of a session. */
export function sessionRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, now } = deps;
  const app = new Hono<WebEnv>();

  app.get(SIGN_IN_PATH, (c) => page(c, signInPage(safeRedirect(c.req.query('next'), c.req.url)), 200));

  app.post(SESSION_PATH, async (c) => {
    if (!isOurForm(c)) return foreignForm(c, deps);
    const form = await readForm(c, FORM_BYTES_MAX);
    if (form === 'late') return page(c, signInPage('/', 'The form did not arrive in time. Try again.'), 408);
    const next = safeRedirect(form.get('next'), c.req.url);
    if (config.linkSecret === null) return unavailable(c);
    let viewer: Awaited<ReturnType<typeof viewerOf>>;
    try {
      viewer = await viewerOf(c, (form.get('token') ?? '').trim(), deps);
    } catch {
      return unavailable(c);
    }
    if (viewer?.kind === 'limited') {
      refuse(c, deps, 'rate limit');
      return tooMany(c, viewer.wait);
    }
    if (viewer?.kind !== 'viewer') {
      refuse(c, deps, 'wrong token at sign-in');
      return page(c, signInPage(next, 'Invalid or revoked token.'), 401);
    }
    // Without its ledger, no session could be checked.
    const ledgerId = ledger === null ? null : await inTime(() => ledger.ledgerId()).catch(() => null);
    if (ledgerId === null) return unavailable(c);
    const stopped = await recordAct(c, deps, 'sign-in', viewer.role, whoIs(viewer));
    if (stopped !== null) return stopped;
    const id = hex(crypto.getRandomValues(new Uint8Array(8)));
    const expires = now() + SESSION_MS;
    const session = signSession(config.linkSecret, { viewer: viewer.id, ledger: ledgerId, expires, id });
    setOwnCookie(c, sessionCookie(c.req.url), session, SESSION_MS / 1000);
    return c.redirect(next, 303);
  });

  app.post(SIGN_OUT_PATH, async (c) => {
    if (!isOurForm(c)) return foreignForm(c, deps);
    for (const cookie of [sessionCookie(c.req.url), linksCookie(c.req.url)]) setOwnCookie(c, cookie, '', 0);
    c.header('clear-site-data', LEFT_BEHIND);
    const session = readSession(config, readCookie(c, sessionCookie(c.req.url).name), now());
    if (session === null || (await end(c, session))) return c.redirect(SIGN_IN_PATH, 303);
    return page(c, signInPage('/', STILL_VALID), 503);
  });

  /** Ends a session everywhere; false if that can't be done. */
  async function end(c: Context<WebEnv>, session: Session): Promise<boolean> {
    // Not the limit of forms, which a neighbour without any proof could use up.
    if ((await c.var.limit.session(session.id)) !== null) {
      refuse(c, deps, 'rate limit');
      return false;
    }
    try {
      // Not that of any other proof: the session's viewer signs out.
      const viewer = await bySession(c, deps).catch(() => null);
      if (viewer?.kind === 'viewer') await recordAct(c, deps, 'sign-out', null, whoIs(viewer));
      if (ledger === null) throw new Error('no ledger is bound');
      await inTime(() => ledger.spendProof(sessionProof(session)));
      return true;
    } catch (error) {
      log('error', { at: 'sign-out', error: error instanceof Error ? error.message : 'unknown' });
      return false;
    }
  }

  return app;
}

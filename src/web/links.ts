/**
 * A link of a message on its first use: its pass goes into a cookie and leaves the address.
 *
 * Contract: the redirect leads to the same page without the pass, so it never comes twice, also where a browser takes no
 * cookie: then the page is refused. A pass that is not valid changes nothing. Each use is recorded in the security log; nothing
 * else is read or written for it.
 */
import type { Context } from 'hono';
import { addPass, LINK_MS, PASS_PARAM, readPass } from '../access/link.ts';
import { linksCookie } from '../access/session.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { readCookie, setOwnCookie } from './own-cookie.ts';
import { tooMany } from './responses.ts';
import { recordAct, refuse, whoIs } from './security.ts';

/** The redirect of a page's request with a valid pass; null for any other. */
export async function openLink(c: Context<WebEnv>, deps: AppDeps): Promise<Response | null> {
  const { config, now } = deps;
  const text = c.req.query(PASS_PARAM) ?? '';
  const time = now();
  const read = readPass(config, text, time);
  if (read.kind !== 'good') return null;
  const caller = { kind: 'link', passes: [read.pass] } as const;
  const wait = await c.var.limit.caller(caller);
  if (wait !== null) {
    refuse(c, deps, 'rate limit');
    return tooMany(c, wait);
  }
  await recordAct(c, deps, 'link opened', null, whoIs(caller));
  const cookie = linksCookie(c.req.url);
  // As long as any of its links may last; each ends by itself.
  setOwnCookie(c, cookie, addPass(config, readCookie(c, cookie.name), text, time), LINK_MS / 1000);
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.delete(PASS_PARAM);
  return c.redirect(searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`, 303);
}

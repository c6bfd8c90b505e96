/** Our cookies. They are for this host alone, and no script and no other site's form gets them. */
import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import type { CookieForm } from '../access/session.ts';

/** Sets a cookie for `maxAge` seconds; "" and 0 delete it. */
export function setOwnCookie(c: Context, { name, secure }: CookieForm, value: string, maxAge: number): void {
  setCookie(c, name, value, { httpOnly: true, sameSite: 'Lax', path: '/', secure, maxAge });
}

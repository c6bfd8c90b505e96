/** Cookies. Ours are for this host alone, and no script and no form of another site gets them; none needs escapes. */
import type { Context } from 'hono';
import type { CookieForm } from '../access/session.ts';

/** The value of a request's first cookie with this name, as it was sent. */
export function readCookie(c: Context, name: string): string | undefined {
  const pairs = (c.req.header('cookie') ?? '').split(/; */);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Sets a cookie of ours for `maxAge` seconds; "" and 0 delete it. */
export function setOwnCookie(c: Context, { name, secure }: CookieForm, value: string, maxAge: number): void {
  const attributes = `Max-Age=${maxAge}; Path=/; HttpOnly; ${secure ? 'Secure; ' : ''}SameSite=Lax`;
  c.header('set-cookie', `${name}=${value}; ${attributes}`, { append: true });
}

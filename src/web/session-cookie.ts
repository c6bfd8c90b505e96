/** The cookie of a session: where it may go, and who may read it. Pure. */

export interface SessionCookie {
  readonly name: string;
  /** Attributes besides `HttpOnly; SameSite=Lax; Path=/`. */
  readonly secure: boolean;
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The cookie for an address. `__Host-` binds it to this very host; browsers take it with https only, so that on a
 * developer's own machine it goes without. Elsewhere http gets a cookie that no browser sends back.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export function sessionCookie(url: string): SessionCookie {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return { name: '__Host-tocsin', secure: true };
  return { name: 'tocsin', secure: !LOOPBACK.includes(hostname) };
}

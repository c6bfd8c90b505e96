/**
 * Sessions: what a browser stores after signing in with a viewer token. It is not the token but a signed reference to it
 * that expires; each request checks that the token is still valid.
 *
 * Contract: pure except for Web Crypto; `now` is a parameter. Changing LINK_SECRET ends every session.
 */
import { LINK_MS } from './link.ts';
import { mac, sameText } from './mac.ts';

/** A session lasts for a shift, and a stolen cookie is soon useless. */
export const SESSION_MS = 12 * 60 * 60_000;
if (!(SESSION_MS < LINK_MS))
  throw new Error('a session opens every alert, and must end before a link, which opens one');
const PURPOSE = 'session';

/** `<id of the viewer token>.<expiry in s>.<HMAC, hex>`. */
export async function signSession(secret: string, viewer: string, expires: number): Promise<string> {
  const until = String(Math.floor(expires / 1000));
  return `${viewer}.${until}.${await mac(secret, PURPOSE, [viewer, until])}`;
}

/** The id of the viewer token that a session refers to; null if it is invalid or has expired. Never throws. */
export async function readSession(secret: string, text: string | undefined, now: number): Promise<string | null> {
  const [, viewer, until, given] = /^([0-9a-f]{16})\.([1-9]\d{0,11})\.([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  if (viewer === undefined || until === undefined || given === undefined) return null;
  if (!sameText(given, await mac(secret, PURPOSE, [viewer, until]))) return null;
  return Number(until) * 1000 > now ? viewer : null;
}

/** The form to sign in; where it is posted; the end of a session (POST). */
export const SIGN_IN_PATH = '/sign-in';
export const SESSION_PATH = '/session';
export const SIGN_OUT_PATH = '/sign-out';

/** How the cookie is set. */
export interface SessionCookie {
  readonly name: string;
  /** Attributes besides `HttpOnly; SameSite=Lax; Path=/`. */
  readonly secure: boolean;
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The session cookie for an address. `__Host-` binds it to this host, and requires https, so it is left out on a
 * developer's machine. On any other http address the cookie is `Secure`, and browsers don't send it back.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
export function sessionCookie(url: string): SessionCookie {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return { name: '__Host-tocsin', secure: true };
  return { name: 'tocsin', secure: !LOOPBACK.includes(hostname) };
}

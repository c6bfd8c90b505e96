/**
 * Sessions: what a browser stores after signing in with a viewer token. It is not the token but a signed reference to it
 * that expires; each request checks that the token is still valid, and that nobody has signed out of the session. It names the
 * ledger that remembers who has: another, with the same secrets, knows nothing of that, and takes none of these sessions.
 *
 * Contract: pure; `now` and the session's random id are parameters. Changing LINK_SECRET ends every session, unless the old
 * one stays as LINK_SECRET_PREVIOUS.
 */
import { LINK_MS } from './link.ts';
import { CLOCKS_APART_MS, isSealed, type LinkSecrets, SEAL, seal } from './seal.ts';

/** A session lasts for a shift, and a stolen cookie is soon useless. */
export const SESSION_MS = 12 * 60 * 60_000;
if (!(SESSION_MS < LINK_MS))
  throw new Error('a session opens every alert, and must end before a link, which opens one');

/** A session that was signed. */
export interface Session {
  /** The id of the viewer token. */
  readonly viewer: string;
  /** The id of the ledger that it was started with: 16 hexadecimal digits. */
  readonly ledger: string;
  /** ms since the epoch. */
  readonly expires: number;
  /** Its own, random: 16 hexadecimal digits. */
  readonly id: string;
}

const SESSION = new RegExp(`^([0-9a-f]{16})\\.([1-9]\\d{0,11})\\.([0-9a-f]{16})\\.([0-9a-f]{16})\\.(${SEAL})$`);

/** `<id of the viewer token>.<expiry in s>.<ledger>.<id of the session>.<seal>`. */
export function signSession(secret: string, { viewer, ledger, expires, id }: Session): string {
  const lines = [viewer, String(Math.floor(expires / 1000)), ledger, id];
  return `${lines.join('.')}.${seal(secret, 'session', lines)}`;
}

/** The session in a cookie; null if it is invalid, has expired, or is valid for longer than any that is signed. Never throws. */
export function readSession(secrets: LinkSecrets, text: string | undefined, now: number): Session | null {
  const [, viewer, until, ledger, id, given] = SESSION.exec(text ?? '') ?? [];
  if (viewer === undefined || until === undefined || ledger === undefined) return null;
  if (id === undefined || given === undefined) return null;
  const expires = Number(until) * 1000;
  if (expires <= now || expires > now + SESSION_MS + CLOCKS_APART_MS) return null;
  return isSealed(secrets, 'session', [viewer, until, ledger, id], given) ? { viewer, ledger, expires, id } : null;
}

/** The form to sign in; where it is posted; the end of a session (POST). */
export const SIGN_IN_PATH = '/sign-in';
export const SESSION_PATH = '/session';
export const SIGN_OUT_PATH = '/sign-out';

/** How a cookie is set. */
export interface CookieForm {
  readonly name: string;
  /** Attributes besides `HttpOnly; SameSite=Lax; Path=/`. */
  readonly secure: boolean;
}

const LOOPBACK: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A cookie's name and form for an address. `__Host-` binds it to this host, and requires https, so it is left out on a
 * developer's machine. On any other http address the cookie is `Secure`, and browsers don't send it back.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
 */
function cookieForm(name: string, url: string): CookieForm {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:') return { name: `__Host-${name}`, secure: true };
  return { name, secure: !LOOPBACK.includes(hostname) };
}

/** The cookie of a session. */
export function sessionCookie(url: string): CookieForm {
  return cookieForm('tocsin', url);
}

/** The cookie of the links that were opened (link.ts). */
export function linksCookie(url: string): CookieForm {
  return cookieForm('tocsin-links', url);
}

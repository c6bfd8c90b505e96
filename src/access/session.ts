/**
 * Sessions: what the browser of somebody keeps who signed in with a viewer token. Not the token, but a signed reference
 * to it that ends after a working day; whether the token still counts is asked at each request.
 *
 * Contract: pure but for Web Crypto; `now` is a parameter. Whoever changes LINK_SECRET ends every session.
 */
import { mac, sameText } from './mac.ts';

/** A session is good for half a day: long enough for a shift, short enough for a stolen cookie. */
export const SESSION_MS = 12 * 60 * 60_000;
const PURPOSE = 'session';

/** `<id of the viewer token>.<expiry in s>.<HMAC, hex>`. */
export async function signSession(secret: string, viewer: string, expires: number): Promise<string> {
  const until = String(Math.floor(expires / 1000));
  return `${viewer}.${until}.${await mac(secret, PURPOSE, [viewer, until])}`;
}

/** The id of the viewer token that a session refers to; null where it is none of ours or has ended. Never throws. */
export async function readSession(secret: string, text: string | undefined, now: number): Promise<string | null> {
  const [, viewer, until, given] = /^([0-9a-f]{16})\.([1-9]\d{0,11})\.([0-9a-f]{64})$/.exec(text ?? '') ?? [];
  if (viewer === undefined || until === undefined || given === undefined) return null;
  if (!sameText(given, await mac(secret, PURPOSE, [viewer, until]))) return null;
  return Number(until) * 1000 > now ? viewer : null;
}

/** Pages of the session: the form; where it is posted; the end of the session (POST). */
export const SIGN_IN_PATH = '/sign-in';
export const SESSION_PATH = '/session';
export const SIGN_OUT_PATH = '/sign-out';

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

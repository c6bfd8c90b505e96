/**
 * The tokens of Cloudflare Access: signed JSON Web Tokens (RFC 7519), RS256 only.
 *
 * Contract: pure except for Web Crypto; the keys and `now` are parameters. A token without an expiry is invalid.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */

/** A public key as Access publishes it: the fields that are needed. */
export interface PublicKey {
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

export interface Expected {
  /** `iss`: the team's address. */
  readonly issuer: string;
  /** The application's `AUD` tag, which must be one of the token's audiences. */
  readonly audience: string;
}

type Json = { readonly [field: string]: unknown };

/** Tokens of Access have about 1 KB, more with custom claims. */
const TOKEN_CHARS_MAX = 8192;
const ALGORITHM = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** The id of the key that a token claims to be signed with; null if it is not an RS256 token. Never throws. */
export function keyIdOf(token: string): string | null {
  if (token.length > TOKEN_CHARS_MAX) return null;
  const header = jsonOf(token.split('.')[0]);
  return header?.alg === 'RS256' && typeof header.kid === 'string' && !('crit' in header) ? header.kid : null;
}

/** The email address that the token was issued to; null if it is invalid, expired or for another application. Never throws. */
export async function readAccessToken(
  token: string,
  key: PublicKey,
  expected: Expected,
  now: number,
): Promise<string | null> {
  const [header, payload, signature, ...rest] = token.split('.');
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return null;
  if (keyIdOf(token) !== key.kid || !(await isSigned(`${header}.${payload}`, signature, key))) return null;
  const claims = jsonOf(payload);
  if (claims === null || claims.iss !== expected.issuer) return null;
  if (![claims.aud].flat().includes(expected.audience)) return null;
  const { exp, nbf = 0, email } = claims;
  if (typeof exp !== 'number' || exp * 1000 <= now) return null;
  if (typeof nbf !== 'number' || nbf * 1000 > now) return null;
  return typeof email === 'string' && email !== '' ? email : null;
}

/** The RSA keys in what Access publishes. Anything else is left out. */
export function publicKeys(json: unknown): readonly PublicKey[] {
  const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : null;
  return (Array.isArray(keys) ? keys : []).flatMap((key: Json | null) => {
    if (key === null || key.kty !== 'RSA') return [];
    const { kid, n, e } = key;
    return typeof kid === 'string' && typeof n === 'string' && typeof e === 'string' ? [{ kid, n, e }] : [];
  });
}

async function isSigned(text: string, signature: string, { n, e }: PublicKey): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('jwk', { kty: 'RSA', n, e }, ALGORITHM, false, ['verify']);
    return await crypto.subtle.verify(ALGORITHM.name, key, bytesOf(signature), new TextEncoder().encode(text));
  } catch {
    return false;
  }
}

function jsonOf(part: string | undefined): Json | null {
  try {
    const json: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytesOf(part ?? '')),
    );
    return typeof json === 'object' && json !== null ? (json as Json) : null;
  } catch {
    return null;
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

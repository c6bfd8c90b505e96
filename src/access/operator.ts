/**
 * The operator is anyone who knows LINK_SECRET. A request carries a token that proves this without sending the secret; it
 * is valid for one method, path with query, and body, for a few minutes.
 *
 * Contract: pure except for Web Crypto; `now` is a parameter. Runs in workerd and in Node, where the CLI makes the tokens.
 * The token holds the body's hash, so that a request without a valid token is refused before its body is read. A token may
 * be sent twice within its time: the route must make that harmless.
 */
import { isSealed, SEAL, seal, sha256 } from './seal.ts';

/** How long a token is valid, and how far the clocks may differ. */
export const OPERATOR_TOKEN_MS = 5 * 60_000;
/** From when it is made, by a clock that may be ahead, it is valid no longer than this. */
export const OPERATOR_TOKEN_MAX_MS = 2 * OPERATOR_TOKEN_MS;
const TOKEN = new RegExp(`^Bearer (\\d{1,15})\\.([0-9a-f]{16})\\.([0-9a-f]{64})\\.(${SEAL})$`);
const NO_NONCE = '0'.repeat(16);

/**
 * `<expiry in ms>.<nonce>.<SHA-256 of the body, hex>.<seal>`. `path` has the query. `nonce`: 16 hexadecimal digits, random, so
 * that the same request twice in a millisecond is not taken for a copy.
 */
export async function operatorToken(
  secret: string,
  method: string,
  path: string,
  body: string,
  now: number,
  nonce = NO_NONCE,
): Promise<string> {
  const lines = [String(now + OPERATOR_TOKEN_MS), nonce, await sha256(body)];
  return `${lines.join('.')}.${seal(secret, 'operator', [`${method} ${path}`, ...lines])}`;
}

/** A token that is valid for a method and path, and for the body with this hash. */
export interface OperatorProof {
  readonly bodyHash: string;
  /** No other request has it, unless it is the same one again. */
  readonly seal: string;
  /** ms since the epoch. */
  readonly expires: number;
}

/** The proof in an Authorization header; null unless it is valid now, for this method and path. */
export function readOperator(
  linkSecret: string,
  authorization: string | undefined,
  method: string,
  path: string,
  now: number,
): OperatorProof | null {
  const [, expiry, nonce, bodyHash, given] = TOKEN.exec(authorization ?? '') ?? [];
  if (expiry === undefined || nonce === undefined || bodyHash === undefined || given === undefined) return null;
  const expires = Number(expiry);
  if (expires < now || expires > now + OPERATOR_TOKEN_MAX_MS) return null;
  // The previous secret does not operate.
  const secrets = { linkSecret, linkSecretPrevious: null };
  const lines = [`${method} ${path}`, expiry, nonce, bodyHash];
  return isSealed(secrets, 'operator', lines, given) ? { bodyHash, seal: given, expires } : null;
}

/**
 * The operator is anyone who knows LINK_SECRET. A request carries a token that proves this without sending the secret; it
 * is valid for one method and path, for a few minutes.
 *
 * Contract: pure except for Web Crypto; `now` is a parameter. Runs in workerd and in Node, where the CLI makes the tokens.
 */
import { mac, sameText } from './mac.ts';

/** How long a token is valid, and how far the clocks may differ. */
const TOKEN_MS = 5 * 60_000;
const PURPOSE = 'operator';

/** `<expiry in ms>.<HMAC-SHA-256, hex>`, for one method and path. */
export async function operatorToken(secret: string, method: string, path: string, now: number): Promise<string> {
  const expires = now + TOKEN_MS;
  return `${expires}.${await mac(secret, PURPOSE, [`${method} ${path}`, String(expires)])}`;
}

/** Whether an Authorization header carries a token that is valid now, for this method and path. */
export async function isOperator(
  secret: string,
  authorization: string | undefined,
  method: string,
  path: string,
  now: number,
): Promise<boolean> {
  const [, expiry, given] = /^Bearer (\d{1,15})\.([0-9a-f]{64})$/.exec(authorization ?? '') ?? [];
  if (expiry === undefined || given === undefined) return false;
  const expires = Number(expiry);
  if (expires < now || expires > now + 2 * TOKEN_MS) return false;
  return sameText(given, await mac(secret, PURPOSE, [`${method} ${path}`, expiry]));
}

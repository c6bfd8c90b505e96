/**
 * Seals: proofs of knowing LINK_SECRET, over some lines and for one purpose.
 *
 * Contract: pure, in workerd and in Node. Each purpose has a key of its own (text/hmac.ts), so a seal for one purpose proves
 * nothing for another, and no key reveals the secret. A seal begins with the short id of its secret, so that verifying it
 * takes the right one of two secrets. Comparing takes the same time wherever the texts differ.
 */
import { deriveKey, hmacHex } from '../text/hmac.ts';

/** What a seal is for. */
export type Purpose = 'link' | 'session' | 'form' | 'operator';

/** The secrets as settings; null: not set. */
export interface LinkSecrets {
  readonly linkSecret: string | null;
  /** The one before: what it signed is still verified. */
  readonly linkSecretPrevious: string | null;
}

/** How far the clocks of two machines of ours may differ: what one signs another reads, and a third remembers as spent. */
export const CLOCKS_APART_MS = 60_000;

/** `<key id>.<HMAC-SHA-256, hex>`, as in a regular expression. */
export const SEAL = '[0-9a-f]{8}\\.[0-9a-f]{64}';

/** The short id of a secret, which does not reveal it: from a key that serves nothing else. */
function keyId(secret: string): string {
  return hmacHex(deriveKey(secret, 'key id'), '').slice(0, 8);
}

/** The seal of some lines. No line may contain a line break. */
export function seal(secret: string, purpose: Purpose, lines: readonly string[]): string {
  return sealBy(keyId(secret), secret, purpose, lines);
}

function sealBy(id: string, secret: string, purpose: Purpose, lines: readonly string[]): string {
  return `${id}.${hmacHex(deriveKey(secret, purpose), lines.join('\n'))}`;
}

/** Whether a seal is that of the lines, by one of the secrets. */
export function isSealed(
  { linkSecret, linkSecretPrevious }: LinkSecrets,
  purpose: Purpose,
  lines: readonly string[],
  given: string,
): boolean {
  const secrets = [linkSecret, linkSecretPrevious].filter((secret) => secret !== null);
  const id = given.slice(0, 8);
  const secret = secrets.find((each) => sameText(keyId(each), id));
  return secret !== undefined && sameText(given, sealBy(id, secret, purpose, lines));
}

/** Compares in constant time. The length is not secret. */
export function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

/** The SHA-256 of `text`, as 64 hexadecimal digits. */
export async function sha256(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return hex(new Uint8Array(bytes));
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

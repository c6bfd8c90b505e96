/**
 * HMAC-SHA-256 of text, and keys derived for one purpose each: synchronously, since marks are checked inside a SQLite
 * transaction, where Web Crypto's promises can't be awaited. Pure, except for a memory of derived keys: deriving one costs
 * more than all the HMACs of a request, and anyone can make the Worker check one.
 */
import { createHmac, hkdfSync } from 'node:crypto';

/** The HMAC-SHA-256 of a text's UTF-8 as 64 hexadecimal digits. */
export function hmacHex(key: string | Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

/** Two secrets with six purposes each, and room. */
const KEYS_MAX = 32;
const keys = new Map<string, Uint8Array>();

/** A key of 32 bytes for one purpose: HKDF-SHA-256 (RFC 5869) of the secret's UTF-8, without a salt. Don't change it. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  const name = `${purpose}\n${secret}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = new Uint8Array(hkdfSync('sha256', secret, '', `tocsin ${purpose}`, 32));
  if (keys.size >= KEYS_MAX) keys.clear();
  keys.set(name, key);
  return key;
}

/**
 * HMAC-SHA-256 of text, and keys derived for one purpose each: synchronously, since marks are checked inside a SQLite
 * transaction, where Web Crypto's promises can't be awaited. Pure.
 */
import { createHmac, hkdfSync } from 'node:crypto';

/** The HMAC-SHA-256 of a text's UTF-8 as 64 hexadecimal digits. */
export function hmacHex(key: string | Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

/** A key of 32 bytes for one purpose: HKDF-SHA-256 (RFC 5869) of the secret's UTF-8, without a salt. */
export function deriveKey(secret: string, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `tocsin ${purpose}`, 32));
}

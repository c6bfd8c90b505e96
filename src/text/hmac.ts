/**
 * HMAC-SHA-256 of text, synchronously: marks are checked inside a SQLite transaction, where Web Crypto's promises can't be
 * awaited. Pure.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** Returns the HMAC-SHA-256 of a text's UTF-8 as 64 hexadecimal digits, for many texts with one key. */
export function createHmac(key: string): (text: string) => string {
  const utf8 = new TextEncoder();
  const keyed = hmac.create(sha256, utf8.encode(key));
  return (text) => hex(keyed.clone().update(utf8.encode(text)).digest());
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

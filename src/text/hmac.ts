/**
 * HMAC-SHA-256 of text, synchronously: marks are checked inside a SQLite transaction, where Web Crypto's promises can't be
 * awaited. Pure.
 */
import { createHmac } from 'node:crypto';

/** The HMAC-SHA-256 of a text's UTF-8 as 64 hexadecimal digits. */
export function hmacHex(key: string, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

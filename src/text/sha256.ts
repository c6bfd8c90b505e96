/**
 * SHA-256 of text, synchronously: keys are made inside a SQLite transaction, where Web Crypto's promises can't be awaited.
 *
 * Contract: pure. Two texts that differ in any UTF-16 code unit, lone surrogates included, have different hashes.
 */
import { createHash } from 'node:crypto';

/** The SHA-256 of a text's UTF-16 code units, high byte first: 32 bytes. UTF-8 would make all lone surrogates one. */
export function sha256Bytes(text: string): Uint8Array {
  return createHash('sha256').update(codeUnits(text)).digest();
}

/** The SHA-256 of a text as 64 hexadecimal digits. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(codeUnits(text)).digest('hex');
}

function codeUnits(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit >>> 8;
    bytes[2 * i + 1] = unit;
  }
  return bytes;
}

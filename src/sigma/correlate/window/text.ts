/**
 * Text values as a window stores them: short plain ones as they are, all others as a hash.
 *
 * An attacker writes these values, and must not be able to make two of them look like one, or make a window large. So the
 * hash is SHA-256 (its first 192 bits), and begins with a character that no plain value has. Of a text above 65,536
 * characters, the first 65,536 and the length are hashed.
 */
import { sha256Bytes } from '../../../text/sha256.ts';

const PLAIN = /^[ !#-[\]-~]{0,64}$/;
const HASHED_CHARS_MAX = 65_536;

export function textKey(text: string): string {
  if (PLAIN.test(text)) return text;
  const bytes = sha256Bytes(text.length > HASHED_CHARS_MAX ? text.slice(0, HASHED_CHARS_MAX) + text.length : text);
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  let key = '§';
  for (let word = 0; word < 6; word++)
    key += words
      .getUint32(4 * word)
      .toString(36)
      .padStart(7, '0');
  return key;
}

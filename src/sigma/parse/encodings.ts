/**
 * The modifiers that rewrite a value's text: UTF-16, Base64 and `windash`.
 *
 * Contract: bytes are a string of characters below 256. Text that is only encoded in UTF-16 is compared as such a string,
 * because JSON has no bytes: `cmd` in UTF-16LE is `c\0m\0d\0`. Pure.
 */
import type { Utf16 } from './modifiers.ts';
import type { Template, TemplatePart } from './value.ts';

/** The bytes of a text in UTF-8. */
export function utf8(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}

/** The bytes of a text in UTF-16; `utf16` is little-endian behind a byte order mark, `wide` is `utf16le`. */
export function utf16(text: string, encoding: Utf16): string {
  let bytes = encoding === 'utf16' ? '\xff\xfe' : '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const [high, low] = [String.fromCharCode(unit >> 8), String.fromCharCode(unit & 255)];
    bytes += encoding === 'utf16be' ? high + low : low + high;
  }
  return bytes;
}

/** The Base64 of bytes. */
export function base64(bytes: string): string {
  return btoa(bytes);
}

/**
 * What the Base64 of any text with these bytes contains, for each of the three shifts: without the characters that depend
 * on the bytes before and after. With less than two bytes, some shift is empty.
 *
 * @example base64offset('foobar') // ['Zm9vYmFy', 'Zvb2Jhc', 'mb29iYX']
 */
export function base64offset(bytes: string): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = base64('\0'.repeat(shift) + bytes).replace(/=+$/, '');
    const size = shift + bytes.length;
    // A character holds six bits: keep those with all six from these bytes.
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((size * 8) / 6));
  });
}

/** Hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = '-/–—―';

const DASH = new RegExp(`(?<![\\p{L}\\p{N}_])[${DASHES}](?=[\\p{L}\\p{N}_])`, 'u');

/**
 * Replaces the dashes of command lines by a part that stands for all five. A dash starts a parameter if it is before a
 * letter, digit or `_` and not after one; other dashes stay as they are.
 *
 * @example withDashes([{ text: 'x -a' }]) // [{ text: 'x ' }, { oneOf: '-/–—―' }, { text: 'a' }]
 */
export function withDashes(parts: Template): Template {
  return parts.flatMap((part) => ('text' in part ? split(part.text) : [part]));
}

function split(text: string): Template {
  return text
    .split(DASH)
    .flatMap((piece, i): TemplatePart[] => [
      ...(i === 0 ? [] : [{ oneOf: DASHES }]),
      ...(piece === '' ? [] : [{ text: piece }]),
    ]);
}

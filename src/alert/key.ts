/** The key of a correlation's group or of an alert, as text. Pure. */
import type { KeyPart } from '../sigma/index.ts';
import { sha256Hex } from '../text/sha256.ts';

/** Longer keys are cut: attackers write their values. */
const KEY_TEXT_MAX = 512;

/** A key as text to store and compare: JSON of its values. A long one is its beginning and the SHA-256 of the whole. */
export function keyText(parts: readonly KeyPart[]): string {
  const text = JSON.stringify(parts.map((part) => part.value));
  return text.length <= KEY_TEXT_MAX ? text : `${text.slice(0, KEY_TEXT_MAX)}#${sha256Hex(text)}`;
}

/**
 * Keys as text: of a group, of an alert's dedup, of a record that has no id. Pure.
 */
import type { KeyPart } from '../sigma/index.ts';
import { hash } from '../text/hash.ts';

/** Longer keys are cut: their values are written by attackers. */
const KEY_TEXT_LIMIT = 512;

/** A key as text to store and compare: JSON of its values, a long one shortened and told apart by a hash. */
export function keyText(parts: readonly KeyPart[]): string {
  const text = JSON.stringify(parts.map((part) => part.value));
  return text.length <= KEY_TEXT_LIMIT ? text : `${text.slice(0, KEY_TEXT_LIMIT)}#${hash(text)}`;
}

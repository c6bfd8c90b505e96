/**
 * Finds a text in another in linear time.
 *
 * Contract: the result is that of `indexOf`, which takes the product of both lengths if an attacker wrote one of them. Pure.
 */

/** Worst-case comparisons that are left to `indexOf`: about 0.2 ms. */
const NATIVE_MAX = 200_000;

/** Whether a text contains a part. */
export function contains(text: string, part: string): boolean {
  return indexOf(text, part, 0) !== -1;
}

/** The first place of a part in a text from `from` on; -1 if the text does not contain it there. */
export function indexOf(text: string, part: string, from: number): number {
  const length = text.length - from;
  if (length * part.length <= NATIVE_MAX) return text.indexOf(part, from);
  return part.length <= length ? search(text, part, from) : -1;
}

/** Knuth, Morris and Pratt: after a mismatch, the longest end of what matched that may be a beginning is tried. */
function search(text: string, part: string, from: number): number {
  const { length } = part;
  const units = new Uint16Array(length);
  const retry = new Int32Array(length);
  for (let at = 0; at < length; at++) units[at] = part.charCodeAt(at);
  retry[0] = -1;
  for (let at = 1, matched = 0; at < length; at++) {
    retry[at] = units[at] === units[matched] ? (retry[matched] as number) : matched;
    while (matched >= 0 && units[matched] !== units[at]) matched = retry[matched] as number;
    matched++;
  }
  let matched = 0;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (matched >= 0 && units[matched] !== unit) matched = retry[matched] as number;
    if (++matched === length) return at + 1 - length;
  }
  return -1;
}

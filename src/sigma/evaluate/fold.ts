/** Folds text for case-insensitive comparison. Pure. */

/**
 * Lower case, letter by letter. A final sigma becomes a sigma, so that a part of a text folds as it does in the whole. One
 * letter stays one letter, so that `?` matches it.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // Only the dotted capital I becomes two letters.
  const single = lower.length === text.length ? lower : text.replace(/[^İ]+/g, (part) => part.toLowerCase());
  return single.includes('ς') ? single.replaceAll('ς', 'σ') : single;
}

/** Text as it compares where case does not count. Pure. */

/**
 * Lower case, letter by letter: a sigma at the end of a word is a sigma, so that a part of a text folds as it does in
 * the whole.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower;
}

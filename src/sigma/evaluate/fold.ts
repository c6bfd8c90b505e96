/** Text as it compares where case does not count. Pure. */

/**
 * Lower case, letter by letter: a sigma at the end of a word is a sigma, so that a part of a text folds as it does in
 * the whole; and one letter stays one, so that `?` finds it.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  // Of all letters only the dotted capital I becomes two.
  const single = lower.length === text.length ? lower : text.split('İ').map(lowered).join('İ');
  return single.includes('ς') ? single.replaceAll('ς', 'σ') : single;
}

function lowered(text: string): string {
  return text.toLowerCase();
}

/** Folds text for case-insensitive comparison. Pure. */

/**
 * Lower case, letter by letter. A final sigma becomes a sigma, so that a part of a text folds as it does in the whole. One
 * letter stays one letter, so that `?` matches it.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return foldedWithDottedI(text, lower);
  return lower.includes('ς') ? lower.replace(/ς/g, 'σ') : lower;
}

const DOTTED_I = 0x130;
const FINAL_SIGMA = 0x3c2;
const SIGMA = 0x3c3;
/** As many arguments as a call may have. */
const CHUNK = 8_192;

/** Only the dotted capital I becomes two letters: it stays what it is. In one pass, since a text may have nothing else. */
function foldedWithDottedI(text: string, lower: string): string {
  const units = new Uint16Array(text.length);
  for (let i = 0, at = 0; i < units.length; i++) {
    const unit = lower.charCodeAt(at);
    const isDotted = text.charCodeAt(i) === DOTTED_I;
    units[i] = isDotted ? DOTTED_I : unit === FINAL_SIGMA ? SIGMA : unit;
    at += isDotted ? 2 : 1;
  }
  let folded = '';
  for (let i = 0; i < units.length; i += CHUNK) folded += String.fromCharCode(...units.subarray(i, i + CHUNK));
  return folded;
}

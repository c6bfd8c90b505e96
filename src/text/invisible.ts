/**
 * Characters that never stand raw where people read text: they are invisible, move, hide or reorder others, or command a
 * terminal. There is one list of them for every sink: messages lose them (untrusted.ts), pages name them, and JSON, log
 * lines and the terminal have them as `\uXXXX`.
 *
 * Pure; linear in the length of the text.
 */

/**
 * One of them: controls (C0 with line breaks, DEL, C1), direction marks, zero-width, private-use and tag characters, soft
 * hyphens, every space except U+0020, line and paragraph separators, non-characters, lone surrogates.
 */
export const INVISIBLE =
  /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB]/gu;
/** More combining marks on one letter than any language uses: they cover the lines above and below. */
const STACKED = /(?<=\p{M}{4})\p{M}/gu;

/** `text` with each of them as JSON writes it: a JSON text stays valid, and its value the same. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, escaped).replace(STACKED, escaped);
}

/** A value as one line of JSON that is safe to print, and parses back to the same value. */
export function jsonLine(value: unknown): string {
  return escapeInvisible(JSON.stringify(value));
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** What is printed must not command the terminal it is printed on. Pure. */

/** A value as one line of JSON in which nothing is left that a terminal would obey. */
export function jsonLine(value: unknown): string {
  // JSON.stringify escapes the controls below U+0020 and no others.
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

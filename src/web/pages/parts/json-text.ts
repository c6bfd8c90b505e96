/**
 * JSON to read and copy: indented, with invisible characters written as `\uXXXX`. Its meaning stays the same: numbers are
 * not parsed, and duplicate keys are kept. Pure; linear in the length of the text.
 */

/** A string, a number or word, or a punctuation mark. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"?|[{}[\],:]|[^\s"{}[\],:]+/g;
/** Invisible characters and those that move others. In JSON they only occur in strings, where they may be escaped. */
const INVISIBLE =
  /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB]/gu;
/** Deeper levels are not indented further: otherwise the size would grow with the square of the depth. */
const INDENT_MAX = 20;

/** `json`, which must be valid, on several lines. */
export function prettyJson(json: string): string {
  let out = '';
  let depth = 0;
  let before = '';
  const line = (): string => `\n${'  '.repeat(Math.min(depth, INDENT_MAX))}`;
  for (const [token] of json.matchAll(TOKEN)) {
    const opened = before === '{' || before === '[';
    if (token === '}' || token === ']') {
      depth--;
      out += opened ? token : line() + token;
    } else {
      out += opened ? line() : before === ':' ? ' ' : '';
      out += token.startsWith('"') ? token.replace(INVISIBLE, escaped) : token;
      if (token === '{' || token === '[') depth++;
      if (token === ',') out += line();
    }
    before = token;
  }
  return out;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }).join('');
}

/**
 * JSON as people read and copy it: indented, and what can't be seen written as `\uXXXX`. Its meaning is untouched: no
 * number is read and written again, no key is lost. Pure; linear in the length of the text.
 */

/** A string, a number or word, or one mark of JSON. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"?|[{}[\],:]|[^\s"{}[\],:]+/g;
/** What shows nothing or moves others about: inside of JSON it only stands in strings, where it may be escaped. */
const UNSEEN =
  /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB]/gu;
/** Deeper levels are not indented further: a hostile nesting must not cost its square. */
const DEEPEST = 20;

/** The JSON text `json`, which is valid, over several lines. */
export function prettyJson(json: string): string {
  let out = '';
  let depth = 0;
  let before = '';
  const line = (): string => `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
  for (const [token] of json.matchAll(TOKEN)) {
    const opened = before === '{' || before === '[';
    if (token === '}' || token === ']') {
      depth--;
      out += opened ? token : line() + token;
    } else {
      out += opened ? line() : before === ':' ? ' ' : '';
      out += token.startsWith('"') ? token.replace(UNSEEN, escaped) : token;
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

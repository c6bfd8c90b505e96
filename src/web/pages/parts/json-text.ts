/**
 * JSON to read and copy: indented, with invisible characters written as `\uXXXX`. Its meaning stays the same: numbers are
 * not parsed, and duplicate keys are kept. Pure; linear in the length of the text.
 */

import { escapeInvisible } from '../../../text/invisible.ts';

/** A string, a number or word, or a punctuation mark. */
const TOKEN = /"(?:[^"\\]|\\[\s\S])*"?|[{}[\],:]|[^\s"{}[\],:]+/g;
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
      out += token.startsWith('"') ? escapeInvisible(token) : token;
      if (token === '{' || token === '[') depth++;
      if (token === ',') out += line();
    }
    before = token;
  }
  return out;
}

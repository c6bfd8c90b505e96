/**
 * Parses Sigma's strings: wildcards, escapes and placeholders.
 *
 * Contract: `*` is any run of characters, `?` exactly one. `\*`, `\?` and `\\` are the characters themselves; any
 * other backslash is a backslash. With placeholders (the modifier `expand`), `%name%` is one, and `\%` a percent sign.
 * Pure.
 */
import type { PatternPart } from '../rule.ts';

/** A part of a value that may have placeholders, each for the values of a list. */
export type TemplatePart = PatternPart | { readonly placeholder: string };
export type Template = readonly TemplatePart[];

const RUN: PatternPart = { wildcard: '*' };

/** A name between two percent signs on one line, whether or not there is such a list. */
const PLACEHOLDER = /%([^%\\\n]{1,256})%/y;

/**
 * Parses a rule's value into literal texts and wildcards.
 *
 * @example parsePattern('a*') // [{ text: 'a' }, { wildcard: '*' }]
 */
export function parsePattern(written: string): readonly PatternPart[] {
  return scan(written, '*?\\', false).filter((part): part is PatternPart => !('placeholder' in part));
}

/**
 * Parses a value that may have placeholders.
 *
 * @example parseTemplate('a%b%') // [{ text: 'a' }, { placeholder: 'b' }]
 */
export function parseTemplate(written: string): Template {
  return scan(written, '*?\\%', true);
}

/** The same for a value without wildcards: a regular expression, a range, the name of a field. */
export function parseRawTemplate(written: string): Template {
  return scan(written, '%', true);
}

/** `escaped`: the characters that a backslash escapes; the wildcards are among them. */
function scan(written: string, escaped: string, placeholders: boolean): Template {
  const parts: TemplatePart[] = [];
  let text = '';
  const add = (part: TemplatePart) => {
    if (text !== '') parts.push({ text });
    text = '';
    if (!(isRun(part) && isRun(parts.at(-1)))) parts.push(part);
  };
  for (let i = 0; i < written.length; i++) {
    const char = written.charAt(i);
    const next = written.charAt(i + 1);
    if (char === '\\' && next !== '' && escaped.includes(next)) {
      text += next;
      i++;
    } else if (char === '\\' && next === '\\') {
      // Without wildcards a backslash is itself, and so is a pair of them; what follows a pair is not escaped.
      text += '\\\\';
      i++;
    } else if ((char === '*' || char === '?') && escaped.includes(char)) {
      add({ wildcard: char });
    } else {
      PLACEHOLDER.lastIndex = i;
      const name = placeholders && char === '%' ? PLACEHOLDER.exec(written)?.[1] : undefined;
      if (name === undefined) text += char;
      else {
        add({ placeholder: name });
        i += name.length + 1;
      }
    }
  }
  if (text !== '') parts.push({ text });
  return parts;
}

/** Adds a `*` before and after the parts; adjacent ones become one. */
export function surround<P extends TemplatePart>(parts: readonly P[], before: boolean, after: boolean) {
  return [...(before ? [RUN] : []), ...parts, ...(after ? [RUN] : [])].filter(
    (part, i, all) => !(isRun(part) && isRun(all[i - 1])),
  );
}

/** The text of a pattern; null if it has wildcards. */
export function literalOf(parts: Template): string | null {
  let text = '';
  for (const part of parts) {
    if (!('text' in part)) return null;
    text += part.text;
  }
  return text;
}

/** All that taking one of each choice gives, in order. */
export function combinations<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  const count = choices.reduce((product, { length }) => product * length, 1);
  return Array.from({ length: count }, (_, n) => {
    let block = count;
    return choices.map((each) => {
      block /= each.length;
      return each[Math.floor(n / block) % each.length] as T;
    });
  });
}

function isRun(part: TemplatePart | undefined): boolean {
  return part !== undefined && 'wildcard' in part && part.wildcard === '*';
}

/**
 * Parses Sigma's strings: wildcards, escapes and placeholders.
 *
 * Contract: `*` is any run of characters, `?` exactly one. `\*`, `\?` and `\\` are the characters themselves; any
 * other backslash is a backslash. With placeholders (the modifier `expand`), `%name%` is one, and `\%` a percent sign.
 * Pure.
 */
import type { PatternPart } from '../rule.ts';

/** A part of a value that may have placeholders. */
export type TemplatePart = PatternPart | Placeholder;

/** Stands for each value of a list. */
export interface Placeholder {
  readonly placeholder: string;
}

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
export function parseTemplate(written: string): readonly TemplatePart[] {
  return scan(written, '*?\\%', true);
}

/** The same for a value without wildcards: a regular expression, a range, the name of a field. */
export function parseRawTemplate(written: string): readonly TemplatePart[] {
  return scan(written, '%', true);
}

/** `escaped`: the characters that a backslash escapes; the wildcards are among them. */
function scan(written: string, escaped: string, placeholders: boolean): readonly TemplatePart[] {
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
export function literalOf(parts: readonly TemplatePart[]): string | null {
  let text = '';
  for (const part of parts) {
    if (!('text' in part)) return null;
    text += part.text;
  }
  return text;
}

function isRun(part: TemplatePart | undefined): boolean {
  return part !== undefined && 'wildcard' in part && part.wildcard === '*';
}

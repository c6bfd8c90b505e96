/**
 * Sigma's strings: wildcards and escapes, read once.
 *
 * Contract: `*` is any run of characters, `?` exactly one. `\*`, `\?` and `\\` are the characters themselves; any
 * other backslash is itself. Pure.
 */
import type { PatternPart } from '../rule.ts';

/**
 * The parts of a value as it is written in a rule: literal texts between wildcards.
 *
 * @example parsePattern('a*') // [{ text: 'a' }, { wildcard: '*' }]
 */
export function parsePattern(written: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  let text = '';
  for (let i = 0; i < written.length; i++) {
    const char = written.charAt(i);
    const next = written.charAt(i + 1);
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next;
      i++;
    } else if (char === '*' || char === '?') {
      if (text !== '') parts.push({ text });
      text = '';
      parts.push({ wildcard: char });
    } else {
      text += char;
    }
  }
  if (text !== '') parts.push({ text });
  return parts;
}

/** The parts with any run before them, after them, or both; runs beside each other become one. */
export function surrounded(parts: readonly PatternPart[], before: boolean, after: boolean): readonly PatternPart[] {
  const run: PatternPart = { wildcard: '*' };
  return [...(before ? [run] : []), ...parts, ...(after ? [run] : [])].filter(
    (part, i, all) => !(isRun(part) && isRun(all[i - 1])),
  );
}

/** The text of a pattern without wildcards; null where it has some. */
export function literalOf(parts: readonly PatternPart[]): string | null {
  let text = '';
  for (const part of parts) {
    if ('wildcard' in part) return null;
    text += part.text;
  }
  return text;
}

function isRun(part: PatternPart | undefined): boolean {
  return part !== undefined && 'wildcard' in part && part.wildcard === '*';
}
